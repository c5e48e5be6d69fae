namespace Backprop.Simd;

/// <summary>How a <see cref="Trainer"/> works.</summary>
public sealed record TrainerOptions
{
    /// <summary>Most examples in one call; buffers are made for it. Default: 128.</summary>
    public int MaxBatchSize { get; init; } = 128;

    /// <summary>Threads to share the work with, or null for the calling thread alone. Results do not depend on it. The caller disposes it.</summary>
    public WorkerPool? Workers { get; init; }

    /// <summary>Seed of the dropout masks.</summary>
    public ulong Seed { get; init; }

    /// <summary>Whether the backward pass also computes <see cref="Trainer.InputGradient"/>.</summary>
    public bool InputGradient { get; init; }
}
