using System.Runtime.CompilerServices;
using Backprop.Simd.Internal.Simd;

namespace Backprop.Simd.Internal.MatrixProduct;

/// <summary>A B of one column: order B, the four chains of a sum in four lanes, up to sixteen rows at a time, both operands along their rows.</summary>
/// <remarks>Nothing is packed and nothing transposed. (Zen 4, 15 x 63 x 1: 6.6 to 20 GFLOP/s, 64 x 30 x 1: 11 to 22, 64 x 1000 x 1: 31 to 39; 100 x 10 x 1 5 to 10; AVX2 1.1 to 5 times. Sixteen rows, two in a vector, instead of eight: 64 x 64 x 1 31 to 41, 50 x 100 x 1 32 to 42, 128 x 256 x 1 38 to 43, 1000 x 64 x 1 36 to 37. Eight rows likewise: 64 x 512 x 1 40 to 46, 128 x 1024 x 1 40 to 43, 8 x 500 x 1 38 to 48; AVX2 +4 to +10 %. Fours of rows that overlap, not four, two and one alone: Zen 5, 5 x 560 x 1 17 to 30, 7 x 64 x 1 13 to 27, 9 x 300 x 1 28 to 42, 13 x 1024 x 1 26 to 33, 27 x 300 x 1 38 to 55, 1000 x 64 x 1 -4 %.)</remarks>
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
        // Sixteen rows in two sets of the L1 cache would push each other out. (128 x 1024: 34 to 11 GFLOP/s, 128 x 512 39 to 37.)
        nint most = GemmBlocking.RowsClash(2 * lda) ? RowsAtOnce : 2 * RowsAtOnce;
        while (FourSteps.IsSupported<F32x8>() && end - row > RowsAtOnce / 2)
        {
            // Such that none of what is left are few.
            nint left = end - row, rows = left <= most ? left : left <= 20 && most > 12 ? 12 : most, last = rows - F32x4.Count;
            float* from = g.A + (row * lda), to = g.C + row;
            if (rows > 12)
                Pairs<N8>(g.K, from, lda, last, g.B, to, accumulate);
            else if (rows > 8)
                Pairs<N6>(g.K, from, lda, last, g.B, to, accumulate);
            else
                Pairs<N4>(g.K, from, lda, last, g.B, to, accumulate);
            row += rows;
        }

        for (; row <= end - RowsAtOnce; row += RowsAtOnce)
            EightRows(g.K, g.A + (row * lda), lda, g.B, g.C + row, accumulate);
        for (int rows = RowsAtOnce / 2; rows > 0; rows /= 2)
        {
            nint groups = (end - row) / rows;
            if (groups > 0)
                DotKernel.Run<F32x4, RegisterF32x4, N1, N1>(1, rows, groups, g.K, g.B, 0, g.A + (row * lda), lda, g.C + row, 0, accumulate, asksAhead: false);
            row += groups * rows;
        }

        // One value after the other: parts of vectors, stored and loaded side by side, would wait for each other.
        TileRows.Finish<F32x1, TEpilogue>(ref epilogue, g.C + share.Row, 1, share.Row, 0, share.Rows, 1);
    }

    // Where vectors have four lanes at most. Four rows, as in DotKernel, would wait for their own sums.
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

    // Two rows share a vector: half as many loads and multiply-adds, and shuffles, which other units do. Two, three or four fours of rows, the last of which begins at a row of its own:
    // what it shares with the one before comes out twice. (A pass of few rows waits for its sums: one row more would cost a pass.)
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Pairs<TPairs>(nint steps, float* a, nint lda, nint last, float* b, float* c, bool accumulate)
        where TPairs : unmanaged
    {
        nint second = 2 * lda, third = 3 * lda, one = sizeof(TPairs) > 4 ? 4 : last, two = sizeof(TPairs) > 6 ? 8 : last;
        float* a1 = a + (one * lda), a2 = a + (two * lda), a3 = a + (last * lda);
        F32x8 sum0 = default, sum1 = default, sum2 = default, sum3 = default, sum4 = default, sum5 = default, sum6 = default, sum7 = default;
        if (accumulate)
        {
            (sum0, sum1, sum2, sum3) = (StartOfTwo(c), StartOfTwo(c + 2), StartOfTwo(c + one), StartOfTwo(c + one + 2));
            if (sizeof(TPairs) > 4)
                (sum4, sum5) = (StartOfTwo(c + two), StartOfTwo(c + two + 2));
            if (sizeof(TPairs) > 6)
                (sum6, sum7) = (StartOfTwo(c + last), StartOfTwo(c + last + 2));
        }

        for (; steps >= F32x8.Count; steps -= F32x8.Count)
        {
            F32x8 x = Fours.Twice(b), y = Fours.Twice(b + F32x4.Count);
            EightSteps(a, a + lda, x, y, ref sum0);
            EightSteps(a + second, a + third, x, y, ref sum1);
            EightSteps(a1, a1 + lda, x, y, ref sum2);
            EightSteps(a1 + second, a1 + third, x, y, ref sum3);
            a += F32x8.Count;
            a1 += F32x8.Count;
            if (sizeof(TPairs) > 4)
            {
                EightSteps(a2, a2 + lda, x, y, ref sum4);
                EightSteps(a2 + second, a2 + third, x, y, ref sum5);
                a2 += F32x8.Count;
            }

            if (sizeof(TPairs) > 6)
            {
                EightSteps(a3, a3 + lda, x, y, ref sum6);
                EightSteps(a3 + second, a3 + third, x, y, ref sum7);
                a3 += F32x8.Count;
            }

            b += F32x8.Count;
        }

        for (; steps > 0; steps -= F32x4.Count)
        {
            int count = (int)Math.Min(steps, F32x4.Count);
            F32x8 x = Fours.LoadPartial(b, b, count), reached = F32x8.LessThanInt(Fours.Of(F32x4.IndicesInt, F32x4.IndicesInt), F32x8.CreateInt(count));
            sum0 = RestOfTwo(a, a + lda, count, x, reached, sum0);
            sum1 = RestOfTwo(a + second, a + third, count, x, reached, sum1);
            sum2 = RestOfTwo(a1, a1 + lda, count, x, reached, sum2);
            sum3 = RestOfTwo(a1 + second, a1 + third, count, x, reached, sum3);
            a += F32x4.Count;
            a1 += F32x4.Count;
            if (sizeof(TPairs) > 4)
            {
                sum4 = RestOfTwo(a2, a2 + lda, count, x, reached, sum4);
                sum5 = RestOfTwo(a2 + second, a2 + third, count, x, reached, sum5);
                a2 += F32x4.Count;
            }

            if (sizeof(TPairs) > 6)
            {
                sum6 = RestOfTwo(a3, a3 + lda, count, x, reached, sum6);
                sum7 = RestOfTwo(a3 + second, a3 + third, count, x, reached, sum7);
                a3 += F32x4.Count;
            }

            b += F32x4.Count;
        }

        Fours.SumHalves(sum0, sum1, c);
        Fours.SumHalves(sum2, sum3, c + one);
        if (sizeof(TPairs) > 4)
            Fours.SumHalves(sum4, sum5, c + two);
        if (sizeof(TPairs) > 6)
            Fours.SumHalves(sum6, sum7, c + last);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void EightSteps(float* left, float* right, F32x8 x, F32x8 y, ref F32x8 sum)
    {
        F32x8 l = F32x8.Load(left), r = F32x8.Load(right);
        sum = F32x8.MultiplyAdd(Fours.Low(l, r), x, sum);
        sum = F32x8.MultiplyAdd(Fours.High(l, r), y, sum);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static F32x8 StartOfTwo(float* c) => Fours.LoadPartial(c, c + 1, 1);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static F32x8 RestOfTwo(float* left, float* right, int count, F32x8 x, F32x8 reached, F32x8 sum) =>
        F32x8.Select(reached, F32x8.MultiplyAdd(Fours.LoadPartial(left, right, count), x, sum), sum);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static F32x4 Start(float* c, bool accumulate) => accumulate ? F32x4.LoadPartial(c, 1) : F32x4.Create(0f);

    // A chain that k does not reach keeps what it holds.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static F32x4 Rest(float* a, int rest, F32x4 x, F32x4 reached, F32x4 sum) => F32x4.Select(reached, F32x4.MultiplyAdd(F32x4.LoadPartial(a, rest), x, sum), sum);
}
