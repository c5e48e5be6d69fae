using System.Runtime.CompilerServices;
using Backprop.Simd.Internal.Elementwise;
using Backprop.Simd.Internal.MatrixProduct;
using Backprop.Simd.Internal.Simd;

namespace Backprop.Simd.Internal.Losses;

/// <summary>Softmax and cross entropy of V.Count short rows at once, a lane for each.</summary>
internal static unsafe class SoftmaxCrossEntropyLanes
{
    /// <summary>Loss and dLogits of <paramref name="rows"/> rows, a multiple of V.Count, with a label each.</summary>
    /// <param name="logits">rows x classes.</param>
    /// <param name="labels">rows.</param>
    /// <param name="gradient">rows x classes, overwritten, or null.</param>
    /// <param name="losses">rows, overwritten with each one's sum of e^(z - max).</param>
    /// <param name="shifts">rows, overwritten with max - z[label].</param>
    /// <param name="rows">How many.</param>
    /// <param name="classes">Up to <see cref="SoftmaxLanes.MaxClasses"/>.</param>
    /// <param name="scale">Factor of the derivative.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public static void Run<V>(float* logits, int* labels, float* gradient, float* losses, float* shifts, int rows, int classes, float scale)
        where V : struct, IVectorF32<V>
    {
        float* columns = stackalloc float[SoftmaxLanes.MaxClasses * SoftmaxLanes.MaxVectors * V.Count], terms = stackalloc float[SoftmaxLanes.MaxClasses / 2 * SoftmaxLanes.MaxVectors * V.Count], largest = stackalloc float[SoftmaxLanes.MaxVectors * V.Count];
        V zero = V.Create(0f), scales = V.Create(scale);
        for (nint row = 0, count; row < rows; row += count)
        {
            count = Math.Min(rows - row, SoftmaxLanes.MaxVectors * V.Count);
            Packing.Transposed<V>(logits + (row * classes), classes, classes, count, columns, count);
            SoftmaxLanes.Largest<V>(columns, count, classes, largest);
            for (nint i = 0; i < count; i += V.Count)
            {
                V label = V.IntToFloat(V.Load((float*)(labels + row + i))), expected = zero;
                for (nint j = 0; j < classes; j++)
                    expected = V.Select(V.Equals(label, V.Create((float)j)), V.Load(columns + (j * count) + i), expected);
                V.Store(V.Load(largest + i) - expected, shifts + row + i);
            }

            SoftmaxLanes.Exponentials<V>(columns, count, classes, largest);
            SoftmaxLanes.Tree<V>(columns, count, classes, terms);
            for (nint i = 0; i < count; i += V.Count)
            {
                V sum = V.Load(terms + i);
                V.Store(sum, losses + row + i);
                if (gradient is null)
                    continue;
                V label = V.IntToFloat(V.Load((float*)(labels + row + i))), factor = scales / sum;
                for (nint j = 0; j < classes; j++)
                {
                    float* exps = columns + (j * count) + i;
                    V hot = V.Select(V.Equals(label, V.Create((float)j)), scales, zero);
                    V.Store(Denormals.ToZero((V.Load(exps) * factor) - hot), exps);
                }
            }

            if (gradient is not null)
                Packing.Transposed<V>(columns, count, count, classes, gradient + (row * classes), classes);
        }
    }
}
