using System.Runtime.CompilerServices;
using Backprop.Simd.Internal.Simd;

namespace Backprop.Simd.Internal.MatrixProduct;

/// <summary>C = A B^T of few columns and many rows, or of few rows and many columns: order A, the many are the lanes, four of their steps turned right before they are used.</summary>
/// <remarks>
/// So few do not pay for an operand that is turned as a whole, which <see cref="SwappedProduct"/> does. The turned steps stay in registers. (Zen 4, by half vectors, against a way through memory of up to four columns, and <see cref="SwappedProduct"/> beyond:
/// 17 x 472 x 3 34 to 48 GFLOP/s, 64 x 784 x 3 59 to 72, 266 x 385 x 1 21 to 30, 158 x 1214 x 5 64 to 78, 6 x 582 x 72 70 to 84, 6 x 1000 x 15 47 to 79; rows 2 and 4 KB apart, 64 x 512 x 4 53 to 75, 6 x 1024 x 256 69 to 83.
/// AVX2 there, 83 x 350 x 4 57 to 69, 1000 x 100 x 1 24 to 26, 158 x 1214 x 6 57 to 78, 6 x 582 x 72 60 to 78, 64 x 512 x 4 39 to 76. Eight columns in two parts: 158 x 1214 x 8 -20 %, AVX2 300 x 50 x 8 -23 %.)
/// </remarks>
internal static unsafe class TurnedRowsProduct
{
    private const int MaxColumns = 6;
    private const int MostColumnsOfAllGroups = 4;
    private const int MinSteps = 8;

    // Rows whose C^T, 4.6 KB of stack, is turned into C by one call: vector by vector 1000 x 16 x 4 took 13 % longer.
    private const int RowsAtOnce = 192;

    // Of a product that has another way without overhead: the first steps of a vector of rows cost about as much as eight rows.
    private const int MinStepsOfSmall = 12;
    private const int MinStepsTimesRowsOfSmall = 850;
    private const int RowsWorthStart = 8;

    // Groups of as many rows as there are lanes, whose sums and steps the registers hold; and rows in one set or two of the L1 cache no more than it has ways: each line of them is read four times.
    private static int GroupsAtOnce(nint columns, nint lda)
    {
        int most = (Tiers.HasThirtyTwoRegisters ? 3 : 2) - (columns <= MostColumnsOfAllGroups ? 0 : 1);
        return GemmBlocking.RowsClash(lda) ? 1
            : GemmBlocking.RowsClash(2 * lda) ? Math.Min(most, 2)
            : most;
    }

    /// <summary>Whether they fill vectors, or half vectors where there are such.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Takes<V>(in GemmArguments g, Block share, bool storesC)
        where V : struct, IVectorF32<V>
    {
        if (Math.Min(share.Rows, share.Columns) > MaxColumns || !storesC || !g.TransB || g.TransA || g.Alpha != 1 || g.K < MinSteps || !FourSteps.IsSupported<V>())
            return false;
        int lanes = Tiers.HasHalf<V>() ? V.Count / 2 : V.Count;
        return Math.Max(share.Rows, share.Columns) >= lanes;
    }

    /// <summary>The same, for a product that <see cref="SmallProduct"/> would do. (133 x 30 x 1: 8.9 to 24 GFLOP/s, 16 x 40 x 6: 41 to 45, 20 x 12 x 1 and 16 x 16 x 4 -10 to -20 %.)</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TakesSmall<V>(in GemmArguments g)
        where V : struct, IVectorF32<V> =>
        g.K >= MinStepsOfSmall && g.K * (Math.Max(g.M, g.N) + RowsWorthStart) >= MinStepsTimesRowsOfSmall && TakesWhole<V>(in g);

    // Apart: smaller products ask and have no use for the answer.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static bool TakesWhole<V>(in GemmArguments g)
        where V : struct, IVectorF32<V> => Takes<V>(in g, new Block(0, g.M, 0, g.N), storesC: true);

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public static void Run<V, R, TEpilogue>(in GemmArguments g, ref TEpilogue epilogue, Block share)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
        where TEpilogue : struct, IEpilogue
    {
        float* c = g.C + (share.Row * g.Ldc) + share.Column, a = g.A + (share.Row * g.Lda), b = g.B + (share.Column * g.Ldb);
        bool accumulate = TileRows.Begin<V>(g.Beta, c, g.Ldc, share.Rows, share.Columns);
        if (share.Columns <= MaxColumns)
            RowsAsLanes<V, R>(in g, share.Rows, share.Columns, a, b, c, accumulate);
        else
            Lanes<V, R>(share.Columns, share.Rows, g.K, b, g.Ldb, a, g.Lda, c, g.Ldc, accumulate);
        TileRows.Finish<V, TEpilogue>(ref epilogue, c, g.Ldc, share.Row, share.Column, share.Rows, share.Columns);
    }

