namespace Backprop.Simd;

/// <summary>What one epoch gave. Values that do not exist (no validation, no labels) are NaN.</summary>
public sealed record EpochResult
{
    /// <summary>Starts at 1.</summary>
    public int Epoch { get; init; }

    /// <summary>Mean over the epoch's steps of the loss before each update, weighted by examples.</summary>
    public float TrainLoss { get; init; }

    /// <summary>Share of examples classified right in training mode, before each update; 0 to 1.</summary>
    public float TrainAccuracy { get; init; } = float.NaN;

    /// <summary>Mean loss over the validation data after the epoch.</summary>
    public float ValidationLoss { get; init; } = float.NaN;

    /// <summary>Share of validation examples classified right; 0 to 1.</summary>
    public float ValidationAccuracy { get; init; } = float.NaN;

    /// <summary>Time of the epoch, validation included.</summary>
    public TimeSpan Duration { get; init; }

    /// <summary>Learning rate of the epoch's last step.</summary>
    public double LearningRate { get; init; }
}
