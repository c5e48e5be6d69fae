using System.Diagnostics;
using System.Runtime.CompilerServices;
using Backprop.Simd.Internal.Simd;

namespace Backprop.Simd.Internal.Elementwise;

/// <summary>Softmax over rows: p_j = e^(z_j - max z) / sum. Statistics of a row use 16 lanes and a tree of halves, the same order on every tier.</summary>
internal static unsafe class RowSoftmax
{
    /// <summary>e^(x - max) of one row to <paramref name="exps"/> (which may be x itself), with the row's maximum and the sum of the exponentials; V has 16 lanes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Row<V>(float* x, int classes, float* exps, out float max, out float sum)
        where V : struct, IVectorF32<V>
    {
        if (typeof(V) != typeof(F32x16))
        {
            RowOfNarrowVectors<V>(x, classes, exps, out max, out sum);
            return;
        }

        if (classes <= V.Count)
        {
            V.StorePartial(OneVector<V>(x, classes, out max, out sum), exps, classes);
            return;
        }

        max = Largest<V>(x, classes);
        var exp = new ExpShifted(max);
        V total = exp.Invoke(V.Load(x));
        V.Store(total, exps);
        int i = V.Count;
        for (; i <= classes - Pair<V>.Count; i += Pair<V>.Count)
        {
            Pair<V> e = exp.Invoke(Pair<V>.Load(x + i));
            Pair<V>.Store(e, exps + i);
            total = total + e.Low + e.High;
        }

        for (; i < classes; i += V.Count)
        {
            int valid = Math.Min(classes - i, V.Count);
            V e = exp.Invoke(V.LoadPartial(x + i, valid));
            V.StorePartial(e, exps + i, valid);
            total += V.Select(V.LessThanInt(V.IndicesInt, V.CreateInt(valid)), e, V.Create(0f));
        }

        sum = V.SumHalves(total);
    }

    /// <summary>The exponentials of a row that fits into one vector, with 0 in the lanes beyond it; V is at most F32x16.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V OneVector<V>(float* x, int classes, out float max, out float sum)
        where V : struct, IVectorF32<V>
    {
        V present = V.LessThanInt(V.IndicesInt, V.CreateInt(classes)), row = V.LoadPartial(x, classes), lowest = V.Create(float.NegativeInfinity);
        max = V.MaxHalves(V.Greater(V.Select(present, row, lowest), lowest));
        V exps = V.Select(present, new ExpShifted(max).Invoke(row), V.Create(0f));
        sum = V.SumHalves(exps);
        return exps;
    }

