using Backprop.Simd.Internal.Elementwise;
using Backprop.Simd.Internal.Memory;

namespace Backprop.Simd.Kernels;

/// <summary>Softmax over rows of a matrix. Nothing is allocated.</summary>
public static unsafe partial class Softmax
{
    /// <summary>p[r, j] = e^(z[r, j] - max_r) / sum_j e^(z[r, j] - max_r); overwrites p, which may be z.</summary>
    /// <param name="logits">rows x classes, row-major.</param>
    /// <param name="classes">At least 1.</param>
    /// <param name="probabilities">rows x classes.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="classes"/> is below 1.</exception>
    /// <exception cref="ArgumentException">Lengths differ or are no multiple of classes, or the spans overlap in part.</exception>
    public static void Forward(ReadOnlySpan<float> logits, int classes, Span<float> probabilities)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(classes, 1);
        if (logits.Length % classes != 0)
            throw new ArgumentException($"logits holds {logits.Length} floats: not a multiple of classes, {classes}.", nameof(logits));
        SpanChecks.SameLength(probabilities.Length, logits.Length, nameof(probabilities), nameof(logits));
        SpanChecks.SameOrApart(logits, probabilities, nameof(probabilities), nameof(logits));
        fixed (float* z = logits, p = probabilities)
            RowSoftmax.Forward(z, p, logits.Length / classes, classes);
    }
}
