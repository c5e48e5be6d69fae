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

    /// <summary>columns[j, i] = rows[i, j], for a multiple of V.Count rows; columns have room for <see cref="MaxClasses"/>.</summary>
    /// <remarks>Rows of fewer than four are read as rows of four, which overlap, but for the last ones.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void ToColumns<V>(float* rows, nint count, int classes, float* columns)
        where V : struct, IVectorF32<V>
    {
        nint overlapping = classes < 4 && FourSteps.IsSupported<V>() ? count - V.Count : 0;
        if (overlapping > 0)
            Packing.Transposed<V>(rows, classes, 4, overlapping, columns, count);
        Packing.Transposed<V>(rows + (overlapping * classes), classes, classes, count - overlapping, columns + overlapping, count);
    }

    /// <summary>rows[i, j] = columns[j, i], for a multiple of V.Count rows.</summary>
    /// <remarks>Rows of fewer than four are written as rows of four, each over what the one before it has left, but for the last ones. (Zen 4, 65,536 values, softmax: rows of 3 60 to 40 us, of 2 65 to 49.)</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void ToRows<V>(float* columns, nint count, int classes, float* rows)
        where V : struct, IVectorF32<V>
    {
        nint overlapping = classes < 4 && V.Count >= 4 && FourSteps.IsSupported<F32x4>() ? count - 4 : 0;
        if (overlapping > 0)
            Packing.Transposed<V>(columns, count, overlapping, 4, rows, classes);
        Packing.Transposed<V>(columns + overlapping, count, count - overlapping, classes, rows + (overlapping * classes), classes);
    }

    /// <summary>largest[i] = max_j columns[j, i].</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Largest<V>(float* columns, nint rows, int classes, float* largest)
        where V : struct, IVectorF32<V>
    {
        for (nint i = 0; i < rows; i += V.Count)
        {
            V max = V.Create(float.NegativeInfinity);
            float* column = columns + i;
            for (nint j = 0; j < classes; j++, column += rows)
                max = V.Greater(V.Load(column), max);
            V.Store(max, largest + i);
        }
    }

    /// <summary>columns[j, i] = e^(columns[j, i] - largest[i]).</summary>
    public static void Exponentials<V>(float* columns, nint rows, int classes, float* largest)
        where V : struct, IVectorF32<V>
    {
        // Two methods, of which only what is needed is compiled. (With sixteen registers half of the time that one with both loops took the JIT.)
        if (Tiers.HasThirtyTwoRegisters && rows % Pair<V>.Count == 0)
            Exponentials<V, Pair<V>>(columns, rows, classes, largest);
        else
            Exponentials<V, V>(columns, rows, classes, largest);
    }

    // One or two vectors at a time.
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Exponentials<V, W>(float* columns, nint rows, int classes, float* largest)
        where V : struct, IVectorF32<V>
        where W : struct, IVectorF32<W>
    {
        if (Tiers.HasThirtyTwoRegisters)
        {
            // So that the JIT keeps the constants of the loop in registers (see Map); the loop writes over it.
            V first = V.Load(columns);
            V.Store(Elementary.ExpOfNegative(first - V.Load(largest)), columns);
            V.Store(first, columns);
        }

        for (nint j = 0; j < classes; j++, columns += rows)
        {
            for (nint i = 0; i < rows; i += W.Count)
                W.Store(Elementary.ExpOfNegative(W.Load(columns + i) - W.Load(largest + i)), columns + i);
        }
    }

    /// <summary>sum_j column[j, i] for V.Count rows i, by the tree of halves, whose terms stay in registers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Sum<V>(float* column, nint rows, int classes)
        where V : struct, IVectorF32<V>
    {
        V even = Quarter<V>(column, rows, classes);
        if (classes > 2)
            even += Quarter<V>(column + (2 * rows), rows, classes - 2);
        if (classes < 2)
            return even;
        V odd = Quarter<V>(column + rows, rows, classes - 1);
        if (classes > 3)
            odd += Quarter<V>(column + (3 * rows), rows, classes - 3);
        return even + odd;
    }

    // (x[0] + x[8]) + (x[4] + x[12])
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V Quarter<V>(float* column, nint rows, int classes)
        where V : struct, IVectorF32<V>
    {
        V low = V.Load(column);
        if (classes > 8)
            low += V.Load(column + (8 * rows));
        if (classes <= 4)
            return low;
        V high = V.Load(column + (4 * rows));
        if (classes > 12)
            high += V.Load(column + (12 * rows));
        return low + high;
    }

    /// <summary>Softmax of each row, as many as are multiples of V.Count: their number.</summary>
    internal struct ForwardRows(float* logits, float* probabilities, int rows, int classes) : IVectorAction
    {
        public int RowsDone;

        [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
        public void Invoke<V>()
            where V : struct, IVectorF32<V>
        {
            float* columns = stackalloc float[MaxClasses * MaxVectors * V.Count], largest = stackalloc float[MaxVectors * V.Count];
            RowsDone = rows - (rows % V.Count);
            for (nint row = 0, count; row < RowsDone; row += count)
            {
                count = Math.Min(RowsDone - row, MaxVectors * V.Count);
                ToColumns<V>(logits + (row * classes), count, classes, columns);
                Largest<V>(columns, count, classes, largest);
                Exponentials<V>(columns, count, classes, largest);
                for (nint i = 0; i < count; i += V.Count)
                {
                    float* column = columns + i;
                    V sum = Sum<V>(column, count, classes);
                    for (nint j = 0; j < classes; j++, column += count)
                        V.Store(V.Load(column) / sum, column);
                }

                ToRows<V>(columns, count, classes, probabilities + (row * classes));
            }
        }
    }
}
