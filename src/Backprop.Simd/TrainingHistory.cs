namespace Backprop.Simd;

/// <summary>Why <see cref="Trainer.Fit"/> ended.</summary>
public enum StopReason
{
    /// <summary>All epochs were trained.</summary>
    Completed,

    /// <summary>No better epoch within the patience.</summary>
    EarlyStopping,

    /// <summary>A loss was NaN or infinite; the best parameters were restored.</summary>
    NonFiniteLoss,
}

/// <summary>What <see cref="Trainer.Fit"/> did.</summary>
public sealed class TrainingHistory
{
    internal TrainingHistory(IReadOnlyList<EpochResult> epochs, StopReason stopReason, int bestEpoch)
    {
        Epochs = epochs;
        StopReason = stopReason;
        BestEpoch = bestEpoch;
    }

    /// <summary>The finished epochs.</summary>
    public IReadOnlyList<EpochResult> Epochs { get; }

    /// <summary>Why it ended.</summary>
    public StopReason StopReason { get; }

    /// <summary>The epoch with the lowest validation loss (training loss without validation), starting at 1; 0 if none was finished.</summary>
    public int BestEpoch { get; }
}
