namespace Backprop.Simd;

/// <summary>How <see cref="Trainer.Fit"/> trains.</summary>
public sealed record FitOptions
{
    /// <summary>Passes over the data set; 0 or more. Default: 10.</summary>
    public int Epochs { get; init; } = 10;

    /// <summary>Examples per step; at most the trainer's MaxBatchSize. Default: 32.</summary>
    public int BatchSize { get; init; } = 32;

    /// <summary>Held-out examples, evaluated after each epoch, or null.</summary>
    public Dataset? Validation { get; init; }

    /// <summary>Seed of the order of examples.</summary>
    public ulong Seed { get; init; }

    /// <summary>Learning rate over time. Default: constant.</summary>
    public LearningRateSchedule Schedule { get; init; }

    /// <summary>When to end before <see cref="Epochs"/>, or null: never.</summary>
    public EarlyStopping? EarlyStopping { get; init; }

    /// <summary>Whether the network ends with the parameters of its best epoch.</summary>
    public bool RestoreBest { get; init; }

    /// <summary>Told after each epoch, or null. Called on the training thread.</summary>
    public IProgress<EpochResult>? Progress { get; init; }

    /// <summary>Where to write checkpoints and how often, or null: none. Between two of them a step allocates nothing.</summary>
    public CheckpointOptions? Checkpoint { get; init; }

    /// <summary>
    /// A checkpoint that <see cref="Checkpoint"/> wrote, or null. The training goes on as if it had not been interrupted: parameters, optimizer, dropout seed, learning rate, best epoch and history are the file's.
    /// Data and batch size, seed and schedule must be those of the interrupted training; <see cref="Epochs"/> and <see cref="EarlyStopping"/> may differ.
    /// </summary>
    public string? ResumeFrom { get; init; }
}
