using Backprop.Simd.Internal.Simd;

namespace Backprop.Simd.Internal.MatrixProduct;

/// <summary>Sizes of tiles and blocks. They move the clock, never the bits.</summary>
internal static class GemmBlocking
{
    /// <summary>KC: at most so many steps of k in one block; a k up to here is one block, and C is read and written once.</summary>
    public const int StepsPerBlock = 800;

    /// <summary>MC: at most so many rows in one block. MC x KC floats of A stay in the L2 cache while the panels of B pass.</summary>
    public const int RowsPerBlock = 256;

    /// <summary>Floats of packed panels of B that may be kept for several blocks of rows: 13 MB of the L3 cache.</summary>
    private const int KeptFloats = 4096 * StepsPerBlock;

    /// <summary>Rows that a product of few steps writes at a time.</summary>
    public const int RowsOfFewSteps = 2;

    /// <summary>Columns that few rows are computed in at a time: C stays in the L1 cache.</summary>
    public const int FewRowsColumns = 2048;

    /// <summary>Steps of a narrow B that are copied into vectors of whole cache lines, 16 KB of them, if many rows read them.</summary>
    public const int PackedSteps = 256;
    public const int RowsWorthPacking = 64;

    public const int CacheLineFloats = 16;

    // Blocks of a k beyond StepsPerBlock: smaller ones, since C is read again anyway, leave the L2 cache to A.
    private const int StepsOfManyBlocks = 512;

    // A product of at most so many steps is limited by writing C; of so many, if C is beyond the L2 cache.
    private const int FewSteps = 16;
    private const int FewStepsOfLargeC = 64;

    private const int FloatsOfFirstCache = 16 * 1024;
    private const int FloatsOfSecondCache = 256 * 1024;
    private const int FloatsWorthPacking = 3 * FloatsOfSecondCache;
    private const int TilesWorthPacking = 8;
    private const int FloatsOfCacheSet = 1024;
    private const int ColumnsWorthCopying = 256;

    /// <summary>MR: rows of a tile. 2 MR sums, two vectors of B and a broadcast fill 31 of 32 registers, or 15 of 16.</summary>
    public static int TileRows<V>()
        where V : struct, IVectorF32<V> => Tiers.HasThirtyTwoRegisters ? 14 : 6;

    /// <summary>Rows of a tile of four chains.</summary>
    public static int FourChainRows => Tiers.HasThirtyTwoRegisters ? 6 : 3;

    /// <summary>Whether C has so few rows that reading B is what takes the time: from beyond the L1 cache for one row, from beyond the L2 cache for four.</summary>
    /// <remarks>Such a product adds to C many times: there must be one.</remarks>
    public static bool HasFewRows(in GemmArguments g, Block share, bool storesC) =>
        storesC && !g.TransB && share.Rows <= FewRowsKernel.MaxRows && g.K * share.Columns >= share.Rows * share.Rows * FloatsOfFirstCache;

    /// <summary>Whether few rows meet a B that the L2 cache holds: it is read in strips of a few cache lines; from beyond, only long rows come fast enough.</summary>
    public static bool ReadsStrips(in GemmArguments g, Block share) => share.Rows <= StripKernel.MaxRows && g.K * share.Columns <= FloatsOfSecondCache;

    /// <summary>Whether so few steps are added to a C beyond the L2 cache that writing it, row after row, is all that counts: 47 GFLOP/s instead of 23 for one step.</summary>
    public static bool HasFewSteps(in GemmArguments g, bool storesC) => storesC && !g.TransB && g.K <= FewStepsProduct.MaxSteps && IsLarge(g.M, g.N);

    /// <summary>Whether tiles follow one another along the rows of C, as memory likes it, and not down its columns, where a panel of B stays in the L1 cache.</summary>
    public static bool GoesAlongRows(in GemmArguments g, nint steps) => !g.TransB && steps <= (IsLarge(g.M, g.N) ? FewStepsOfLargeC : FewSteps);