    private static void RowsAsLanes<V, R>(in GemmArguments g, nint allRows, nint columns, float* a, float* b, float* c, bool accumulate)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
    {
        if (columns == 1 && g.Ldc == 1)
        {
            // Its own transpose.
            Lanes<V, R>(allRows, columns, g.K, a, g.Lda, b, g.Ldb, c, allRows, accumulate);
            return;
        }

        // Whole cache lines: a vector across two would be stored and loaded twice as long.
        float* memory = stackalloc float[(MaxColumns * RowsAtOnce) + GemmBlocking.CacheLineFloats];
        float* sums = memory + GemmBlocking.HeadOf(memory);
        EvenParts parts = new(allRows, RowsAtOnce);
        for (nint part = 0, rows; part < parts.Count; part++, a += rows * g.Lda, c += rows * g.Ldc)
        {
            rows = parts.SizeOf(part);
            if (accumulate)
                Packing.Transposed<V>(c, g.Ldc, columns, rows, sums, RowsAtOnce);
            Lanes<V, R>(rows, columns, g.K, a, g.Lda, b, g.Ldb, sums, RowsAtOnce, accumulate);
            Packing.Transposed<V>(sums, RowsAtOnce, rows, columns, c, g.Ldc);
        }
    }

    /// <summary>sums[j * pitch + i] = the sum of row i of A and row j of B, from what stands there or from +0.</summary>
    private static void Lanes<V, R>(nint allRows, nint columns, nint k, float* a, nint lda, float* b, nint ldb, float* sums, nint pitch, bool accumulate)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
    {
        nint most = GroupsAtOnce(columns, lda) * V.Count;
        for (nint left = allRows, rows; left > 0; left -= rows, a += rows * lda, sums += rows)
        {
            // Whole vectors, as even as they go; what is left for the last ones fills at least one, which may share rows with the one before. One at a time comes back to finished rows, if their sums begin with +0 again.
            nint parts = (left + most - 1) / most, size = (((left + parts - 1) / parts) + V.Count - 1) / V.Count * V.Count;
            rows = left <= size ? left
                : most == V.Count && !accumulate ? V.Count
                : left < 2 * V.Count ? left
                : Math.Min(size, left - V.Count);
            nint back = Math.Max(V.Count - rows, 0), last = rows + back - V.Count;
            float* first = a - (back * lda), firstSums = sums - back;
            if (last > V.Count)
                Columns<V, R, N3>((int)columns, k, first, last, lda, b, ldb, firstSums, pitch, accumulate);
            else if (last > 0)
                Columns<V, R, N2>((int)columns, k, first, last, lda, b, ldb, firstSums, pitch, accumulate);
            else
                Columns<V, R, N1>((int)columns, k, first, last, lda, b, ldb, firstSums, pitch, accumulate);
        }
    }

