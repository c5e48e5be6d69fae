using System.Runtime.CompilerServices;
using Backprop.Simd.Internal.MatrixProduct;
using Backprop.Simd.Internal.Simd;

namespace Backprop.Simd.Internal.Elementwise;

/// <summary>Softmax of short rows, a lane for each: no lane is idle, and no row waits for its own tree.</summary>
/// <remarks>
/// Each step is taken for several vectors of rows before the next begins, so that they wait together. The sum of a row is the tree of halves over 16 lanes that
/// <see cref="RowSoftmax"/> takes: lanes beyond the classes are +0, and adding that to an exponential changes nothing.
/// </remarks>
internal static unsafe class SoftmaxLanes
{
    /// <summary>Most classes of a row: those of one vector of the tree.</summary>
    public const int MaxClasses = 16;

    /// <summary>Vectors of rows at a time.</summary>
    public const int MaxVectors = 8;

    /// <summary>largest[i] = max_j columns[j, i].</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Largest<V>(float* columns, nint rows, int classes, float* largest)
        where V : struct, IVectorF32<V>
    {
        for (nint i = 0; i < rows; i += V.Count)
        {
            V max = V.Create(float.NegativeInfinity);
            for (nint j = 0; j < classes; j++)
                max = V.Greater(V.Load(columns + (j * rows) + i), max);
            V.Store(max, largest + i);
        }
    }

    /// <summary>columns[j, i] = e^(columns[j, i] - largest[i]).</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public static void Exponentials<V>(float* columns, nint rows, int classes, float* largest)
        where V : struct, IVectorF32<V>
    {
        V first = V.Load(columns);
        bool pairs = Tiers.HasThirtyTwoRegisters && rows % Pair<V>.Count == 0;

        // So that the JIT keeps the constants of the loops in registers (see Map); the loops write over it.
        V.Store(Elementary.ExpOfNegative(first - V.Load(largest)), columns);
        V.Store(first, columns);
        for (nint j = 0; j < classes; j++, columns += rows)
        {
            for (nint i = 0; pairs && i < rows; i += Pair<V>.Count)
                Pair<V>.Store(Elementary.ExpOfNegative(Pair<V>.Load(columns + i) - Pair<V>.Load(largest + i)), columns + i);
            for (nint i = 0; !pairs && i < rows; i += V.Count)
                V.Store(Elementary.ExpOfNegative(V.Load(columns + i) - V.Load(largest + i)), columns + i);
        }
    }

    /// <summary>terms[0, i] = sum_j columns[j, i]; terms have room for half of <see cref="MaxClasses"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Tree<V>(float* columns, nint rows, int classes, float* terms)
        where V : struct, IVectorF32<V>
    {
        int half = MaxClasses / 2;
        nint left = Math.Min(classes, half) * rows, sums = (classes - half) * rows;
        for (nint i = 0; i < left; i += V.Count)
            V.Store(i < sums ? V.Load(columns + i) + V.Load(columns + (half * rows) + i) : V.Load(columns + i), terms + i);
        for (half /= 2; half > 0; half /= 2)
        {
            classes = Math.Min(classes, 2 * half);
            for (nint i = 0; i < (classes - half) * rows; i += V.Count)
                V.Store(V.Load(terms + i) + V.Load(terms + (half * rows) + i), terms + i);
        }
    }

    /// <summary>Softmax of each row, as many as are multiples of V.Count: their number.</summary>
    internal struct ForwardRows(float* logits, float* probabilities, int rows, int classes) : IVectorAction
    {
        public int RowsDone;

        [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
        public void Invoke<V>()
            where V : struct, IVectorF32<V>
        {
            float* columns = stackalloc float[MaxClasses * MaxVectors * V.Count], terms = stackalloc float[MaxClasses / 2 * MaxVectors * V.Count], largest = stackalloc float[MaxVectors * V.Count];
            RowsDone = rows - (rows % V.Count);
            for (nint row = 0, count; row < RowsDone; row += count)
            {
                count = Math.Min(RowsDone - row, MaxVectors * V.Count);
                Packing.Transposed<V>(logits + (row * classes), classes, classes, count, columns, count);
                Largest<V>(columns, count, classes, largest);
                Exponentials<V>(columns, count, classes, largest);
                Tree<V>(columns, count, classes, terms);
                for (nint j = 0; j < classes; j++)
                {
                    for (nint i = j * count; i < (j + 1) * count; i += V.Count)
                        V.Store(V.Load(columns + i) / V.Load(terms + i - (j * count)), columns + i);
                }

                Packing.Transposed<V>(columns, count, count, classes, probabilities + (row * classes), classes);
            }
        }
    }
}
