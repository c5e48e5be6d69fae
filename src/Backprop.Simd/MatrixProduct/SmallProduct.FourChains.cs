using System.Runtime.CompilerServices;
using Backprop.Simd.Internal.Simd;

namespace Backprop.Simd.Internal.MatrixProduct;

// Order B: up to 16 columns, each sum in four chains.
internal static unsafe partial class SmallProduct
{
    /// <summary>Order B: chains by k mod 4, of four rows at a time, so that each row of B is loaded once for them. (16 x 16 x 16: +20 %.)</summary>
    /// <returns>How many rows are done.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static nint FourRowsOfFourChains<V, R, TRow, TEpilogue>(in GemmArguments g, ref TEpilogue epilogue, float* b, nint ldb, nint column, int count)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
        where TRow : struct, IPart
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
            R s0 = default, s1 = default, s2 = default, s3 = default;
            R t0 = default, t1 = default, t2 = default, t3 = default;
            R u0 = default, u1 = default, u2 = default, u3 = default;
            R v0 = default, v1 = default, v2 = default, v3 = default;
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
                R x0 = Row<V, R, TRow>(from, count);
                s0 = V.MultiplyAddRegister(V.BroadcastRegister(a0[0]), x0, s0);
                t0 = V.MultiplyAddRegister(V.BroadcastRegister(a1[0]), x0, t0);
                u0 = V.MultiplyAddRegister(V.BroadcastRegister(a2[0]), x0, u0);
                v0 = V.MultiplyAddRegister(V.BroadcastRegister(a3[0]), x0, v0);
                R x1 = Row<V, R, TRow>(from + ldb, count);
                s1 = V.MultiplyAddRegister(V.BroadcastRegister(a0[stepStride]), x1, s1);
                t1 = V.MultiplyAddRegister(V.BroadcastRegister(a1[stepStride]), x1, t1);
                u1 = V.MultiplyAddRegister(V.BroadcastRegister(a2[stepStride]), x1, u1);
                v1 = V.MultiplyAddRegister(V.BroadcastRegister(a3[stepStride]), x1, v1);
                R x2 = Row<V, R, TRow>(from + (2 * ldb), count);
                s2 = V.MultiplyAddRegister(V.BroadcastRegister(a0[2 * stepStride]), x2, s2);
                t2 = V.MultiplyAddRegister(V.BroadcastRegister(a1[2 * stepStride]), x2, t2);
                u2 = V.MultiplyAddRegister(V.BroadcastRegister(a2[2 * stepStride]), x2, u2);
                v2 = V.MultiplyAddRegister(V.BroadcastRegister(a3[2 * stepStride]), x2, v2);
                R x3 = Row<V, R, TRow>(from + (3 * ldb), count);
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
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TakesColumnsAsRows<V, TEpilogue>(in GemmArguments g)
        where V : struct, IVectorF32<V>
        where TEpilogue : struct, IEpilogue =>
        typeof(TEpilogue) == typeof(NoEpilogue) && g.TransA && !g.TransB && g.K > 1 && g.Alpha == 1
        && (g.N == 1 ? g.Ldc == 1 && g.M > 1 && (g.Beta == 0 || g.Beta == 1) : (g.N <= ColumnOfRows.MaxColumns || ColumnOfRows.TakesFour<V>(in g, new Block(0, g.M, 0, g.N))) && g.M > V.Count / 2 && g.K > NarrowKernel.MaxSteps && g.Beta == 0);

    /// <summary>C = A^T B + beta C. (Zen 4, 15 x 63 x 1: 6.5 to 29 GFLOP/s, x 2 14 to 39, 119 x 19 x 2: 14 to 23; AVX2 4 to 25, 8 to 24, 10 to 21.)</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public static void ColumnsAsRows<V, R>(in GemmArguments g, Block share)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
    {
        if (share.Rows > V.Count && (g.N == 1 || ColumnOfRows.HoldsSeveral))
        {
            ColumnOfRows.Run<V, R>(in g, share);
            return;
        }

        GemmArguments turned = g with { M = g.N, N = g.M, A = g.B, Lda = g.Ldb, B = g.A, Ldb = g.Lda, Ldc = g.N == 1 ? g.M : V.Count };
        nint end = share.Row + share.Rows;
        if (g.N == 1)
        {
            VectorOfRows<V, R>(in turned, share.Row, end);
            return;
        }

        float* sums = stackalloc float[ColumnOfRows.MaxColumns * V.Count];
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
            FourChains<V, R, WholeVector, NoEpilogue>(in turned, ref none, turned.B + column, turned.Ldb, column, V.Count, 0);
        else
            FourChains<V, R, PartialVector, NoEpilogue>(in turned, ref none, turned.B + column, turned.Ldb, column, (int)(end - column), 0);
    }

