using System.Runtime.CompilerServices;
using Backprop.Simd.Internal.Elementwise;
using Backprop.Simd.Internal.Simd;

namespace Backprop.Simd.Internal.Losses;

/// <summary>Softmax and cross entropy of short rows with a label each, a lane for each row.</summary>
/// <remarks>losses gets each row's sum of e^(z - max), shifts max - z[label], gradient, unless it is null, dLogits; classes are up to <see cref="SoftmaxLanes.MaxClasses"/>.</remarks>
internal unsafe struct SoftmaxCrossEntropyLanes(float* logits, int* labels, float* gradient, float* losses, float* shifts, int rows, int classes, float scale) : IVectorAction
{
    /// <summary>The rows done: as many as are multiples of V.Count.</summary>
    public int RowsDone;

    public void Invoke<V>()
        where V : struct, IVectorF32<V>
    {
        RowsDone = rows - (rows % V.Count);
        if (RowsDone > 0)
            Run<V>(logits, labels, gradient, losses, shifts, RowsDone, classes, scale);
    }

    // Parameters, not fields, so that the loops need not load them again.
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Run<V>(float* logits, int* labels, float* gradient, float* losses, float* shifts, int rows, int classes, float scale)
        where V : struct, IVectorF32<V>
    {
        float* columns = stackalloc float[SoftmaxLanes.MaxClasses * SoftmaxLanes.MaxVectors * V.Count], largest = stackalloc float[SoftmaxLanes.MaxVectors * V.Count];
        V zero = V.Create(0f), scales = V.Create(scale);
        for (nint row = 0, count; row < rows; row += count)
        {
            count = Math.Min(rows - row, SoftmaxLanes.MaxVectors * V.Count);
            SoftmaxLanes.ToColumns<V>(logits + (row * classes), count, classes, columns);
            SoftmaxLanes.Largest<V>(columns, count, classes, largest);
            for (nint i = 0; i < count; i += V.Count)
            {
                V label = V.IntToFloat(V.Load((float*)(labels + row + i))), expected = zero;
                for (nint j = 0; j < classes; j++)
                    expected = V.SelectEqual(label, V.Create((float)j), V.Load(columns + (j * count) + i), expected);
                V.Store(V.Load(largest + i) - expected, shifts + row + i);
            }

            SoftmaxLanes.Exponentials<V>(columns, count, classes, largest);
            for (nint i = 0; i < count; i += V.Count)
            {
                V sum = SoftmaxLanes.Sum<V>(columns + i, count, classes);
                V.Store(sum, losses + row + i);
                if (gradient is null)
                    continue;
                V label = V.IntToFloat(V.Load((float*)(labels + row + i))), factor = scales / sum;
                for (nint j = 0; j < classes; j++)
                {
                    float* exps = columns + (j * count) + i;
                    V hot = V.SelectEqual(label, V.Create((float)j), scales, zero);
                    V.Store(Denormals.ToZero((V.Load(exps) * factor) - hot), exps);
                }
            }

            if (gradient is not null)
                SoftmaxLanes.ToRows<V>(columns, count, classes, gradient + (row * classes));
        }
    }
}
