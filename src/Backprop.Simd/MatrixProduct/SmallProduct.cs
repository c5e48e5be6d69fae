using System.Runtime.CompilerServices;
using Backprop.Simd.Internal.Simd;

namespace Backprop.Simd.Internal.MatrixProduct;

/// <summary>Products so small that blocking, packing and scratch tiles would cost more than the arithmetic: one visit of each element, epilogue in registers.</summary>
/// <remarks>The orders of summation are those of every other way (docs/summation-orders.md). Reads no element outside the operands.</remarks>
internal static unsafe partial class SmallProduct
{
    /// <summary>Up to here this way was faster than the others in networks (AMD Zen 5).</summary>
    private const int MultiplyAdds = 4096;

    /// <summary>For few rows times B^T of less than 16 steps; more are worth sharing. (4 x 8 x 1000: 10 to 23 GFLOP/s.)</summary>
    private const int MultiplyAddsOfShortDots = 64 * 1024;

    /// <summary>Beyond this one row is faster in strips.</summary>
    private const int RowMultiplyAdds = 1024;

    private const int ProductsOfSmallWide = 512;

    /// <summary>B^T of one step lies there as B already, which the way for few steps sees. (Zen 5, 5 x 1 x 560 dY W^T: 6 to 24 GFLOP/s, of 40 the same, 6 x 1 x 20 -49 %.)</summary>
    private const int ColumnsWorthNoCopy = 64;

    /// <summary>A panel of so many steps lies on the stack.</summary>
    private const int PanelSteps = 256;

    /// <summary>From so many rows on, columns that do not fill a vector are copied to a panel, so that only the copy needs masks. (4 x 20 x 13: 15 to 18 GFLOP/s without, 4 x 64 x 5 13 to 16, 4 x 64 x 13 30 to 39; 20 x 2 x 13 -17 %.)</summary>
    private const int RowsWorthCopying = 17;

