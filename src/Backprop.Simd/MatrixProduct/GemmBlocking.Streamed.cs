using System.Runtime.CompilerServices;
using Backprop.Simd.Internal.Simd;

namespace Backprop.Simd.Internal.MatrixProduct;

/// <summary>Which B is read by a few long rows at a time.</summary>
internal static partial class GemmBlocking
{
    /// <summary>Steps between a load and a store of C. (Of 6, 10 and 12 the geometric mean over seven shapes was 3 to 12 % lower, of 4 over five 22 %.)</summary>
    public const int StreamedSteps = 8;

    private const int RowsWorthStreaming = 16;
    private const int ClashingRowsWorthStreaming = 32;
    private const int ColumnsWorthStreaming = 512;
    private const int ColumnsWorthStreamingPerRow = 48;
    private const int ColumnsOfLongRows = 1000;
    private const int ColumnsStreamedAtOnce = 4096;

    /// <summary>
    /// Whether a B of long rows beyond the L2 cache, or of short ones that hardly stays in the L3 cache, meets so few rows of C that packing it, or reading it panel by panel, does not pay. With sixteen registers only.
    /// (AVX2 on Zen 3, beside a neighbour, 8 x 4096 x 4096: 12 to 28 GFLOP/s, 5 x 3000 x 3000 11 to 28, 8 x 4000 x 4000 19 to 28, 12 x 1501 x 1501 10 to 27, 12 x 60 x 40000 14 to 43, 4 x 1024 x 1024 27 to 40, 4 x 4000 x 4000 X^T dY 17 to 24; 16 x 2000 x 2000 -2 %, 20 x 2000 x 2000 would lose 10 %.
    /// Of 2 to 7 MB, out of memory, 8 x 512 x 2048 12 to 24, 8 x 1200 x 1200 17 to 23, 14 other shapes +53 % on average; out of an L3 cache that another virtual machine leaves alone, 8 x 512 x 2048 +45 %, 8 x 1200 x 1200 -11 %, 6 x 300 x 2000 -19 %, the others -17 to +47 %, +2 % on average;
    /// of rows of 600 to 800, 0 to +60 % and 0 to -20 %; 3 x 1000 x 1000 -12 %; 1 x 64 x 30000 would lose 16 %.) Where rows of B clash, panels are slower: 16 x 4096 x 4096 22 to 40, 28 x 2048 x 8192 28 to 41, 32 x 4096 x 4096 +25 %, 32 x 3072 x 3072 +3 %; 32 x 8192 x 1024, of short rows, would lose 8 %.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Streams(in GemmArguments g, Block share, bool storesC) =>
        (nint)g.N * g.K > FloatsWorthPacking && g.Alpha == 1 && share.Columns >= Math.Max(ColumnsWorthStreaming, ColumnsWorthStreamingPerRow * g.M) && Streams(g.TransB, g.M, g.N, g.K, g.Ldb, storesC);

    /// <summary>Columns that are computed at a time, in cache lines, so that C stays in the L2 cache. (2048: 16 x 4096 x 4096 -15 %.)</summary>
    public static EvenParts StreamedColumns(nint columns) => new(WholeLines(columns) / CacheLineFloats, ColumnsStreamedAtOnce / CacheLineFloats);

    /// <summary>Whether C, whose rows clash, is computed apart. (16 x 4096 x 4096: +25 %.)</summary>
    public static bool StreamsApart(nint ldc) => RowsClash(ldc);

    /// <summary>From one row of that C to the next: they spread over all sets.</summary>
    public static nint StreamedPitch(nint columns) => WholeLines(columns) + CacheLineFloats;

    private static bool Streams(bool transB, int m, int n, int k, nint ldb, bool storesC) =>
        !Tiers.HasThirtyTwoRegisters && storesC && !transB && m > StripKernel.MaxRows && m <= (RowsClash(ldb) ? ClashingRowsWorthStreaming : RowsWorthStreaming)
        && (nint)n * k > (n >= ColumnsOfLongRows || m == FewRowsKernel.MaxRows ? FloatsWorthPacking : FloatsOfFarB);

    private static int StreamedFloats(bool transB, int m, int n, int k, nint ldb, nint ldc, bool storesC) =>
        StreamsApart(ldc) && Streams(transB, m, n, k, ldb, storesC) ? m * (int)StreamedPitch(Math.Min(n, ColumnsStreamedAtOnce)) : 0;

    // For any number of rows up to m: most need the most.
    private static int StreamedFloats(bool transB, int m, int n, int k, bool storesC) =>
        StreamedFloats(transB, Math.Min(m, ClashingRowsWorthStreaming), n, k, n, n, storesC);
}
