namespace Backprop.Simd;

/// <summary>Ends a training that no longer gets better.</summary>
public sealed record EarlyStopping
{
    /// <summary>Ends when the best epoch lies <paramref name="patience"/> epochs back.</summary>
    /// <param name="patience">Epochs; at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="patience"/> is below 1.</exception>
    public EarlyStopping(int patience)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(patience, 1);
        Patience = patience;
    }

    /// <summary>Epochs without a lower loss that are put up with.</summary>
    public int Patience { get; }
}
