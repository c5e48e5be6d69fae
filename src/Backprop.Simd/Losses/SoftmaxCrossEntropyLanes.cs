using System.Runtime.CompilerServices;
using Backprop.Simd.Internal.Elementwise;
using Backprop.Simd.Internal.MatrixProduct;
using Backprop.Simd.Internal.Simd;

namespace Backprop.Simd.Internal.Losses;

/// <summary>Softmax and cross entropy of V.Count short rows at once, a lane for each: no lane is idle, and no row waits for its own tree.</summary>
/// <remarks>The sum of a row is the tree of halves over 16 lanes that <see cref="RowSoftmax"/> takes: lanes beyond the classes are +0, and adding that to an exponential changes nothing.</remarks>
internal static unsafe class SoftmaxCrossEntropyLanes
{
    /// <summary>Most classes of a row: those of one vector of the tree.</summary>
    public const int MaxClasses = 16;

    /// <summary>Loss and dLogits of <paramref name="rows"/> rows, a multiple of V.Count, with a label each.</summary>
    /// <param name="logits">rows x classes.</param>
    /// <param name="labels">rows.</param>
    /// <param name="gradient">rows x classes, overwritten, or null.</param>
    /// <param name="losses">rows, overwritten with each one's sum of e^(z - max).</param>
    /// <param name="shifts">rows, overwritten with max - z[label].</param>
    /// <param name="rows">How many.</param>
    /// <param name="classes">Up to <see cref="MaxClasses"/>.</param>
    /// <param name="scale">Factor of the derivative.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public static void Run<V>(float* logits, int* labels, float* gradient, float* losses, float* shifts, int rows, int classes, float scale)
        where V : struct, IVectorF32<V>
    {
        float* columns = stackalloc float[MaxClasses * V.Count], sums = stackalloc float[MaxClasses * V.Count];
        V zero = V.Create(0f), scales = V.Create(scale);
        for (nint row = 0; row < rows; row += V.Count)
        {
            Packing.Transposed<V>(logits + (row * classes), classes, classes, V.Count, columns, V.Count);
            V label = V.IntToFloat(V.Load((float*)(labels + row))), largest = V.Create(float.NegativeInfinity), expected = zero;
            for (int j = 0; j < classes; j++)
            {
                V z = V.Load(columns + (j * V.Count));
                largest = V.Greater(z, largest);
                expected = V.Select(V.Equals(label, V.Create((float)j)), z, expected);
            }

            Exponentials(columns, largest, sums, classes);
            V sum = Tree<V>(sums, classes);
            V.Store(sum, losses + row);
            V.Store(largest - expected, shifts + row);
            if (gradient is null)
                continue;
            V factor = scales / sum;
            for (int j = 0; j < classes; j++)
            {
                float* exps = columns + (j * V.Count);
                V hot = V.Select(V.Equals(label, V.Create((float)j)), scales, zero);
                V.Store(Denormals.ToZero((V.Load(exps) * factor) - hot), exps);
            }

            Packing.Transposed<V>(columns, V.Count, V.Count, classes, gradient + (row * classes), classes);
        }
    }

    // Two at a time: the formula is one long chain.
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Exponentials<V>(float* columns, V largest, float* copy, int classes)
        where V : struct, IVectorF32<V>
    {
        var shift = new Pair<V>(largest, largest);
        int j = 0;
        for (; j <= classes - 2; j += 2)
        {
            Pair<V> e = Elementary.ExpOfNegative(Pair<V>.Load(columns + (j * V.Count)) - shift);
            Pair<V>.Store(e, columns + (j * V.Count));
            Pair<V>.Store(e, copy + (j * V.Count));
        }

        if (j < classes)
        {
            V e = Elementary.ExpOfNegative(V.Load(columns + (j * V.Count)) - largest);
            V.Store(e, columns + (j * V.Count));
            V.Store(e, copy + (j * V.Count));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V Tree<V>(float* terms, int count)
        where V : struct, IVectorF32<V>
    {
        for (int half = MaxClasses / 2; half > 0; half /= 2)
        {
            for (int i = 0; i + half < count; i++)
                V.Store(V.Load(terms + (i * V.Count)) + V.Load(terms + ((i + half) * V.Count)), terms + (i * V.Count));
            count = Math.Min(count, half);
        }

        return V.Load(terms);
    }
}
