using Backprop.Simd.Internal.Simd;

namespace Backprop.Simd.Internal.MatrixProduct;

/// <summary>Sizes of tiles and blocks. They move the clock, never the bits.</summary>
internal static class GemmBlocking
{
    /// <summary>KC: at most so many steps of k in one block; a k up to here is one block, and C is read and written once.</summary>
    public const int StepsPerBlock = 800;

    /// <summary>MC: at most so many rows in one block. MC x KC floats of A stay in the L2 cache while the panels of B pass.</summary>
    public const int RowsPerBlock = 256;

    /// <summary>A product of at most so many steps is limited by writing C.</summary>
    public const int FewSteps = 16;

    /// <summary>Columns that few rows are computed in at a time: C stays in the L1 cache.</summary>
    public const int FewRowsColumns = 2048;

    /// <summary>Steps of a narrow B that are copied into vectors of whole cache lines, 16 KB of them, if many rows read them.</summary>
    public const int PackedSteps = 256;
    public const int RowsWorthPacking = 64;

    public const int CacheLineFloats = 16;

    private const int FloatsOfFirstCache = 16 * 1024;
    private const int FloatsOfSecondCache = 256 * 1024;
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

    /// <summary>
    /// Whether panels of B are packed although they could be read in place: from beyond the L2 cache, for many tiles, and if a row of a panel is less than two
    /// cache lines. (Two neighbours come from farther caches fast enough; packing costs the 16-lane tile 2 to 4 %.)
    /// </summary>
    public static bool PacksB<V>(nint rowTiles, nint steps, nint ldb)
        where V : struct, IVectorF32<V> =>
        TileKernel.MaxVectors * V.Count < 2 * CacheLineFloats && rowTiles >= TilesWorthPacking && steps * ldb > FloatsOfSecondCache;

    /// <summary>Whether A is copied although it could be read in place: rows a multiple of 4 KB apart fall into the same few sets of the caches.</summary>
    public static bool CopiesA(in GemmArguments g) => g.N >= ColumnsWorthCopying && g.Lda % FloatsOfCacheSet == 0;

    /// <summary>The floats of packing space that one thread needs for a product whose epilogue stores C or does not.</summary>
    public static int ScratchFloats(in GemmArguments g, SummationOrder order, bool storesC = true) => order switch
    {
        SummationOrder.Chain => checked(PanelFloats(g.K, storesC) + (g.Alpha != 1 || CopiesA(in g) ? CopyFloats(g.M, g.K, storesC) : 0)),
        _ when g.Alpha == 1 => 0,
        SummationOrder.FourChains => checked(Math.Min(g.M, FourChainKernel.MaxRows) * g.K),
        _ => checked(g.M * g.K),
    };

    /// <summary>The same for alpha = 1, rows without gaps and any number of rows up to m.</summary>
    public static int ScratchFloats(bool transA, bool transB, int m, int n, int k, bool storesC = true) =>
        SummationOrders.Of(transA, transB, m, n) != SummationOrder.Chain ? 0
        : checked(PanelFloats(k, storesC) + (n >= ColumnsWorthCopying && (transA ? m : k) >= FloatsOfCacheSet ? CopyFloats(m, k, storesC) : 0));

    /// <summary>The floats of one panel of B.</summary>
    public static int PanelFloats(int k, bool storesC) => checked(Steps(k, storesC) * TileKernel.MaxVectors * MaxLanes);

    private static int CopyFloats(int m, int k, bool storesC) => checked((Math.Min(m, RowsPerBlock) + CacheLineFloats) * (Steps(k, storesC) + CacheLineFloats));

    private static int Steps(int k, bool storesC) => storesC ? Math.Min(k, StepsPerBlock) : k;

    private static int MaxLanes => Math.Max(16, System.Numerics.Vector<float>.Count);
}
