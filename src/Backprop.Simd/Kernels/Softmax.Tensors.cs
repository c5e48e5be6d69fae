using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using Backprop.Simd.Internal.Memory;

namespace Backprop.Simd.Kernels;

public static unsafe partial class Softmax
{
    /// <summary>Softmax over the last dimension; overwrites the probabilities, which may be the logits.</summary>
    /// <param name="logits">[..., classes], side by side in row-major order.</param>
    /// <param name="probabilities">The same lengths.</param>
    /// <exception cref="ArgumentException">Lengths differ, a tensor is a strided view or has no dimension, or the tensors overlap in part.</exception>
    [OverloadResolutionPriority(-1)]
    public static void Forward(in ReadOnlyTensorSpan<float> logits, in TensorSpan<float> probabilities)
    {
        TensorViews.SameLengths(probabilities, logits, nameof(probabilities), nameof(logits));
        ReadOnlySpan<float> from = TensorViews.Dense(logits, nameof(logits));
        Span<float> to = TensorViews.Dense(probabilities, nameof(probabilities));
        if (!from.IsEmpty)
            Forward(from, (int)logits.Lengths[^1], to);
    }
}
