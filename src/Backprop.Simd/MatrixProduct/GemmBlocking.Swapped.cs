using System.Runtime.CompilerServices;
using Backprop.Simd.Internal.Simd;

namespace Backprop.Simd.Internal.MatrixProduct;

/// <summary>When <see cref="SwappedProduct"/> computes a product, and in which parts.</summary>
internal static partial class GemmBlocking
{
    private const int FloatsOfSwappedRows = 64 * 1024;
    private const int MaxRowsPerSwap = 128;
    private const int MaxSwappedSums = 8 * 1024;
    private const int SwappedColumnsOfFewRows = 112;
    private const int MinSwappedSteps = 64;
    private const int StepsWorthSwapping = 16;
    private const int StepsWorthTurningInTile = 64;
    private const int LanesPerPackedElement = 6;
    private const int LanesPerTurnedElement = 4;
    private const int LanesPerSwappedRow = 2;
    private const int LanesPerPart = 64;
    private const int LanesPerHalfPart = 96;
    private const int LanesPerPartApart = 2048;
    private const int LanesPerCopiedRow = 72;
    private const int LanesOfHalfVector = 11;
    private const int LanesOfThreeHalves = 27;

    // With sixteen registers more rows are better left as they are: A is read out of the L2 cache once for each two vectors of lanes, and 49 to 56 rows take a third pass for the last one.
    // (AVX2 on Zen 3, beside a neighbour, 53 x 452 x 4820 dY W^T: 41 to 56 GFLOP/s, 112 x 784 x 1000 63 to 77, 96 x 256 x 512 +8 %, 90 x 200 x 130 +4 %; 64 x 784 x 1000 would lose 5 %, 40 x 1500 x 3000 30 %.)
    private const int MostRowsAsLanes = 64;
    private const int RowsOfThreePasses = 48;

    /// <summary>A B^T of at most so many columns uses each part of a swapped A out of the L1 cache. (40 x 3 x 1000: 29 to 34 GFLOP/s, 6 x 3 x 200: +30 %; 17 columns -8 %.)</summary>
    private const int ColumnsOfPartsOfA = 8;

    // Two to four columns are few chains: four vectors of rows run beside each other. (Zen 4, 174 x 2 x 466 dY W^T: 27 to 32 GFLOP/s, 30 x 2 x 300 24 to 28, 100 x 3 x 300 +2 to +4 %; one column, whose tile turns A on the way, 0 to -8 %.)
    private const int ColumnsOfFourVectors = 4;

    /// <summary>
    /// Whether C is computed as C^T = op(B)^T op(A)^T: counted in lanes of multiply-adds a step of k, with what packing takes and what lies idle. (Zen 4, 16 x 784 x 128 dY W^T: 82 to
    /// 106 GFLOP/s, 64 x 17 x 256: 54 to 83, 500 x 2 x 1000: 14 to 28.) A thread's share of many columns is not: scratch is reserved for the whole product.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Swaps<V>(in GemmArguments g, Block share)
        where V : struct, IVectorF32<V> =>
        g.TransB ? SwapsTransposed<V>(in g, share)
        : g.N <= SwappedColumnsOfFewRows && LanesOfRow<V>(share.Columns) > share.Columns + LanesPerSwappedRow && g.K >= StepsWorthSwapping && share.Rows >= V.Count && SwapsPlain<V>(in g, share);

    private static bool SwapsTransposed<V>(in GemmArguments g, Block share)
        where V : struct, IVectorF32<V>
    {
        if (g.TransA || V.Count * g.K > FloatsOfSwappedRows)
            return false;
        nint rows = share.Rows, columns = share.Columns;
        if (!Tiers.HasThirtyTwoRegisters && columns > rows && (rows > MostRowsAsLanes || (rows > RowsOfThreePasses && rows <= RowsOfThreePasses + 8)))
            return false;
        // Columns that fill neither go through a copy of C.
        nint copied = columns >= V.Count || columns == V.Count / 2 ? 0 : LanesPerCopiedRow * rows / g.K;
        nint direct = (rows * LanesThatHold<V>(columns)) + (LanesPerPackedElement * columns) + copied;
        nint swapped = (columns * LanesThatHold<V>(rows)) + (LanesPerPackedElement * (rows + (2 * rows * columns / g.K)));
        return swapped < direct;
    }

    /// <summary>
    /// The same for B as it lies, whose last columns leave lanes idle. A that lies row after row has to be turned, which pays at 512 bits; A^T is read in place.
    /// (Zen 4, 64 x 256 x 17: 75 to 91 GFLOP/s, X^T dY 73 to 111, 128 x 64 x 20 X^T dY 85 to 104; AVX2, X^T dY whose A^T the first caches hold: 0 to +25 %.)
    /// </summary>
    private static bool SwapsPlain<V>(in GemmArguments g, Block share)
        where V : struct, IVectorF32<V>
    {
        nint rows = share.Rows, columns = share.Columns;
        if (columns <= SummationOrders.FourChainsColumns || V.Count * g.K > FloatsOfSwappedRows || (V.Count < CacheLineFloats && (!g.TransA || g.K * g.Lda > FloatsOfFirstCache || g.K * (g.Lda & -g.Lda) > FloatsOfFirstCache / 4)))
            return false;
        nint rest = RowsNotSwapped<V>(in g, share), swapped = rows - rest, lanes = columns * ((swapped + V.Count - 1) / V.Count * V.Count);
        // What it costs to store a part of a vector apart is known for A^T alone.
        nint part = !g.TransA ? 0 : columns % V.Count <= V.Count / 2 && CpuModel.SplitsWideVectors ? LanesPerHalfPart : LanesPerPart, row = (LanesOfRow<V>(columns) * g.K) + part;
        nint turned = (lanes + (swapped * (g.TransA ? LanesPerSwappedRow : LanesPerSwappedRow + LanesPerTurnedElement))) * g.K;
        return turned + (rest * row) + (LanesPerPackedElement * swapped * columns) + (rest > 0 ? LanesPerPartApart : 0) < rows * row;
    }

