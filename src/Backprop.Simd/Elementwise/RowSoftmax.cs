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

        int whole = classes - (classes % V.Count), rest = classes - whole;
        max = Largest<V>(x, classes);
        var exp = new ExpShifted(max);
        V total = V.Create(0f);
        for (int i = 0; i < whole; i += V.Count)
        {
            V e = exp.Invoke(V.Load(x + i));
            V.Store(e, exps + i);
            total += e;
        }

        if (rest > 0)
        {
            V e = exp.Invoke(V.LoadPartial(x + whole, rest));
            V.StorePartial(e, exps + whole, rest);
            total += V.Select(V.LessThanInt(V.IndicesInt, V.CreateInt(rest)), e, V.Create(0f));
        }

        sum = V.SumHalves(total);
    }

    /// <summary>The exponentials of a row that fits into one vector, with 0 in the lanes beyond it; V is F32x16.</summary>
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

    /// <summary>Softmax of each row; input and output may be the same.</summary>
    public static void Forward(float* logits, float* probabilities, int rows, int classes)
    {
        var action = new ForwardRows(logits, probabilities, rows, classes);
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
        V largest = V.Create(float.NegativeInfinity);
        int i = 0;
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
                for (nint row = 0; row < rows; row++)
                {
                    V exps = OneVector<V>(logits + (row * classes), classes, out _, out float sum);
                    V.StorePartial(exps / V.Create(sum), probabilities + (row * classes), classes);
                }

                return;
            }

            LongRows<V>();
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
                for (int i = 0; i < classes; i += V.Count)
                {
                    int count = Math.Min(classes - i, V.Count);
                    V.StorePartial(V.LoadPartial(p + i, count) / divisor, p + i, count);
                }
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
