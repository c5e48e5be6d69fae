using System.Runtime.CompilerServices;
using Backprop.Simd.Internal.Simd;

namespace Backprop.Simd.Internal.MatrixProduct;

/// <summary>Products so small that blocking, packing and scratch tiles would cost more than the arithmetic: one visit of each element, epilogue in registers.</summary>
/// <remarks>The orders of summation are those of every other way (docs/summation-orders.md). Reads no element outside the operands.</remarks>
internal static unsafe class SmallProduct
{
    /// <summary>Up to here this way was faster than the others in networks (AMD Zen 5).</summary>
    private const int MultiplyAdds = 4096;

    /// <summary>For few rows times B^T of less than 16 steps; more are worth sharing. (4 x 8 x 1000: 10 to 23 GFLOP/s.)</summary>
    private const int MultiplyAddsOfShortDots = 64 * 1024;

    /// <summary>Beyond this one row is faster in strips.</summary>
    private const int RowMultiplyAdds = 1024;

    /// <summary>A panel of so many steps lies on the stack.</summary>
    private const int PanelSteps = 256;

    /// <summary>From so many rows on, columns that do not fill a vector are copied to a panel, so that only the copy needs masks.</summary>
    private const int RowsWorthCopying = 4;

    /// <summary>Whether <see cref="Run"/> computes it; never a product of nothing.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Takes(in GemmArguments g) =>
        g.Alpha == 1 && (g.Beta == 0 || g.Beta == 1) && (ulong)((long)g.M * g.N * g.K) - 1 < MostMultiplyAdds(in g) && !IsWideRow(in g) && !GemmBlocking.IsTall(in g) && !IsWideAndShallow(in g)
        && (!g.TransB || (!g.TransA && g.K <= (g.M > SummationOrders.SixteenLanesRows ? PanelSteps : ShortDots.Steps)));

    private static ulong MostMultiplyAdds(in GemmArguments g) => g.TransB && g.K < ShortDots.Steps && g.M <= SummationOrders.SixteenLanesRows ? MultiplyAddsOfShortDots : (ulong)MultiplyAdds;

    // One row times several vectors of columns: here each would wait for its own chain.
    private static bool IsWideRow(in GemmArguments g) => g.M == 1 && !g.TransB && g.N > SummationOrders.FourChainsColumns && g.K * g.N > RowMultiplyAdds;

    /// <summary>Columns of C that may be computed as rows.</summary>
    private const int MostColumnsAsRows = 3;

    private const int RowsWorthLanes = 12;

    // Few steps and long rows: here each vector of columns would be a call. (2 x 593 of 1: 9 to 21 GFLOP/s, 2 x 300 of 4: 27 to 50; AVX2 1.7 to 2.7 times.)
    private static bool IsWideAndShallow(in GemmArguments g) => g.N >= 96 && g.K <= FewStepsProduct.MaxSteps && !g.TransB && (g.K > 1 || g.N >= 128) && (nint)g.M * g.N >= 512;

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