    private static void Columns<V, R, TGroups>(int columns, nint k, float* a, nint last, nint lda, float* b, nint ldb, float* sums, nint pitch, bool accumulate)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
        where TGroups : unmanaged
    {
        switch (columns)
        {
            case 1:
                Rows<V, R, TGroups, N1>(k, a, last, lda, b, ldb, sums, pitch, accumulate);
                break;
            case 2:
                Rows<V, R, TGroups, N2>(k, a, last, lda, b, ldb, sums, pitch, accumulate);
                break;
            case 3:
                Rows<V, R, TGroups, N3>(k, a, last, lda, b, ldb, sums, pitch, accumulate);
                break;
            case 4:
                Rows<V, R, TGroups, N4>(k, a, last, lda, b, ldb, sums, pitch, accumulate);
                break;
            case 5:
                Rows<V, R, TGroups, N5>(k, a, last, lda, b, ldb, sums, pitch, accumulate);
                break;
            case 6:
                Rows<V, R, TGroups, N6>(k, a, last, lda, b, ldb, sums, pitch, accumulate);
                break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Rows<V, R, TGroups, TColumns>(nint k, float* a, nint last, nint lda, float* b, nint ldb, float* sums, nint pitch, bool accumulate)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
        where TGroups : unmanaged
        where TColumns : unmanaged
    {
        float* lastA = a + (last * lda);
        RowOfVectors<V, R, TGroups> c0 = default, c1 = default, c2 = default, c3 = default, c4 = default, c5 = default;
        if (accumulate)
        {
            c0.Load(sums, 0, last);
            if (sizeof(TColumns) > 1)
                c1.Load(sums + pitch, 0, last);
            if (sizeof(TColumns) > 2)
                c2.Load(sums + (2 * pitch), 0, last);
            if (sizeof(TColumns) > 3)
                c3.Load(sums + (3 * pitch), 0, last);
            if (sizeof(TColumns) > 4)
                c4.Load(sums + (4 * pitch), 0, last);
            if (sizeof(TColumns) > 5)
                c5.Load(sums + (5 * pitch), 0, last);
        }

        float* b1 = b + ldb, b2 = b1 + ldb, b3 = b2 + ldb, b4 = b3 + ldb, b5 = b4 + ldb;
        RowOfVectors<V, R, TGroups> s0, s1, s2, s3;
        nint step = 0;
        for (; step <= k - 4; step += 4)
        {
            RowOfVectors<V, R, TGroups>.Turn(a + step, lastA + step, lda, out s0, out s1, out s2, out s3);
            Step<V, R, TGroups, TColumns>(step, in s0, b, b1, b2, b3, b4, b5, ref c0, ref c1, ref c2, ref c3, ref c4, ref c5);
            Step<V, R, TGroups, TColumns>(step + 1, in s1, b, b1, b2, b3, b4, b5, ref c0, ref c1, ref c2, ref c3, ref c4, ref c5);
            Step<V, R, TGroups, TColumns>(step + 2, in s2, b, b1, b2, b3, b4, b5, ref c0, ref c1, ref c2, ref c3, ref c4, ref c5);
            Step<V, R, TGroups, TColumns>(step + 3, in s3, b, b1, b2, b3, b4, b5, ref c0, ref c1, ref c2, ref c3, ref c4, ref c5);
        }

        nint left = k - step;
        if (left > 0)
        {
            // The last four, of which the first ones are done.
            step = k - 4;
            RowOfVectors<V, R, TGroups>.Turn(a + step, lastA + step, lda, out _, out s1, out s2, out s3);
            if (left > 2)
                Step<V, R, TGroups, TColumns>(step + 1, in s1, b, b1, b2, b3, b4, b5, ref c0, ref c1, ref c2, ref c3, ref c4, ref c5);
            if (left > 1)
                Step<V, R, TGroups, TColumns>(step + 2, in s2, b, b1, b2, b3, b4, b5, ref c0, ref c1, ref c2, ref c3, ref c4, ref c5);
            Step<V, R, TGroups, TColumns>(step + 3, in s3, b, b1, b2, b3, b4, b5, ref c0, ref c1, ref c2, ref c3, ref c4, ref c5);
        }

        c0.Store(sums, 0, last);
        if (sizeof(TColumns) > 1)
            c1.Store(sums + pitch, 0, last);
        if (sizeof(TColumns) > 2)
            c2.Store(sums + (2 * pitch), 0, last);
        if (sizeof(TColumns) > 3)
            c3.Store(sums + (3 * pitch), 0, last);
        if (sizeof(TColumns) > 4)
            c4.Store(sums + (4 * pitch), 0, last);
        if (sizeof(TColumns) > 5)
            c5.Store(sums + (5 * pitch), 0, last);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Step<V, R, TGroups, TColumns>(nint step, in RowOfVectors<V, R, TGroups> x, float* b, float* b1, float* b2, float* b3, float* b4, float* b5,
        ref RowOfVectors<V, R, TGroups> c0, ref RowOfVectors<V, R, TGroups> c1, ref RowOfVectors<V, R, TGroups> c2, ref RowOfVectors<V, R, TGroups> c3, ref RowOfVectors<V, R, TGroups> c4, ref RowOfVectors<V, R, TGroups> c5)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
        where TGroups : unmanaged
        where TColumns : unmanaged
    {
        c0.MultiplyAdd(b[step], in x);
        if (sizeof(TColumns) > 1)
            c1.MultiplyAdd(b1[step], in x);
        if (sizeof(TColumns) > 2)
            c2.MultiplyAdd(b2[step], in x);
        if (sizeof(TColumns) > 3)
            c3.MultiplyAdd(b3[step], in x);
        if (sizeof(TColumns) > 4)
            c4.MultiplyAdd(b4[step], in x);
        if (sizeof(TColumns) > 5)
            c5.MultiplyAdd(b5[step], in x);
    }
}