    /// <summary>The same of several rows, a multiple of four, each to a vector of its own. Step by step for all of them: a row has to wait for itself, but not for the others.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void ShortRows<V>(float* x, int rows, int classes, float* exps, float* maxima, float* sums)
        where V : struct, IVectorF32<V>
    {
        LargestOfShortRows<V>(x, rows, classes, maxima);
        ExponentialsOfShortRows<V>(x, rows, classes, maxima, exps, sums);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void LargestOfShortRows<V>(float* x, int rows, int classes, float* maxima)
        where V : struct, IVectorF32<V>
    {
        V present = V.LessThanInt(V.IndicesInt, V.CreateInt(classes)), lowest = V.Create(float.NegativeInfinity);
        nint stride = classes;
        for (int row = 0; row < rows; row += 4, x += 4 * stride)
        {
            V.MaxHalves(
                V.Greater(V.Select(present, V.LoadPartial(x, classes), lowest), lowest),
                V.Greater(V.Select(present, V.LoadPartial(x + stride, classes), lowest), lowest),
                V.Greater(V.Select(present, V.LoadPartial(x + (2 * stride), classes), lowest), lowest),
                V.Greater(V.Select(present, V.LoadPartial(x + (3 * stride), classes), lowest), lowest),
                maxima + row);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void ExponentialsOfShortRows<V>(float* x, int rows, int classes, float* maxima, float* exps, float* sums)
        where V : struct, IVectorF32<V>
    {
        V present = V.LessThanInt(V.IndicesInt, V.CreateInt(classes)), zero = V.Create(0f);
        nint stride = classes;

        // So that the JIT keeps the constants of the loop in registers (see Map).
        V.Store(Elementary.ExpOfNegative(V.LoadPartial(x, classes)), exps);
        for (int row = 0; row < rows; row += 2, x += 2 * stride, exps += Pair<V>.Count)
        {
            Pair<V> e = Elementary.ExpOfNegative(new Pair<V>(V.LoadPartial(x, classes) - V.Create(maxima[row]), V.LoadPartial(x + stride, classes) - V.Create(maxima[row + 1])));
            V.Store(V.Select(present, e.Low, zero), exps);
            V.Store(V.Select(present, e.High, zero), exps + V.Count);
        }

        exps -= rows * V.Count;
        for (int row = 0; row < rows; row += 4, exps += 4 * V.Count)
            V.SumHalves(V.Load(exps), V.Load(exps + V.Count), V.Load(exps + (2 * V.Count)), V.Load(exps + (3 * V.Count)), sums + row);
    }

    /// <summary>Softmax of each row; input and output may be the same.</summary>
    public static void Forward(float* logits, float* probabilities, int rows, int classes)
    {
        nint done = 0;
        if (classes <= SoftmaxLanes.MaxClasses)
        {
            var lanes = new SoftmaxLanes.ForwardRows(logits, probabilities, rows, classes);
            Tiers.Dispatch(ref lanes);
            done = lanes.RowsDone;
        }

        var action = new ForwardRows(logits + (done * classes), probabilities + (done * classes), rows - (int)done, classes);
        Tiers.DispatchSixteenLanes(ref action);
    }

    /// <summary>dx = y (dy - sum_j y_j dy_j), row by row; dx may be dy.</summary>
    public static void Backward(float* y, float* dy, float* dx, int rows, int classes)
    {
        var action = new BackwardRows(y, dy, dx, rows, classes);
        Tiers.DispatchSixteenLanes(ref action);
    }

    // Where 16 lanes are several registers, a row is a method of its own and its exponentials are taken one register at a time: all at once they would exceed what the JIT inlines.
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void RowOfNarrowVectors<V>(float* x, int classes, float* exps, out float max, out float sum)
        where V : struct, IVectorF32<V>
    {
        max = Largest<V>(x, classes);
        Map.Unary(new ExpShifted(max), x, exps, classes);
        V total = V.Create(0f);
        int i = 0;
        for (; i <= classes - V.Count; i += V.Count)
            total += V.Load(exps + i);
        if (i < classes)
            total += V.LoadPartial(exps + i, classes - i);
        sum = V.SumHalves(total);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Largest<V>(float* x, int classes)
        where V : struct, IVectorF32<V>
    {
        // In four chains: which of two zeros is left does not show.
        V largest = V.Create(float.NegativeInfinity), second = largest, third = largest, fourth = largest;
        int i = 0;
        for (; i <= classes - (4 * V.Count); i += 4 * V.Count)
        {
            largest = V.Greater(V.Load(x + i), largest);
            second = V.Greater(V.Load(x + i + V.Count), second);
            third = V.Greater(V.Load(x + i + (2 * V.Count)), third);
            fourth = V.Greater(V.Load(x + i + (3 * V.Count)), fourth);
        }

        largest = V.Greater(V.Greater(largest, second), V.Greater(third, fourth));
        for (; i <= classes - V.Count; i += V.Count)
            largest = V.Greater(V.Load(x + i), largest);
        if (i < classes)
        {
            V present = V.LessThanInt(V.IndicesInt, V.CreateInt(classes - i));
            largest = V.Greater(V.Select(present, V.LoadPartial(x + i, classes - i), largest), largest);
        }

        return V.MaxHalves(largest);
    }

    private readonly struct ExpShifted(float shift) : IUnaryOperation
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public V Invoke<V>(V x)
            where V : struct, IVectorF32<V> => Elementary.ExpOfNegative(x - V.Create(shift));
    }

    internal readonly struct ForwardRows(float* logits, float* probabilities, int rows, int classes) : IVectorAction
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
        public void Invoke<V>()
            where V : struct, IVectorF32<V>
        {
            // A row in one register never waits for what it has just stored.
            if (classes <= V.Count && typeof(V) == typeof(F32x16))
            {
                int row = rows >= 4 ? SeveralRows<V>() : 0;
                for (; row < rows; row++)
                {
                    nint start = (nint)row * classes;
                    V exps = OneVector<V>(logits + start, classes, out _, out float sum);
                    V.StorePartial(exps / V.Create(sum), probabilities + start, classes);
                }

                return;
            }

            LongRows<V>();
        }

        // As many as are multiples of four; their number.
        [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
        private int SeveralRows<V>()
            where V : struct, IVectorF32<V>
        {
            Debug.Assert(rows < V.Count, "More would have gone to SoftmaxLanes.");
            float* exps = stackalloc float[V.Count * V.Count], maxima = stackalloc float[V.Count], sums = stackalloc float[V.Count], p = probabilities;
            int whole = rows & ~3;
            ShortRows<V>(logits, whole, classes, exps, maxima, sums);
            for (int row = 0; row < whole; row++, p += classes)
                V.StorePartial(V.Load(exps + (row * V.Count)) / V.Create(sums[row]), p, classes);
            return whole;
        }

        // Apart: compiling what is not needed would delay the first step.
        [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
        private void LongRows<V>()
            where V : struct, IVectorF32<V>
        {
            for (nint row = 0; row < rows; row++)
            {
                float* p = probabilities + (row * classes);
                Row<V>(logits + (row * classes), classes, p, out _, out float sum);
                V divisor = V.Create(sum);
                int i = 0;
                for (; i <= classes - V.Count; i += V.Count)
                    V.Store(V.Load(p + i) / divisor, p + i);
                if (i < classes)
                    V.StorePartial(V.LoadPartial(p + i, classes - i) / divisor, p + i, classes - i);
            }
        }
    }

    internal readonly struct BackwardRows(float* y, float* dy, float* dx, int rows, int classes) : IVectorAction
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
        public void Invoke<V>()
            where V : struct, IVectorF32<V>
        {
            for (nint row = 0; row < rows; row++)
            {
                nint start = row * classes;
                V dot = V.Create(0f);
                for (int i = 0; i < classes; i += V.Count)
                {
                    int count = Math.Min(classes - i, V.Count);
                    dot = V.MultiplyAdd(V.LoadPartial(y + start + i, count), V.LoadPartial(dy + start + i, count), dot);
                }

                V projection = V.Create(V.SumHalves(dot));
                for (int i = 0; i < classes; i += V.Count)
                {
                    int count = Math.Min(classes - i, V.Count);
                    V d = V.LoadPartial(y + start + i, count) * (V.LoadPartial(dy + start + i, count) - projection);
                    V.StorePartial(d, dx + start + i, count);
                }
            }
        }
    }
}
