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
    public const int MaxVectors = 4;

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

    /// <summary>columns[j, i] = e^(columns[j, i] - largest[i]), and the same to copy.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public static void Exponentials<V>(float* columns, nint rows, int classes, float* largest, float* copy)
        where V : struct, IVectorF32<V>
    {
        // So that the JIT keeps the constants of the loop in registers (see Map).
        V.Store(Elementary.ExpOfNegative(V.Load(columns)), copy);
        for (nint j = 0; j < classes; j++, columns += rows, copy += rows)
        {
            for (nint i = 0; i < rows; i += V.Count)
            {
                V e = Elementary.ExpOfNegative(V.Load(columns + i) - V.Load(largest + i));
                V.Store(e, columns + i);
                V.Store(e, copy + i);
            }
        }
    }

    /// <summary>terms[0, i] = sum_j terms[j, i]; the others are overwritten.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Tree<V>(float* terms, nint rows, int classes)
        where V : struct, IVectorF32<V>
    {
        for (int half = MaxClasses / 2; half > 0; half /= 2)
        {
            for (nint i = 0; i < (classes - half) * rows; i += V.Count)
                V.Store(V.Load(terms + i) + V.Load(terms + (half * rows) + i), terms + i);
            classes = Math.Min(classes, half);
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
            float* columns = stackalloc float[MaxClasses * MaxVectors * V.Count], terms = stackalloc float[MaxClasses * MaxVectors * V.Count], largest = stackalloc float[MaxVectors * V.Count];
            RowsDone = rows - (rows % V.Count);
            for (nint row = 0, count; row < RowsDone; row += count)
            {
                count = Math.Min(RowsDone - row, MaxVectors * V.Count);
                Packing.Transposed<V>(logits + (row * classes), classes, classes, count, columns, count);
                Largest<V>(columns, count, classes, largest);
                Exponentials<V>(columns, count, classes, largest, terms);
                Tree<V>(terms, count, classes);
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