    /// <summary>Whether <see cref="Run"/> computes it; never a product of nothing.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Takes<V>(in GemmArguments g)
        where V : struct, IVectorF32<V> =>
        g.Alpha == 1 && (g.Beta == 0 || g.Beta == 1) && (ulong)((long)g.M * g.N * g.K) - 1 < MostMultiplyAdds(in g) && !IsWideRow(in g) && !GemmBlocking.IsTall(in g) && !IsWideAndShallow(in g) && !IsWide<V>(in g)
        && (!g.TransB || (!g.TransA && (g.M > SummationOrders.SixteenLanesRows ? g.K <= PanelSteps && (g.K > 1 || g.N < ColumnsWorthNoCopy) && !TurnedRowsProduct.TakesSmall<V>(in g) : g.K <= ShortDots.Steps)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong MostMultiplyAdds(in GemmArguments g) => g.TransB && g.K < ShortDots.Steps && g.M <= SummationOrders.SixteenLanesRows ? MultiplyAddsOfShortDots : (ulong)MultiplyAdds;

    // One row times several vectors of columns: here each would wait for its own chain.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsWideRow(in GemmArguments g) => g.M == 1 && !g.TransB && g.N > SummationOrders.FourChainsColumns && g.K * g.N > RowMultiplyAdds;

    // Few steps and long rows: here each vector of columns would be a call. (2 x 593 of 1: 9 to 21 GFLOP/s, 2 x 300 of 4: 27 to 50; AVX2 1.7 to 2.7 times.)
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsWideAndShallow(in GemmArguments g) => g.N >= 96 && g.K <= FewStepsProduct.MaxSteps && !g.TransB && (g.K > 1 || g.N >= 128) && (nint)g.M * g.N >= 512;

    // Several vectors of columns: tiles hold more of them. (4 x 6 x 144 X^T dY: 54 to 64 GFLOP/s, 5 x 5 x 100: 41 to 48; up to 64 columns -10 to +10 %. AVX2, 4 x 6 x 144 X^T dY: 33 to 68, 16 x 8 x 20 X^T dY 34 to 51, 5 x 7 x 18 18 to 20.)
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsWide<V>(in GemmArguments g)
        where V : struct, IVectorF32<V> =>
        g.N > (V.Count == GemmBlocking.CacheLineFloats ? 4 * V.Count : SummationOrders.FourChainsColumns) && !g.TransB && g.K > FewStepsProduct.MaxSteps && (long)g.M * g.N * g.K > ProductsOfSmallWide;

    /// <summary>So many rows are worth keeping B in registers. (326 x 4 x 2: 3.5 to 6.7 GFLOP/s, 64 x 4 x 3: 5 to 9.)</summary>
    private const int RowsWorthNarrowing = 24;

    /// <summary>C = epilogue(op(A) op(B) + beta C).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Run<V, R, TEpilogue>(in GemmArguments g, ref TEpilogue epilogue)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
        where TEpilogue : struct, IEpilogue
    {
        if (typeof(TEpilogue) == typeof(NoEpilogue) && OuterProduct.Takes<V>(in g))
        {
            OuterProduct.Run<V, R>(in g);
            return;
        }

        if (g.N <= ColumnOfRows.MaxColumns)
        {
            if (ColumnProduct.Takes(in g, TEpilogue.StoresC))
            {
                ColumnProduct.Run(in g, ref epilogue, new Block(0, g.M, 0, 1));
                return;
            }

            if (TakesColumnsAsRows<V, TEpilogue>(in g))
            {
                ColumnsAsRows<V, R>(in g, new Block(0, g.M, 0, g.N));
                return;
            }
        }

        if (g.K >= FewColumnsProduct.LeastSteps && g.N <= V.Count / FewColumnsProduct.Steps && FewColumnsProduct.TryRun<V, R, TEpilogue>(in g, ref epilogue))
            return;

        // Half a vector: no masks for 8 columns, and half the work where the units are half as wide.
        if (Tiers.HasHalf<V>() && g.N <= V.Count / 2)
        {
            var half = new HalfVectors<TEpilogue>(in g, ref epilogue);
            Tiers.DispatchHalf(ref half);
            return;
        }

        Widths<V, R, TEpilogue>(in g, ref epilogue);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Widths<V, R, TEpilogue>(in GemmArguments g, ref TEpilogue epilogue)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
        where TEpilogue : struct, IEpilogue
    {
        if (g.M >= RowsWorthNarrowing && g.K <= NarrowKernel.MaxSteps && (g.N < V.Count || (V.Count < SummationOrders.FourChainsColumns && g.N <= SummationOrders.FourChainsColumns && g.N % V.Count != 0)) && TEpilogue.StoresC)
        {
            NarrowProduct.Run<V, R, TEpilogue>(in g, ref epilogue, SummationOrders.Of(g.TransA, g.TransB, g.M, g.N), new Block(0, g.M, 0, g.N));
            return;
        }

        // Apart: what has a panel has a frame.
        bool copies = g.M >= RowsWorthCopying && g.K <= PanelSteps && g.K > 1 && g.N % V.Count != 0;
        if (g.TransB && g.M <= SummationOrders.SixteenLanesRows)
            ShortDots.Run<V, TEpilogue>(in g, ref epilogue);
        else if (g.TransB || copies || g.N > V.Count)
            Columns<V, R, TEpilogue>(in g, ref epilogue, copies);
        else if (g.N == V.Count)
            InOrder<V, R, WholeVector, TEpilogue>(in g, ref epilogue, g.B, g.Ldb, 0, V.Count);
        else
            InOrder<V, R, PartialVector, TEpilogue>(in g, ref epilogue, g.B, g.Ldb, 0, g.N);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Columns<V, R, TEpilogue>(in GemmArguments g, ref TEpilogue epilogue, bool copies)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
        where TEpilogue : struct, IEpilogue
    {
        float* panel = stackalloc float[g.TransB || copies ? g.K * V.Count : 0];
        for (nint column = 0; column < g.N; column += V.Count)
        {
            int count = (int)Math.Min(V.Count, g.N - column);
            if (g.TransB)
            {
                Packing.Transposed<V>(g.B + (column * g.Ldb), g.Ldb, g.K, count, panel, V.Count);
                Chains<V, R, WholeVector, TEpilogue>(in g, ref epilogue, panel, V.Count, column, count);
            }
            else if (count == V.Count || (g.N > V.Count && g.K > 1 && g.Beta == 0 && TEpilogue.StoresC))
            {
                // What is overwritten anyway may be computed twice: a last vector that is not full begins in its neighbour.
                if (count < V.Count)
                    column = g.N - V.Count;
                InOrder<V, R, WholeVector, TEpilogue>(in g, ref epilogue, g.B + column, g.Ldb, column, V.Count);
            }
            else if (copies)
            {
                Packing.Rows<V>(g.B + column, g.Ldb, g.K, count, panel, V.Count);
                InOrder<V, R, WholeVector, TEpilogue>(in g, ref epilogue, panel, V.Count, column, count);
            }
            else
            {
                InOrder<V, R, PartialVector, TEpilogue>(in g, ref epilogue, g.B + column, g.Ldb, column, count);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void InOrder<V, R, TRow, TEpilogue>(in GemmArguments g, ref TEpilogue epilogue, float* b, nint ldb, nint column, int count)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
        where TRow : struct, IPart
        where TEpilogue : struct, IEpilogue
    {
        if (g.N <= SummationOrders.FourChainsColumns)
        {
            nint done = Tiers.HasThirtyTwoRegisters && g.M >= 4 && g.K >= 4 ? FourRowsOfFourChains<V, R, TRow, TEpilogue>(in g, ref epilogue, b, ldb, column, count) : 0;
            if (done < g.M)
                FourChains<V, R, TRow, TEpilogue>(in g, ref epilogue, b, ldb, column, count, done);
            return;
        }

        Chains<V, R, TRow, TEpilogue>(in g, ref epilogue, b, ldb, column, count);
    }

    /// <summary>Order A: four rows at a time, so that four chains are under way, and the last ones together, too.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Chains<V, R, TRow, TEpilogue>(in GemmArguments g, ref TEpilogue epilogue, float* b, nint ldb, nint column, int count)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
        where TRow : struct, IPart
        where TEpilogue : struct, IEpilogue
    {
        TEpilogue local = epilogue;
        nint row = 0;
        if (g.K == 1)
        {
            Outer<V, R, TEpilogue>(in g, ref local, Row<V, R, TRow>(b, count), column, count);
            return;
        }

        for (; row <= g.M - 4; row += 4)
            Chains<V, R, TRow, N4, TEpilogue>(in g, ref local, b, ldb, row, column, count);
        switch (g.M - row)
        {
            case 1:
                Chains<V, R, TRow, N1, TEpilogue>(in g, ref local, b, ldb, row, column, count);
                break;
            case 2:
                Chains<V, R, TRow, N2, TEpilogue>(in g, ref local, b, ldb, row, column, count);
                break;
            case 3:
                Chains<V, R, TRow, N3, TEpilogue>(in g, ref local, b, ldb, row, column, count);
                break;
        }
    }

    // Four rows at a time, so that what masks a part of a vector is made once for them.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Outer<V, R, TEpilogue>(in GemmArguments g, ref TEpilogue epilogue, R x, nint column, int count)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
        where TEpilogue : struct, IEpilogue
    {
        nint ldc = g.Ldc, stride = g.TransA ? 1 : g.Lda, row = 0;
        bool accumulate = g.Beta == 1;
        float* a = g.A, c = g.C + column;
        for (; row <= g.M - 4; row += 4, a += 4 * stride, c += 4 * ldc)
        {
            R s0 = Outer<V, R>(a, x, c, count, accumulate), s1 = Outer<V, R>(a + stride, x, c + ldc, count, accumulate);
            R s2 = Outer<V, R>(a + (2 * stride), x, c + (2 * ldc), count, accumulate), s3 = Outer<V, R>(a + (3 * stride), x, c + (3 * ldc), count, accumulate);
            Finish(ref epilogue, V.Wrap(s0), c, row, column, count);
            Finish(ref epilogue, V.Wrap(s1), c + ldc, row + 1, column, count);
            Finish(ref epilogue, V.Wrap(s2), c + (2 * ldc), row + 2, column, count);
            Finish(ref epilogue, V.Wrap(s3), c + (3 * ldc), row + 3, column, count);
        }

        for (; row < g.M; row++, a += stride, c += ldc)
            Finish(ref epilogue, V.Wrap(Outer<V, R>(a, x, c, count, accumulate)), c, row, column, count);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static R Outer<V, R>(float* a, R x, float* c, int count, bool accumulate)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct => V.MultiplyAddRegister(V.BroadcastRegister(*a), x, accumulate ? V.Unwrap(V.LoadPartial(c, count)) : default);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Chains<V, R, TRow, TRows, TEpilogue>(in GemmArguments g, ref TEpilogue epilogue, float* b, nint ldb, nint row, nint column, int count)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
        where TRow : struct, IPart
        where TRows : unmanaged
        where TEpilogue : struct, IEpilogue
    {
        nint ldc = g.Ldc, rowStride = g.TransA ? 1 : g.Lda, stepStride = g.TransA ? g.Lda : 1;
        float* c = g.C + (row * ldc) + column;
        R s0 = default, s1 = default, s2 = default, s3 = default;
        if (g.Beta == 1)
        {
            s0 = V.Unwrap(V.LoadPartial(c, count));
            if (sizeof(TRows) > 1)
                s1 = V.Unwrap(V.LoadPartial(c + ldc, count));
            if (sizeof(TRows) > 2)
                s2 = V.Unwrap(V.LoadPartial(c + (2 * ldc), count));
            if (sizeof(TRows) > 3)
                s3 = V.Unwrap(V.LoadPartial(c + (3 * ldc), count));
        }

        // Places that x86 addresses itself, base + index * scale.
        byte* a = (byte*)(g.A + (row * rowStride)), rowOfB = (byte*)b;
        nint rowBytes = rowStride * sizeof(float), threeRows = 3 * rowBytes, step = stepStride * sizeof(float), bytesOfB = ldb * sizeof(float);
        for (nint p = g.K; p > 0; p--)
        {
            R x = Row<V, R, TRow>((float*)rowOfB, count);
            s0 = V.MultiplyAddRegister(V.BroadcastRegister(*(float*)a), x, s0);
            if (sizeof(TRows) > 1)
                s1 = V.MultiplyAddRegister(V.BroadcastRegister(*(float*)(a + rowBytes)), x, s1);
            if (sizeof(TRows) > 2)
                s2 = V.MultiplyAddRegister(V.BroadcastRegister(*(float*)(a + (2 * rowBytes))), x, s2);
            if (sizeof(TRows) > 3)
                s3 = V.MultiplyAddRegister(V.BroadcastRegister(*(float*)(a + threeRows)), x, s3);
            a += step;
            rowOfB += bytesOfB;
        }

        Finish(ref epilogue, V.Wrap(s0), c, row, column, count);
        if (sizeof(TRows) > 1)
            Finish(ref epilogue, V.Wrap(s1), c + ldc, row + 1, column, count);
        if (sizeof(TRows) > 2)
            Finish(ref epilogue, V.Wrap(s2), c + (2 * ldc), row + 2, column, count);
        if (sizeof(TRows) > 3)
            Finish(ref epilogue, V.Wrap(s3), c + (3 * ldc), row + 3, column, count);
    }

    // A row of B; whether a vector may be read whole is known when the loop is compiled.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static R Row<V, R, TRow>(float* source, int count)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
        where TRow : struct, IPart => V.Unwrap(TRow.Load<V>(source, count));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Finish<V, TEpilogue>(ref TEpilogue epilogue, V sums, float* c, nint row, nint column, int count)
        where V : struct, IVectorF32<V>
        where TEpilogue : struct, IEpilogue
    {
        V result = epilogue.Apply(sums, row, column, count);
        if (!TEpilogue.StoresC)
            return;
        if (count == V.Count)
            V.Store(result, c);
        else
            V.StorePartial(result, c, count);
    }

    private readonly ref struct HalfVectors<TEpilogue>(in GemmArguments g, ref TEpilogue epilogue) : IRegisterAction
        where TEpilogue : struct, IEpilogue
    {
        private readonly ref readonly GemmArguments _g = ref g;
        private readonly ref TEpilogue _epilogue = ref epilogue;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Invoke<V, R>()
            where V : struct, IVectorF32<V>, IRegisters<V, R>
            where R : struct => Widths<V, R, TEpilogue>(in _g, ref _epilogue);
    }
}