    /// <summary>Rows beyond whole vectors that are computed as rows, if they would leave more lanes idle than their columns do.</summary>
    public static nint RowsNotSwapped<V>(in GemmArguments g, Block share)
        where V : struct, IVectorF32<V>
    {
        nint rest = share.Rows % V.Count;
        return !g.TransB && rest * LanesOfRow<V>(share.Columns) < share.Columns * V.Count ? rest : 0;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static nint LanesOfRow<V>(nint columns)
        where V : struct, IVectorF32<V>
    {
        nint whole = columns / V.Count * V.Count;
        if (HasThreeHalves<V>(columns))
            return LanesOfThreeHalves;
        return whole + LanesThatHold<V>(columns - whole);
    }

    /// <summary>Lanes, or what takes as long as so many: half a vector has as many loads to wait for as a whole one, and three halves have more than two whole ones.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static nint LanesThatHold<V>(nint count)
        where V : struct, IVectorF32<V> =>
        HasThreeHalves<V>(count) ? LanesOfThreeHalves
        : count > 0 && count <= V.Count / 2 && Tiers.HasHalf<V>() && CpuModel.SplitsWideVectors ? LanesOfHalfVector : (count + V.Count - 1) / V.Count * V.Count;

    /// <summary>Steps of A that are packed at a time: of few columns, or few rows, each part of A is used at once, out of the L1 cache; for more of them all of it is kept.</summary>
    public static nint SwappedSteps<V>(in GemmArguments g, Block share, nint width, nint columnsAtOnce)
        where V : struct, IVectorF32<V> =>
        share.Columns <= ColumnsOfPartsOfA || (width == V.Count && share.Columns <= columnsAtOnce) ? Math.Min(Math.Max(FloatsOfFirstCache / 4 / width, MinSwappedSteps), g.K) : g.K;

    /// <summary>
    /// Whether the first tile of C^T turns A on the way: shuffles of half vectors pass beside its multiply-adds. (Zen 4, 64 x 17 x 256 dY W^T: 92 to 96.5 GFLOP/s, 64 x 33 x 200 101 to 105, 96 x 40 x 512 103 to 109, 64 x 256 x 17 91 to 96.5; of 60 steps -4 %.)
    /// Panels of B^T, which more tiles share, gain 0 to 2 % and lose as much.
    /// </summary>
    public static bool TurnsInTile<V>(in GemmArguments g, nint width, nint rows, nint steps)
        where V : struct, IVectorF32<V> =>
        HasSixteenLanes<V>() && !g.TransA && g.Alpha == 1 && width == V.Count && rows == V.Count && steps >= StepsWorthTurningInTile && TransposesHalfVectors<V>(steps);

    /// <summary>Where tiles may turn rows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool HasSixteenLanes<V>()
        where V : struct, IVectorF32<V> => V.Count == CacheLineFloats && FourSteps.IsSupported<V>();

    /// <summary>Rows of A that are packed at a time: whole vectors, blocks of nearly equal size.</summary>
    public static nint SwappedRows<V>(in GemmArguments g, Block share)
        where V : struct, IVectorF32<V>
    {
        nint rows = share.Rows, steps = g.K;
        if (!g.TransA && V.Count == CacheLineFloats && CpuModel.SplitsWideVectors && share.Columns <= SwappedColumnsOfFewRows && rows > V.Count && rows * steps > FloatsOfFirstCache / 4)
            return share.Columns is > 1 and <= ColumnsOfFourVectors ? 4 * V.Count : V.Count;
        int floats = FloatsOfRowsAtOnce(steps);
        if (rows <= MaxRowsPerSwap && rows * steps <= floats)
            return rows;
        nint most = Math.Min(MaxRowsPerSwap, floats / steps / V.Count * V.Count), blocks = (rows + most - 1) / most;
        return (((rows + blocks - 1) / blocks) + V.Count - 1) / V.Count * V.Count;
    }

    /// <summary>Columns of C that are computed as rows of C^T at a time: whole tiles of 14 or 6 rows, whole vectors; together half of the first cache.</summary>
    public static nint SwappedColumns(nint width) => width <= MaxSwappedSums / SwappedColumnsOfFewRows ? SwappedColumnsOfFewRows : SwappedColumnsOfFewRows / 2;

    // Half of an L2 cache of 1 MB, where less would be a vector or two of rows: B is read once for each of these blocks. (256 x 4096 x 4096: 102 to 108 GFLOP/s, 128 x 2000 x 2000 +1 to +3 %; of 1,024 steps -1 %.)
    private static int FloatsOfRowsAtOnce(nint steps) => steps > StepsPerBlock && Tiers.HasThirtyTwoRegisters ? 2 * FloatsOfSwappedRows : FloatsOfSwappedRows;

    // A^T, C^T and, where no C is stored, its rows.
    private static int SwappedFloats(bool transA, bool transB, int m, int n, int k) =>
        transB ? transA ? 0 : checked((int)Math.Min((long)(m + MaxLanes) * k, FloatsOfRowsAtOnce(k) + ((long)MaxLanes * k)) + (2 * (MaxSwappedSums + (SwappedColumnsOfFewRows * MaxLanes))))
        : n > SwappedColumnsOfFewRows || k < StepsWorthSwapping ? 0 : SwappedFloats(transA: false, transB: true, m, n, k);
}