    /// <summary>Blocks of k.</summary>
    public static nint StepBlocks(nint k) => k <= StepsPerBlock ? 1 : (k + StepsOfManyBlocks - 1) / StepsOfManyBlocks;

    /// <summary>
    /// Whether panels of B are packed although they could be read in place: for many tiles, if B comes from far beyond the L2 cache (+6 % at 1000, 3 % at 2000), or
    /// from beyond it and a row of a panel is less than two cache lines. (Two neighbours come fast enough; packing costs the 16-lane tile 2 to 4 %.)
    /// </summary>
    public static bool PacksB<V>(nint rowTiles, nint k, nint steps, nint ldb)
        where V : struct, IVectorF32<V> =>
        rowTiles >= TilesWorthPacking
        && (k * ldb >= FloatsWorthPacking || (TileKernel.MaxVectors * V.Count < 2 * CacheLineFloats && steps * ldb > FloatsOfSecondCache));

    /// <summary>
    /// Whether A is copied although it could be read in place: rows a multiple of 4 KB apart fall into the same few sets of the caches, and a large A^T would
    /// touch another page at every step.
    /// </summary>
    public static bool CopiesA(in GemmArguments g) =>
        g.N >= ColumnsWorthCopying && (g.Lda % FloatsOfCacheSet == 0 || (g.TransA && (nint)g.K * g.Lda >= FloatsWorthPacking));

    /// <summary>The floats of packing space that one thread needs for a product whose epilogue stores C or does not.</summary>
    public static int ScratchFloats(in GemmArguments g, SummationOrder order, bool storesC = true) => order switch
    {
        SummationOrder.Chain => checked(PanelFloats(g.N, g.K, RowBlocks(g.M), storesC) + (g.Alpha != 1 || CopiesA(in g) ? CopyFloats(g.M, g.K, storesC) : 0)),
        _ when g.Alpha == 1 => 0,
        SummationOrder.FourChains => checked(Math.Min(g.M, FourChainKernel.MaxRows) * g.K),
        _ => checked(g.M * g.K),
    };

    /// <summary>The same for alpha = 1, rows without gaps and any number of rows up to m.</summary>
    public static int ScratchFloats(bool transA, bool transB, int m, int n, int k, bool storesC = true) =>
        SummationOrders.Of(transA, transB, m, n) != SummationOrder.Chain ? 0
        : checked(PanelFloats(n, k, RowBlocks(m), storesC) + (n >= ColumnsWorthCopying && ((transA ? m : k) >= FloatsOfCacheSet || (transA && (nint)k * m >= FloatsWorthPacking)) ? CopyFloats(m, k, storesC) : 0));

    /// <summary>The floats of one panel of B, or, if more than one block of rows needs them, of all that are packed at a time.</summary>
    public static int PanelFloats(int n, int k, int rowBlocks, bool storesC)
    {
        int panel = TileKernel.MaxVectors * MaxLanes, steps = Steps(k, storesC);
        long kept = Math.Min((long)steps * (n + panel - 1), Math.Max(KeptFloats, (long)steps * panel));
        return checked(rowBlocks == 1 ? steps * panel : (int)kept);
    }

    private static int CopyFloats(int m, int k, bool storesC) => checked((Math.Min(m, RowsPerBlock) + CacheLineFloats) * (Steps(k, storesC) + CacheLineFloats));

    private static int Steps(int k, bool storesC) => storesC ? Math.Min(k, StepsPerBlock) : k;

    /// <summary>NC: at most so many columns in one block, whole panels.</summary>
    public static int ColumnsPerBlock(int k, bool storesC)
    {
        int panel = TileKernel.MaxVectors * MaxLanes;
        return Math.Max(KeptFloats / Steps(k, storesC) / panel, 1) * panel;
    }

    private static int RowBlocks(int m) => (m + RowsPerBlock - 1) / RowsPerBlock;

    private static bool IsLarge(nint m, nint n) => m * n >= FloatsOfSecondCache;

    private static int MaxLanes => Math.Max(16, System.Numerics.Vector<float>.Count);
}
