using System.Runtime.CompilerServices;
using Backprop.Simd.Internal.Simd;

namespace Backprop.Simd.Internal.MatrixProduct;

/// <summary>A B of one column: order B, the four chains of a sum in four lanes, eight rows at a time, both operands along their rows.</summary>
/// <remarks>Nothing is packed and nothing transposed. (Zen 4, 15 x 63 x 1: 6.6 to 20 GFLOP/s, 64 x 30 x 1: 11 to 22, 64 x 1000 x 1: 31 to 39; 100 x 10 x 1 5 to 10; AVX2 1.1 to 5 times.)</remarks>
internal static unsafe class ColumnProduct
{
    private const int RowsAtOnce = 8;

    /// <summary>Fewer are not worth the way here.</summary>
    private const int MinSteps = 5;

    /// <summary>Whether <see cref="Run"/> computes it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Takes(in GemmArguments g, bool storesC) =>
        g.N == 1 && !g.TransA && !g.TransB && g.Ldb == 1 && g.Ldc == 1 && g.Alpha == 1 && (g.Beta == 0 || g.Beta == 1) && g.K >= MinSteps && g.M > 1 && storesC;

    /// <summary>C = epilogue(A B + beta C).</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public static void Run<TEpilogue>(in GemmArguments g, ref TEpilogue epilogue, Block share)
        where TEpilogue : struct, IEpilogue
    {
        nint row = share.Row, end = row + share.Rows, lda = g.Lda;
        bool accumulate = g.Beta == 1;
        for (; row <= end - RowsAtOnce; row += RowsAtOnce)
            EightRows(g.K, g.A + (row * lda), lda, g.B, g.C + row, accumulate);
        for (int rows = RowsAtOnce / 2; rows > 0; rows /= 2)
        {
            nint groups = (end - row) / rows;
            if (groups > 0)
                DotKernel.Run<F32x4>(1, rows, groups, g.K, g.B, 0, g.A + (row * lda), lda, g.C + row, 0, accumulate, asksAhead: false);
            row += groups * rows;
        }

        // One value after the other: parts of vectors, stored and loaded side by side, would wait for each other.
        TileRows.Finish<F32x1, TEpilogue>(ref epilogue, g.C + share.Row, 1, share.Row, 0, share.Rows, 1);
    }

    // Four rows, as in DotKernel, would wait for their own sums.
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void EightRows(nint steps, float* a, nint lda, float* b, float* c, bool accumulate)
    {
        nint second = 2 * lda;
        float* a3 = a + (3 * lda), a6 = a3 + (3 * lda);
        F32x4 sum0 = Start(c, accumulate), sum1 = Start(c + 1, accumulate), sum2 = Start(c + 2, accumulate), sum3 = Start(c + 3, accumulate);
        F32x4 sum4 = Start(c + 4, accumulate), sum5 = Start(c + 5, accumulate), sum6 = Start(c + 6, accumulate), sum7 = Start(c + 7, accumulate);
        for (; steps >= F32x4.Count; steps -= F32x4.Count)
        {
            F32x4 x = F32x4.Load(b);
            sum0 = F32x4.MultiplyAdd(F32x4.Load(a), x, sum0);
            sum1 = F32x4.MultiplyAdd(F32x4.Load(a + lda), x, sum1);
            sum2 = F32x4.MultiplyAdd(F32x4.Load(a + second), x, sum2);
            sum3 = F32x4.MultiplyAdd(F32x4.Load(a3), x, sum3);
            sum4 = F32x4.MultiplyAdd(F32x4.Load(a3 + lda), x, sum4);
            sum5 = F32x4.MultiplyAdd(F32x4.Load(a3 + second), x, sum5);
            sum6 = F32x4.MultiplyAdd(F32x4.Load(a6), x, sum6);
            sum7 = F32x4.MultiplyAdd(F32x4.Load(a6 + lda), x, sum7);
            a += F32x4.Count;
            a3 += F32x4.Count;
            a6 += F32x4.Count;
            b += F32x4.Count;
        }

        if (steps > 0)
        {
            int rest = (int)steps;
            F32x4 x = F32x4.LoadPartial(b, rest), reached = F32x4.LessThanInt(F32x4.IndicesInt, F32x4.CreateInt(rest));
            sum0 = Rest(a, rest, x, reached, sum0);
            sum1 = Rest(a + lda, rest, x, reached, sum1);
            sum2 = Rest(a + second, rest, x, reached, sum2);
            sum3 = Rest(a3, rest, x, reached, sum3);
            sum4 = Rest(a3 + lda, rest, x, reached, sum4);
            sum5 = Rest(a3 + second, rest, x, reached, sum5);
            sum6 = Rest(a6, rest, x, reached, sum6);
            sum7 = Rest(a6 + lda, rest, x, reached, sum7);
        }

        F32x4.SumHalves(sum0, sum1, sum2, sum3, c);
        F32x4.SumHalves(sum4, sum5, sum6, sum7, c + 4);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static F32x4 Start(float* c, bool accumulate) => accumulate ? F32x4.LoadPartial(c, 1) : F32x4.Create(0f);

    // A chain that k does not reach keeps what it holds.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static F32x4 Rest(float* a, int rest, F32x4 x, F32x4 reached, F32x4 sum) => F32x4.Select(reached, F32x4.MultiplyAdd(F32x4.LoadPartial(a, rest), x, sum), sum);
}