    /// <summary>Order B: chains by k mod 4, of two rows at a time.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void FourChains<V, R, TRow, TEpilogue>(in GemmArguments g, ref TEpilogue epilogue, float* b, nint ldb, nint column, int count, nint row)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
        where TRow : struct, IPart
        where TEpilogue : struct, IEpilogue
    {
        TEpilogue local = epilogue;
        nint m = g.M, k = g.K, ldc = g.Ldc, rowStride = g.TransA ? 1 : g.Lda, stepStride = g.TransA ? g.Lda : 1;
        bool accumulate = g.Beta == 1;
        float* a = g.A, c = g.C + column;
        R zero = default;
        a += row * rowStride;
        c += row * ldc;
        if (k == 1)
        {
            // The gradient of one example: chains 1 to 3 are +0.
            R x = Row<V, R, TRow>(b, count);
            for (; row < m; row++, a += rowStride, c += ldc)
                Finish(ref local, V.Wrap(V.MultiplyAddRegister(V.BroadcastRegister(*a), x, accumulate ? V.Unwrap(V.LoadPartial(c, count)) : zero)) + V.Wrap(zero), c, row, column, count);
            return;
        }

        // Places that x86 addresses itself, base + index * scale.
        nint step = stepStride * sizeof(float), threeSteps = 3 * step, rowOfB = ldb * sizeof(float), threeRowsOfB = 3 * rowOfB;
        for (; row <= m - 2; row += 2, a += 2 * rowStride, c += 2 * ldc)
        {
            byte* left = (byte*)a, right = (byte*)(a + rowStride), from = (byte*)b;
            R s0 = accumulate ? V.Unwrap(V.LoadPartial(c, count)) : zero, s1 = zero, s2 = zero, s3 = zero;
            R t0 = accumulate ? V.Unwrap(V.LoadPartial(c + ldc, count)) : zero, t1 = zero, t2 = zero, t3 = zero;
            for (nint i = k >> 2; i > 0; i--, left += 4 * step, right += 4 * step, from += 4 * rowOfB)
            {
                R x0 = Row<V, R, TRow>((float*)from, count), x1 = Row<V, R, TRow>((float*)(from + rowOfB), count);
                R x2 = Row<V, R, TRow>((float*)(from + (2 * rowOfB)), count), x3 = Row<V, R, TRow>((float*)(from + threeRowsOfB), count);
                s0 = V.MultiplyAddRegister(V.BroadcastRegister(*(float*)left), x0, s0);
                t0 = V.MultiplyAddRegister(V.BroadcastRegister(*(float*)right), x0, t0);
                s1 = V.MultiplyAddRegister(V.BroadcastRegister(*(float*)(left + step)), x1, s1);
                t1 = V.MultiplyAddRegister(V.BroadcastRegister(*(float*)(right + step)), x1, t1);
                s2 = V.MultiplyAddRegister(V.BroadcastRegister(*(float*)(left + (2 * step))), x2, s2);
                t2 = V.MultiplyAddRegister(V.BroadcastRegister(*(float*)(right + (2 * step))), x2, t2);
                s3 = V.MultiplyAddRegister(V.BroadcastRegister(*(float*)(left + threeSteps)), x3, s3);
                t3 = V.MultiplyAddRegister(V.BroadcastRegister(*(float*)(right + threeSteps)), x3, t3);
            }

            Rest<V, R, TRow>(ref s0, ref s1, ref s2, k & 3, (float*)left, stepStride, (float*)from, ldb, count);
            Rest<V, R, TRow>(ref t0, ref t1, ref t2, k & 3, (float*)right, stepStride, (float*)from, ldb, count);
            Finish(ref local, Sum<V, R>(s0, s1, s2, s3), c, row, column, count);
            Finish(ref local, Sum<V, R>(t0, t1, t2, t3), c + ldc, row + 1, column, count);
        }

        if (row < m)
        {
            byte* left = (byte*)a, from = (byte*)b;
            R s0 = accumulate ? V.Unwrap(V.LoadPartial(c, count)) : zero, s1 = zero, s2 = zero, s3 = zero;
            for (nint i = k >> 2; i > 0; i--, left += 4 * step, from += 4 * rowOfB)
            {
                s0 = V.MultiplyAddRegister(V.BroadcastRegister(*(float*)left), Row<V, R, TRow>((float*)from, count), s0);
                s1 = V.MultiplyAddRegister(V.BroadcastRegister(*(float*)(left + step)), Row<V, R, TRow>((float*)(from + rowOfB), count), s1);
                s2 = V.MultiplyAddRegister(V.BroadcastRegister(*(float*)(left + (2 * step))), Row<V, R, TRow>((float*)(from + (2 * rowOfB)), count), s2);
                s3 = V.MultiplyAddRegister(V.BroadcastRegister(*(float*)(left + threeSteps)), Row<V, R, TRow>((float*)(from + threeRowsOfB), count), s3);
            }

            Rest<V, R, TRow>(ref s0, ref s1, ref s2, k & 3, (float*)left, stepStride, (float*)from, ldb, count);
            Finish(ref local, Sum<V, R>(s0, s1, s2, s3), c, row, column, count);
        }
    }

    /// <summary>The last 0 to 3 steps.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Rest<V, R, TRow>(ref R s0, ref R s1, ref R s2, nint steps, float* a, nint stepStride, float* b, nint ldb, int count)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
        where TRow : struct, IPart
    {
        if (steps > 0)
            s0 = V.MultiplyAddRegister(V.BroadcastRegister(a[0]), Row<V, R, TRow>(b, count), s0);
        if (steps > 1)
            s1 = V.MultiplyAddRegister(V.BroadcastRegister(a[stepStride]), Row<V, R, TRow>(b + ldb, count), s1);
        if (steps > 2)
            s2 = V.MultiplyAddRegister(V.BroadcastRegister(a[2 * stepStride]), Row<V, R, TRow>(b + (2 * ldb), count), s2);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V Sum<V, R>(R s0, R s1, R s2, R s3)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct => (V.Wrap(s0) + V.Wrap(s2)) + (V.Wrap(s1) + V.Wrap(s3));
}
