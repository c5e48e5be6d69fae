using Backprop.Simd.Internal.Optimizers;

namespace Backprop.Simd.Internal.Layers;

/// <summary>The step of the optimizer that a trainer is about to make.</summary>
internal sealed class WeightUpdate(OptimizerKind kind)
{
    public OptimizerKind Kind { get; } = kind;

    public double LearningRate { get; set; }

    /// <summary>1 for the first update.</summary>
    public long Step { get; set; }
}