        if (g.N <= MostColumnsAsRows)
        {
            if (ColumnProduct.Takes(in g, TEpilogue.StoresC))
            {
                ColumnProduct.Run(in g, ref epilogue, new Block(0, g.M, 0, 1));
                return;
            }

            if (TakesColumnsAsRows<TEpilogue>(in g))
            {
                ColumnsAsRows<V, R>(in g, new Block(0, g.M, 0, g.N));
                return;
            }
        }

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
            InOrder<V, R, Whole, TEpilogue>(in g, ref epilogue, g.B, g.Ldb, 0, V.Count);
        else
            InOrder<V, R, Part, TEpilogue>(in g, ref epilogue, g.B, g.Ldb, 0, g.N);
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
                Chains<V, R, Whole, TEpilogue>(in g, ref epilogue, panel, V.Count, column, count);
            }
            else if (count == V.Count)
            {
                InOrder<V, R, Whole, TEpilogue>(in g, ref epilogue, g.B + column, g.Ldb, column, count);
            }
            else if (copies)
            {
                Packing.Rows<V>(g.B + column, g.Ldb, g.K, count, panel, V.Count);
                InOrder<V, R, Whole, TEpilogue>(in g, ref epilogue, panel, V.Count, column, count);
            }
            else
            {
                InOrder<V, R, Part, TEpilogue>(in g, ref epilogue, g.B + column, g.Ldb, column, count);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void InOrder<V, R, TRow, TEpilogue>(in GemmArguments g, ref TEpilogue epilogue, float* b, nint ldb, nint column, int count)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
        where TRow : struct, IRowOfB
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
        where TRow : struct, IRowOfB
        where TEpilogue : struct, IEpilogue
    {
        TEpilogue local = epilogue;
        nint row = 0;
        if (g.K == 1)
        {
            Outer<V, R, TEpilogue>(in g, ref local, TRow.Load<V, R>(b, count), column, count);
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
        where R : struct => V.MultiplyAddRegister(V.BroadcastRegister(*a), x, accumulate ? V.Unwrap(V.LoadPartial(c, count)) : V.ZeroRegister);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Chains<V, R, TRow, TRows, TEpilogue>(in GemmArguments g, ref TEpilogue epilogue, float* b, nint ldb, nint row, nint column, int count)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
        where TRow : struct, IRowOfB
        where TRows : unmanaged
        where TEpilogue : struct, IEpilogue
    {
        nint ldc = g.Ldc, rowStride = g.TransA ? 1 : g.Lda, stepStride = g.TransA ? g.Lda : 1;
        float* a0 = g.A + (row * rowStride), a1 = a0 + rowStride, a2 = a1 + rowStride, a3 = a2 + rowStride, c = g.C + (row * ldc) + column;
        R s0 = V.ZeroRegister, s1 = V.ZeroRegister, s2 = V.ZeroRegister, s3 = V.ZeroRegister;
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

        for (nint p = g.K; p > 0; p--)
        {
            R x = TRow.Load<V, R>(b, count);
            b += ldb;
            s0 = V.MultiplyAddRegister(V.BroadcastRegister(*a0), x, s0);
            a0 += stepStride;
            if (sizeof(TRows) > 1)
            {
                s1 = V.MultiplyAddRegister(V.BroadcastRegister(*a1), x, s1);
                a1 += stepStride;
            }

            if (sizeof(TRows) > 2)
            {
                s2 = V.MultiplyAddRegister(V.BroadcastRegister(*a2), x, s2);
                a2 += stepStride;
            }

            if (sizeof(TRows) > 3)
            {
                s3 = V.MultiplyAddRegister(V.BroadcastRegister(*a3), x, s3);
                a3 += stepStride;
            }
        }

        Finish(ref epilogue, V.Wrap(s0), c, row, column, count);
        if (sizeof(TRows) > 1)
            Finish(ref epilogue, V.Wrap(s1), c + ldc, row + 1, column, count);
        if (sizeof(TRows) > 2)
            Finish(ref epilogue, V.Wrap(s2), c + (2 * ldc), row + 2, column, count);
        if (sizeof(TRows) > 3)
            Finish(ref epilogue, V.Wrap(s3), c + (3 * ldc), row + 3, column, count);
    }

    /// <summary>Order B: chains by k mod 4, of four rows at a time, so that each row of B is loaded once for them. (16 x 16 x 16: +20 %.)</summary>
    /// <returns>How many rows are done.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static nint FourRowsOfFourChains<V, R, TRow, TEpilogue>(in GemmArguments g, ref TEpilogue epilogue, float* b, nint ldb, nint column, int count)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
        where TRow : struct, IRowOfB
        where TEpilogue : struct, IEpilogue
    {
        TEpilogue local = epilogue;
        nint m = g.M, k = g.K, ldc = g.Ldc, rowStride = g.TransA ? 1 : g.Lda, stepStride = g.TransA ? g.Lda : 1;
        bool accumulate = g.Beta == 1;
        float* a = g.A, c = g.C + column;
        nint row = 0;
        for (; row <= m - 4; row += 4, a += 4 * rowStride, c += 4 * ldc)
        {
            float* a0 = a, a1 = a + rowStride, a2 = a1 + rowStride, a3 = a2 + rowStride, from = b;
            R s0 = V.ZeroRegister, s1 = V.ZeroRegister, s2 = V.ZeroRegister, s3 = V.ZeroRegister;
            R t0 = V.ZeroRegister, t1 = V.ZeroRegister, t2 = V.ZeroRegister, t3 = V.ZeroRegister;
            R u0 = V.ZeroRegister, u1 = V.ZeroRegister, u2 = V.ZeroRegister, u3 = V.ZeroRegister;
            R v0 = V.ZeroRegister, v1 = V.ZeroRegister, v2 = V.ZeroRegister, v3 = V.ZeroRegister;
            if (accumulate)
            {
                s0 = V.Unwrap(V.LoadPartial(c, count));
                t0 = V.Unwrap(V.LoadPartial(c + ldc, count));
                u0 = V.Unwrap(V.LoadPartial(c + (2 * ldc), count));
                v0 = V.Unwrap(V.LoadPartial(c + (3 * ldc), count));
            }

            nint p = 0;
            for (; p <= k - 4; p += 4, a0 += 4 * stepStride, a1 += 4 * stepStride, a2 += 4 * stepStride, a3 += 4 * stepStride, from += 4 * ldb)
            {
                R x0 = TRow.Load<V, R>(from, count);
                s0 = V.MultiplyAddRegister(V.BroadcastRegister(a0[0]), x0, s0);
                t0 = V.MultiplyAddRegister(V.BroadcastRegister(a1[0]), x0, t0);
                u0 = V.MultiplyAddRegister(V.BroadcastRegister(a2[0]), x0, u0);
                v0 = V.MultiplyAddRegister(V.BroadcastRegister(a3[0]), x0, v0);
                R x1 = TRow.Load<V, R>(from + ldb, count);
                s1 = V.MultiplyAddRegister(V.BroadcastRegister(a0[stepStride]), x1, s1);
                t1 = V.MultiplyAddRegister(V.BroadcastRegister(a1[stepStride]), x1, t1);
                u1 = V.MultiplyAddRegister(V.BroadcastRegister(a2[stepStride]), x1, u1);
                v1 = V.MultiplyAddRegister(V.BroadcastRegister(a3[stepStride]), x1, v1);
                R x2 = TRow.Load<V, R>(from + (2 * ldb), count);
                s2 = V.MultiplyAddRegister(V.BroadcastRegister(a0[2 * stepStride]), x2, s2);
                t2 = V.MultiplyAddRegister(V.BroadcastRegister(a1[2 * stepStride]), x2, t2);
                u2 = V.MultiplyAddRegister(V.BroadcastRegister(a2[2 * stepStride]), x2, u2);
                v2 = V.MultiplyAddRegister(V.BroadcastRegister(a3[2 * stepStride]), x2, v2);
                R x3 = TRow.Load<V, R>(from + (3 * ldb), count);
                s3 = V.MultiplyAddRegister(V.BroadcastRegister(a0[3 * stepStride]), x3, s3);
                t3 = V.MultiplyAddRegister(V.BroadcastRegister(a1[3 * stepStride]), x3, t3);
                u3 = V.MultiplyAddRegister(V.BroadcastRegister(a2[3 * stepStride]), x3, u3);
                v3 = V.MultiplyAddRegister(V.BroadcastRegister(a3[3 * stepStride]), x3, v3);
            }

            Rest<V, R, TRow>(ref s0, ref s1, ref s2, k - p, a0, stepStride, from, ldb, count);
            Rest<V, R, TRow>(ref t0, ref t1, ref t2, k - p, a1, stepStride, from, ldb, count);
            Rest<V, R, TRow>(ref u0, ref u1, ref u2, k - p, a2, stepStride, from, ldb, count);
            Rest<V, R, TRow>(ref v0, ref v1, ref v2, k - p, a3, stepStride, from, ldb, count);
            Finish(ref local, Sum<V, R>(s0, s1, s2, s3), c, row, column, count);
            Finish(ref local, Sum<V, R>(t0, t1, t2, t3), c + ldc, row + 1, column, count);
            Finish(ref local, Sum<V, R>(u0, u1, u2, u3), c + (2 * ldc), row + 2, column, count);
            Finish(ref local, Sum<V, R>(v0, v1, v2, v3), c + (3 * ldc), row + 3, column, count);
        }

        return row;
    }

    /// <summary>Whether A^T B of so few columns is computed as C^T = B^T A, with rows of C as lanes. The order of its sums stays that of columns.</summary>
    public static bool TakesColumnsAsRows<TEpilogue>(in GemmArguments g)
        where TEpilogue : struct, IEpilogue =>
        typeof(TEpilogue) == typeof(NoEpilogue) && g.TransA && !g.TransB && g.K > 1 && (g.N == 1 ? g.Ldc == 1 && g.M > 1 : g.N <= MostColumnsAsRows && g.M >= RowsWorthLanes && g.K > NarrowKernel.MaxSteps && g.Beta == 0);

    /// <summary>C = A^T B + beta C, a vector of rows after the other. (Zen 4, 15 x 63 x 1: 6.5 to 29 GFLOP/s, x 2 14 to 39, 119 x 19 x 2: 14 to 23; AVX2 4 to 25, 8 to 24, 10 to 21.)</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public static void ColumnsAsRows<V, R>(in GemmArguments g, Block share)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
    {
        GemmArguments turned = g with { M = g.N, N = g.M, A = g.B, Lda = g.Ldb, B = g.A, Ldb = g.Lda, Ldc = g.M };
        nint end = share.Row + share.Rows;
        if (g.N == 1)
        {
            for (nint column = share.Row; column < end; column += V.Count)
                VectorOfRows<V, R>(in turned, column, end);
            return;
        }

        float* sums = stackalloc float[MostColumnsAsRows * V.Count];
        turned.Ldc = V.Count;
        for (nint column = share.Row; column < end; column += V.Count)
        {
            turned.C = sums - column;
            VectorOfRows<V, R>(in turned, column, end);
            float* c = g.C + (column * g.Ldc);
            for (nint i = 0; i < Math.Min(V.Count, end - column); i++, c += g.Ldc)
            {
                for (nint j = 0; j < g.N; j++)
                    c[j] = sums[(j * V.Count) + i];
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void VectorOfRows<V, R>(in GemmArguments turned, nint column, nint end)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
    {
        NoEpilogue none = default;
        if (end - column >= V.Count)
            FourChains<V, R, Whole, NoEpilogue>(in turned, ref none, turned.B + column, turned.Ldb, column, V.Count, 0);
        else
            FourChains<V, R, Part, NoEpilogue>(in turned, ref none, turned.B + column, turned.Ldb, column, (int)(end - column), 0);
    }

    /// <summary>Order B: chains by k mod 4, of two rows at a time.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void FourChains<V, R, TRow, TEpilogue>(in GemmArguments g, ref TEpilogue epilogue, float* b, nint ldb, nint column, int count, nint row)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
        where TRow : struct, IRowOfB
        where TEpilogue : struct, IEpilogue
    {
        TEpilogue local = epilogue;
        nint m = g.M, k = g.K, ldc = g.Ldc, rowStride = g.TransA ? 1 : g.Lda, stepStride = g.TransA ? g.Lda : 1;
        bool accumulate = g.Beta == 1;
        float* a = g.A, c = g.C + column;
        R zero = V.ZeroRegister;
        a += row * rowStride;
        c += row * ldc;
        if (k == 1)
        {
            // The gradient of one example: chains 1 to 3 are +0.
            R x = TRow.Load<V, R>(b, count);
            for (; row < m; row++, a += rowStride, c += ldc)
                Finish(ref local, V.Wrap(V.MultiplyAddRegister(V.BroadcastRegister(*a), x, accumulate ? V.Unwrap(V.LoadPartial(c, count)) : zero)) + V.Wrap(zero), c, row, column, count);
            return;
        }

        for (; row <= m - 2; row += 2, a += 2 * rowStride, c += 2 * ldc)
        {
            float* left = a, right = a + rowStride, from = b;
            R s0 = accumulate ? V.Unwrap(V.LoadPartial(c, count)) : zero, s1 = zero, s2 = zero, s3 = zero;
            R t0 = accumulate ? V.Unwrap(V.LoadPartial(c + ldc, count)) : zero, t1 = zero, t2 = zero, t3 = zero;
            nint p = 0;
            for (; p <= k - 4; p += 4, left += 4 * stepStride, right += 4 * stepStride, from += 4 * ldb)
            {
                R x0 = TRow.Load<V, R>(from, count), x1 = TRow.Load<V, R>(from + ldb, count);
                R x2 = TRow.Load<V, R>(from + (2 * ldb), count), x3 = TRow.Load<V, R>(from + (3 * ldb), count);
                s0 = V.MultiplyAddRegister(V.BroadcastRegister(left[0]), x0, s0);
                t0 = V.MultiplyAddRegister(V.BroadcastRegister(right[0]), x0, t0);
                s1 = V.MultiplyAddRegister(V.BroadcastRegister(left[stepStride]), x1, s1);
                t1 = V.MultiplyAddRegister(V.BroadcastRegister(right[stepStride]), x1, t1);
                s2 = V.MultiplyAddRegister(V.BroadcastRegister(left[2 * stepStride]), x2, s2);
                t2 = V.MultiplyAddRegister(V.BroadcastRegister(right[2 * stepStride]), x2, t2);
                s3 = V.MultiplyAddRegister(V.BroadcastRegister(left[3 * stepStride]), x3, s3);
                t3 = V.MultiplyAddRegister(V.BroadcastRegister(right[3 * stepStride]), x3, t3);
            }

            Rest<V, R, TRow>(ref s0, ref s1, ref s2, k - p, left, stepStride, from, ldb, count);
            Rest<V, R, TRow>(ref t0, ref t1, ref t2, k - p, right, stepStride, from, ldb, count);
            Finish(ref local, Sum<V, R>(s0, s1, s2, s3), c, row, column, count);
            Finish(ref local, Sum<V, R>(t0, t1, t2, t3), c + ldc, row + 1, column, count);
        }

        if (row < m)
        {
            float* left = a, from = b;
            R s0 = accumulate ? V.Unwrap(V.LoadPartial(c, count)) : zero, s1 = zero, s2 = zero, s3 = zero;
            nint p = 0;
            for (; p <= k - 4; p += 4, left += 4 * stepStride, from += 4 * ldb)
            {
                s0 = V.MultiplyAddRegister(V.BroadcastRegister(left[0]), TRow.Load<V, R>(from, count), s0);
                s1 = V.MultiplyAddRegister(V.BroadcastRegister(left[stepStride]), TRow.Load<V, R>(from + ldb, count), s1);
                s2 = V.MultiplyAddRegister(V.BroadcastRegister(left[2 * stepStride]), TRow.Load<V, R>(from + (2 * ldb), count), s2);
                s3 = V.MultiplyAddRegister(V.BroadcastRegister(left[3 * stepStride]), TRow.Load<V, R>(from + (3 * ldb), count), s3);
            }

            Rest<V, R, TRow>(ref s0, ref s1, ref s2, k - p, left, stepStride, from, ldb, count);
            Finish(ref local, Sum<V, R>(s0, s1, s2, s3), c, row, column, count);
        }
    }

    /// <summary>The last 0 to 3 steps.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Rest<V, R, TRow>(ref R s0, ref R s1, ref R s2, nint steps, float* a, nint stepStride, float* b, nint ldb, int count)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
        where TRow : struct, IRowOfB
    {
        if (steps > 0)
            s0 = V.MultiplyAddRegister(V.BroadcastRegister(a[0]), TRow.Load<V, R>(b, count), s0);
        if (steps > 1)
            s1 = V.MultiplyAddRegister(V.BroadcastRegister(a[stepStride]), TRow.Load<V, R>(b + ldb, count), s1);
        if (steps > 2)
            s2 = V.MultiplyAddRegister(V.BroadcastRegister(a[2 * stepStride]), TRow.Load<V, R>(b + (2 * ldb), count), s2);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V Sum<V, R>(R s0, R s1, R s2, R s3)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct => (V.Wrap(s0) + V.Wrap(s2)) + (V.Wrap(s1) + V.Wrap(s3));

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

    /// <summary>How a row of B is read: whether a vector may be read whole is known when the loop is compiled.</summary>
    private interface IRowOfB
    {
        static abstract R Load<V, R>(float* source, int count)
            where V : struct, IVectorF32<V>, IRegisters<V, R>
            where R : struct;
    }

    private readonly struct Whole : IRowOfB
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static R Load<V, R>(float* source, int count)
            where V : struct, IVectorF32<V>, IRegisters<V, R>
            where R : struct => V.LoadRegister(source);
    }

    private readonly struct Part : IRowOfB
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static R Load<V, R>(float* source, int count)
            where V : struct, IVectorF32<V>, IRegisters<V, R>
            where R : struct => V.Unwrap(V.LoadPartial(source, count));
    }
}
