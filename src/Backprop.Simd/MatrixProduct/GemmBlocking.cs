using System.Runtime.CompilerServices;
using Backprop.Simd.Internal.Simd;

namespace Backprop.Simd.Internal.MatrixProduct;

/// <summary>Sizes of tiles and blocks. They move the clock, never the bits.</summary>
internal static partial class GemmBlocking
{
    /// <summary>KC: at most so many steps of k in one block; a k up to here is one block, and C is read and written once.</summary>
    public const int StepsPerBlock = 1024;

    /// <summary>MC x KC: the floats of a block of A, half of the L2 cache, where they stay while the panels of B pass.</summary>
    private const int BlockFloats = 128 * 1024;

    private const int StepsOfFewRows = 512;
    private const int MinRowsPerBlock = 112;
    private const int MaxRowsPerBlock = 1024;

    /// <summary>Floats of packed panels of B that may be kept for several blocks of rows: 13 MB.</summary>
    private const int KeptFloats = 3200 * StepsPerBlock;

    private const int FloatsOfFewRows = 8192;

    public const int CacheLineFloats = 16;

    // With so few steps, writing C row after row wins over keeping a panel of B in the L1 cache. (32 x 64 x 64: +4 %, 64 x 1024 x 1024 X^T dY: +4 %.)
    private const int FewSteps = 64;
    private const int SumsOfLowTiles = 14;
    private const int StepsOfShortTiles = 256;
    private const int SumsWorthUpdating = 1 << 14;
    private const int ColumnsWorthUpdating = 112;
    private const int StepsOfWideTiles = 32;
    private const int RowsWorthWideTiles = 40;
    private const int RowsWorthWideLowTiles = 12;
    private const int RowsOfWideTiles = 6;
    private const int RowsOfTilesOfThree = 4;

    private const int StepsWorthTwoProducts = 192;
    private const int StepsWorthHalfQuads = 48;
    private const int SumsWorthRows = 256;
    private const int ColumnsWorthParts = 512;

    private const int FloatsOfWideB = 48 * 1024;
    private const int RowsWorthShallowBlocks = 48;
    private const int StepsWorthShallowBlocks = 24;
    private const int RowsWorthAligning = 96;
    private const int StepsWorthAligning = 20;
    private const int FloatsWorthAligning = 6 * 1024;
    private const int FloatsOfFirstCache = 16 * 1024;
    private const int FloatsWorthAskingForStrips = 80 * 1024;

    /// <summary>A C that the L1 cache holds until the epilogue has seen it.</summary>
    public const int SumsOfFirstCache = FloatsOfFirstCache / 2;

    internal const int FloatsOfSecondCache = 256 * 1024;
    private const int StepsWorthAsking = 600;
    private const int FloatsOfThirdCache = 4 * 1024 * 1024;
    private const int FloatsWorthPacking = 2 * FloatsOfSecondCache;
    private const int LanesWorthPacking = 7;
    private const int RowsWorthNarrowing = 16;
    public const int RowsWorthQuads = 12;
    private const int StepsWorthArranging = 20;
    private const int StepsWorthArrangingFullVectors = 128;
    private const int StepsOfTwoVectors = 512;
    private const int StepsWorthTurningLanes = 112;
    private const int ProductsWorthArranging = 1280;
    private const int ProductsWorthArrangingTall = 600;
    private const int ColumnsOfTall = 3;
    private const int StepsOfTurnedB = 64;
    private const int FewStepsOfTurnedB = 16;
    private const int FloatsOfTurnedB = 8192;
    private const int FloatsOfTurnedSquare = 3072;
    private const int MostColumnsAsRows = 14;
    private const int StepsOfChainsTogether = 256;
    private const int RowsWorthHalfVectors = 8;
    private const int ProductsWorthHalfVectors = 1000;
    private const int StepsUsedAtOnce = 15;
    private const int FloatsOfCacheSet = 1024;

    /// <summary>
    /// Tiles side by side over so many columns: NR is 2 vectors, or 3 if their number is odd, to leave no single one (+2 to 12 %), or, with 32 registers, divides by three, for fewer loads and stores (96 x 96 x 96: +2 %, 192: +1 %); with 32 registers 4 for few steps
    /// and many rows, where a tile of fewer sums is stored while the next one begins (8 x 784 x 128 X^T dY: +5 %; with more steps -1 to -4 %), for low tiles (64 x 64 x 64: +2 %), for rows that are one such tile (3 x 256 x 256: +14 %, 5 x 1024 x 1024: +45 %), and for panels that were
    /// packed from far, which then are read less often (1024 and 2048: +4 to 8 % while another machine is at the same caches, else 0). With 16 registers 3 for few rows, whose sums they hold (AVX2, 4 x 256 x 256: +16 %).
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TileColumns TilesOfColumns<V>(nint rows, nint columns, nint steps, bool packed, bool low = false)
        where V : struct, IVectorF32<V>
    {
        int vectors = (int)(((uint)columns + (uint)V.Count - 1) / (uint)V.Count);
        int widest = (vectors & 1) != 0 ? 3 : 2;
        if (!Tiers.HasThirtyTwoRegisters)
            widest = rows <= RowsOfTilesOfThree ? 3 : widest;
        else if (packed || (steps <= StepsOfWideTiles && rows >= RowsWorthWideTiles) || (low && rows >= RowsWorthWideLowTiles) || rows <= RowsOfWideTiles)
            widest = TileKernel.MaxVectors;
        else if (vectors % 3 == 0)
            widest = 3;
        return new(columns, vectors, V.Count, widest);
    }

    /// <summary>
    /// Tiles one below the other over so many rows: MR is at most 14 for 2 vectors, 8 for 3, 6 for 4, or 6 and 4 with 16 registers. 28 sums, 2 vectors of B and a broadcast
    /// fill 31 of 32 registers, 24, 4 and 1 29, 12, 2 and 1 15 of 16, and 12, 3 and 1 all. Low tiles have at most 14 sums.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static EvenParts TilesOfRows(nint rows, int width, bool low) =>
        new(rows, !Tiers.HasThirtyTwoRegisters ? TileKernel.SumsOfSixteenRegisters / Math.Max(width, 2) : low && rows > RowsOfWideTiles ? SumsOfLowTiles / width : width > 2 ? 24 / width : TileKernel.MaxRows);

    /// <summary>
    /// Whether few steps, whose sums are stored often, take low tiles: where a store of 512 bits takes two cycles, and some 14 of them in a row are all that passes beside the multiply-adds, 28 cost 55 cycles.
    /// (Zen 4, 64 x 64 x 64: 108 to 112 GFLOP/s, 64 x 17 x 256: 90 to 94, 256 x 6 x 64 dY W^T: 63 to 71.) They read B more often: half of the L1 cache must hold it (100 x 60 x 200: -4 %), and operands must not fall into few of its sets (256 x 64 x 512 X^T dY: -5 %).
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool HasLowTiles<V>(nint columns, nint steps, nint ldOfA, nint ldOfB)
        where V : struct, IVectorF32<V> =>
        steps <= FewSteps && V.Count == CacheLineFloats && CpuModel.SplitsWideVectors && columns * steps <= FloatsOfFirstCache / 2 && steps * (ldOfA & -ldOfA) <= FloatsOfFirstCache / 2 && steps * (ldOfB & -ldOfB) <= FloatsOfFirstCache / 2;

    /// <summary>
    /// Whether an update is applied to the sums of low tiles, since it is not to those of high ones (see <see cref="IEpilogue.SumsInRegisters"/>), which would be stored and loaded again.
    /// (Zen 4, a step of 784-512-512-10 SGD, batch 128, 3.75 to 3.70 ms, 1000-700-10 of 80 -4 %; 784-512-512-10 of 256 0, of 512 would lose 1 %.)
    /// </summary>
    public static bool UpdatesInLowTiles<V, TEpilogue>(nint steps)
        where V : struct, IVectorF32<V>
        where TEpilogue : struct, IEpilogue =>
        TEpilogue.HasArray && TEpilogue.SumsInRegisters >= SumsOfLowTiles && UpdatesInLowTiles<V>(steps);

    private static bool UpdatesInLowTiles<V>(nint steps)
        where V : struct, IVectorF32<V> => Tiers.HasThirtyTwoRegisters && V.Count == CacheLineFloats && steps <= StepsOfShortTiles;

    /// <summary>
    /// Whether plain SGD updates a weight as soon as its gradient A^T B is summed up, and not in a pass of its own: where the sums are in registers, and low tiles of enough weights.
    /// (Zen 4, steps of 40 random networks -2 %, of 17-256-256-6 of 64 258 to 254 us; 600-77-10 of 100 +3 %, with half vectors, whose sums are loaded again, -4 to +16 %, with AVX2 -1 to +32 %.)
    /// </summary>
    public static bool UpdatesInTiles<V>(in GemmArguments g)
        where V : struct, IVectorF32<V> => NeedsNoC<V>(in g, g.M) || ((nint)g.M * g.N >= SumsWorthUpdating && g.N >= ColumnsWorthUpdating && UpdatesInLowTiles<V>(g.K));

    /// <summary>Rows of a tile of four chains.</summary>
    public static int FourChainRows => Tiers.HasThirtyTwoRegisters ? 6 : 3;

    /// <summary>
    /// Whether C has so few rows that reading B is what takes the time: one and two rows always, four from beyond the L2 cache (2 x 100 x 128: 52 to 75 GFLOP/s), unless there are registers for tiles of them and rows of C clash
    /// with each other and with B (4 x 1024 x 1024: 31 to 36 GFLOP/s, in tiles 67 to 87; 4 x 784 x 1024 between 39 and 92, in tiles 87 to 89; AVX2 53 to 64, in tiles 46 to 53).
    /// </summary>
    /// <remarks>Such a product adds to C many times: there must be one.</remarks>
    public static bool HasFewRows(in GemmArguments g, Block share, bool storesC) =>
        storesC && !g.TransB && share.Rows <= FewRowsKernel.MaxRows && !Streams(in g, share, storesC)
        && (share.Rows <= 2 || (g.K * share.Columns >= share.Rows * share.Rows * FloatsOfFirstCache && !(RowsClash(g.Ldc) && Tiers.HasThirtyTwoRegisters)));

    /// <summary>Whether few rows meet a B that the L2 cache holds: it is read in strips of a few cache lines; from beyond, only long rows come fast enough.</summary>
    public static bool ReadsStrips(in GemmArguments g, Block share) => share.Rows <= StripKernel.MaxRows && g.K * share.Columns <= FloatsOfSecondCache;

    /// <summary>
    /// Whether strips ask for rows of a B that takes most of the L2 cache, or all, with sixteen registers. (AVX2 on Zen 3, medians, 1 x 784 x 128 34 to 38 GFLOP/s, 1 x 1000 x 100 23 to 26, 2 x 512 x 256 48 to 55, 2 x 1000 x 200 42 to 50;
    /// of smaller ones, 1 x 256 x 256 and 1 x 300 x 96, -6 to -10 %.)
    /// </summary>
    public static bool AsksForStrips(in GemmArguments g, Block share) => !Tiers.HasThirtyTwoRegisters && g.K * share.Columns >= FloatsWorthAskingForStrips;

    /// <summary>Columns that few rows are computed in at a time: C stays in the L1 cache, and rows of B are read in pieces as long as that allows. (1 x 4096 x 4096: 8.1 to 10.3 GFLOP/s, 2 x 1500 x 3000 +9 to +17 %.)</summary>
    public static nint FewRowsColumns(nint rows) => FloatsOfFewRows / rows / CacheLineFloats * CacheLineFloats;

    /// <summary>
    /// Columns that the first vector of two rows shares with the second one, so that those after it are loaded from one cache line each; none if all are anyway, or for one
    /// strip, which another vector would divide. (2 x 256 x 256: 83 to 91 GFLOP/s, 2 x 128 x 512: 80 to 93; one row -15 to +12 %.)
    /// </summary>
    public static unsafe nint ColumnsShared<V>(in GemmArguments g, Block share)
        where V : struct, IVectorF32<V>
    {
        nint head = FewRowsKernel.Head<V>(g.B + share.Column);
        return head == 0 || g.Ldb % V.Count != 0 || share.Rows == 1 || share.Columns <= StripKernel.Vectors(share.Rows) * V.Count ? 0 : V.Count - head;
    }

    /// <summary>
    /// Whether so few steps are added to a C that writing it, row after row, is all that counts. (20 x 500 of 2 steps: 48 to 66 GFLOP/s, 300 x 40 of 1: 22 to 29.) Below 512
    /// bits only a C beyond the L1 cache, and not short rows that begin inside a vector: some CPUs store a part of one slowly. (AVX2 on Zen 4, 784 x 128 of 2: 34 to 51, aligned 57 to 78 the other way.)
    /// </summary>
    public static unsafe bool HasFewSteps<V>(in GemmArguments g, bool storesC)
        where V : struct, IVectorF32<V>
    {
        if (!storesC || g.TransB || g.K > FewStepsProduct.MaxSteps)
            return false;
        nint sums = (nint)g.M * g.N;
        return V.Count == CacheLineFloats ? sums >= SumsWorthRows
            : sums >= FloatsOfFirstCache && (g.N >= ColumnsWorthParts || (g.Ldc % V.Count == 0 && (nint)g.C % (V.Count * sizeof(float)) == 0));
    }

    /// <summary>
    /// Whether B^T has so few steps that it is turned as a whole, so that C need not be written panel by panel. Few rows of A are better turned themselves, unless there is hardly a step.
    /// (Zen 4, 11 x 695 of 1: 12 to 30 GFLOP/s, 128 x 512 of 3: 50 to 91, 32 x 128 of 10: 69 to 77, of 20: 83 to 88, 32 x 32 of 32: 83 to 91; 64 x 64 of 64 -1 to -3 %; AVX2 7.8 to 27, 27 to 50, 63 to 80, 81 to 93; 17 x 128 of 64, which the L1 cache does not hold, -10 to -25 %.)
    /// </summary>
    public static bool TurnsB<V>(in GemmArguments g)
        where V : struct, IVectorF32<V> =>
        g.TransB && !g.TransA && g.Alpha == 1 && g.K <= StepsOfTurnedB && g.N > V.Count && g.N > SummationOrders.FourChainsColumns
        && (g.K <= FewStepsOfTurnedB ? g.K * PitchOfTurnedB<V>(g.N) <= FloatsOfTurnedB : g.K * PitchOfTurnedB<V>(g.N) <= (V.Count < CacheLineFloats || g.N >= 2 * g.K ? FloatsOfTurnedB / 2 : FloatsOfTurnedSquare) && !Swaps<V>(in g, new Block(0, g.M, 0, g.N)));

    /// <summary>Whole vectors, and not so many that rows clash in the L1 cache.</summary>
    public static int PitchOfTurnedB<V>(int n)
        where V : struct, IVectorF32<V>
    {
        int pitch = (n + V.Count - 1) / V.Count * V.Count;
        return pitch % (FloatsOfCacheSet / 2) == 0 ? pitch + V.Count : pitch;
    }

    /// <summary>Groups of 4 rows of C that are computed in one call, in a quarter of the first cache.</summary>
    public static nint GroupsOfFewSteps(nint columns) => Math.Max(FloatsOfFirstCache / 16 / columns, 1);

    /// <summary>Whether rows of B^T are read one after the other, not four at once: out of the L2 cache for one row of A. (1 x 128 x 784: +31 %; within the L1 cache -5 %, for two rows of A +12 to -8 %, from beyond -16 %.)</summary>
    public static bool ReadsInTurn(in GemmArguments g, Block share) =>
        share.Rows == 1 && (nint)g.N * g.K > FloatsOfFirstCache && (nint)g.N * g.K <= FloatsOfSecondCache;

    /// <summary>
    /// Whether rows of B^T are asked for before one or two rows of A need them: out of the L2 cache (from beyond it they come in order anyway), and if they begin inside a
    /// cache line, so that each vector waits for two. (1 x 128 x 784: +22 %, 2 x 256 x 256: +12 %; -5 % if they begin with one.) Long rows come in time by themselves. (AVX2 on Zen 3, beside a neighbour, without asking, one row of 500 steps -6 to -10 %, of 601 -2 to +8 %, 785 +10 to +15 %,
    /// 1349 +30 to +50 %, 3001 +55 %; two rows of 1001 -5 %, 1401 +10 %, 2001 +35 %.)
    /// </summary>
    public static unsafe bool AsksAhead(in GemmArguments g, Block share) =>
        share.Rows <= 2 && (nint)g.N * g.K <= FloatsOfSecondCache && (Tiers.HasThirtyTwoRegisters || g.K <= share.Rows * StepsWorthAsking) && ((nint)g.B % (CacheLineFloats * sizeof(float)) != 0 || g.Ldb % CacheLineFloats != 0);

    /// <summary>Whether several rows of A are copied to whole cache lines, for many rows of B: a load across two lines counts twice. (2 x 256 x 256: 75 to 81 GFLOP/s, 4 x 1024 x 1024: 86 to 101.)</summary>
    public static unsafe bool AlignsRowsOfA(in GemmArguments g, Block share) =>
        share.Rows > 1 && (nint)g.N * g.K > FloatsOfFirstCache && ((nint)g.A % (CacheLineFloats * sizeof(float)) != 0 || g.Lda % CacheLineFloats != 0);

    /// <summary>
    /// Whether the 16 lanes of one or two rows of A are turned so that rows of B, which all begin at the same place inside a cache line, are read by whole lines: a load across two counts twice. That takes another vector for each row.
    /// (Zen 4, rows that begin in the sixth float, 1 x 128 x 784: 44.5 to 47 GFLOP/s, 1 x 1024 x 1024 40.4 to 43, 1 x 512 x 16 31 to 41, 2 x 256 x 256 78 to 83, 2 x 512 x 300 72 to 91; 1 x 64 x 256 would lose 6 %, 2 x 80 x 200 15 %, 4 x 256 x 256 13 %.)
    /// </summary>
    public static unsafe bool TurnsLanes(in GemmArguments g, Block share) =>
        HeadOf(g.B) < CacheLineFloats && (nint)g.B % sizeof(float) == 0 && g.Ldb % CacheLineFloats == 0 && g.Beta == 0 && share.Rows <= 2 && g.K >= (share.Rows == 1 ? StepsWorthTurningLanes : 2 * StepsWorthTurningLanes) && share.Columns >= CacheLineFloats;

    /// <summary>Floats from the start of a row to the next cache line: 1 to 16.</summary>
    public static unsafe int HeadOf(float* row) => CacheLineFloats - ((int)((nint)row / sizeof(float)) & (CacheLineFloats - 1));

    /// <summary>So many floats in whole cache lines.</summary>
    public static nint WholeLines(nint floats) => (floats + CacheLineFloats - 1) / CacheLineFloats * CacheLineFloats;

    /// <summary>Whether B is so narrow and has so few steps that registers hold it for all rows of C, vector by vector if vectors are short. (AVX2, 1000 x 4 x 10: 8 to 32 GFLOP/s; of B^T, whose single chains are many, -5 to -25 %.)</summary>
    public static bool IsNarrow<V>(in GemmArguments g, Block share, bool storesC)
        where V : struct, IVectorF32<V> =>
        storesC && g.Alpha == 1 && g.K <= NarrowKernel.MaxSteps && share.Columns <= (g.TransB ? V.Count : Math.Max(V.Count, SummationOrders.FourChainsColumns)) && share.Rows >= RowsWorthNarrowing;

    /// <summary>
    /// Whether a narrow A B has so many rows and steps that packing B for them pays. (128 x 512 x 10: 103 to 172 GFLOP/s.) Vectors of columns leave few of 4 lanes
    /// idle, and fours of sums are many there. Where a multiply-add of 512 bits takes a cycle, what a row costs besides its steps counts twice. (Zen 4, 64 x 30 x 10: 24 to
    /// 45 GFLOP/s, 32 x 128 x 10: 48 to 58, 64 x 256 x 16: 89 to 100; AVX2, 64 x 30 x 8: 14 to 24.)
    /// </summary>
    public static bool FillsQuads<V>(in GemmArguments g, Block share)
        where V : struct, IVectorF32<V> =>
        V.Count >= 8 && !g.TransA && !g.TransB && share.Rows >= RowsWorthQuads && IsWorthArranging(in g, share) && HasStepsForQuads<V>(in g, share) && FourSteps.IsSupported<V>();

    /// <summary>
    /// Whether what fours of steps save pays for what they cost: as long as so many steps for each row, whose sums are folded, as many more where k fills no four, and for each
    /// step that of packing B, which many rows share. More than 12 columns leave nothing to save where vectors are split. (Zen 4, 100 rows of 10 columns, K = 20 -18 %, 32 -3 %, 64 +19 %, 66 +2 %; of 6 columns -14, -1, +19, +3 %; of 12 columns -28, -18, +2, -7 %;
    /// AVX2 there, of 10 columns, K = 20 +15 %, 22 -11 %, 50 +28 %, of 8 -15, -38, -16 %. AVX2 on Zen 3, 64 x 128 x 16 +7 to +9 %.)
    /// </summary>
    private static bool HasStepsForQuads<V>(in GemmArguments g, Block share)
        where V : struct, IVectorF32<V>
    {
        bool splits = CpuModel.SplitsWideVectors && Tiers.HasThirtyTwoRegisters;
        if (!splits && V.Count != 8)
            return true;
        if (splits && g.N > 12)
            return false;
        int stepsPerRow = splits ? (g.N <= 4 ? 8 : g.N <= 6 ? 26 : g.N <= 8 ? 60 : 36) : g.N <= 4 ? 0 : g.N <= 6 ? 20 : g.N <= 8 ? 40 : g.N <= 12 ? 8 : 80;
        int rest = g.K % QuadKernel.Steps == 0 ? 0 : g.N <= 2 ? 8 : g.N <= 4 ? 16 : 22;
        return share.Rows * (g.K - stepsPerRow - rest) >= (splits && g.N > 10 ? 15 : 8) * g.K;
    }

    /// <summary>Whether B^T is rearranged by half vectors, whose shuffles take half where wide ones are split. (64 x 64 x 64: +3 %, 24 x 64 x 64: +8 %; of few steps, whose panel is read as whole vectors while the halves are still on their way, -8 %.)</summary>
    public static bool TransposesHalfVectors<V>(nint steps)
        where V : struct, IVectorF32<V> => Tiers.HasHalf<V>() && CpuModel.SplitsWideVectors && steps > StepsUsedAtOnce;

    /// <summary>Whether half vectors do all of a product: where one or three hold all columns, or the rows that are lanes; fours of lanes, one for each column, if those fill them better and halves cost half, if none of four has to be permuted, or if one whole vector would be loaded for each multiply-add. (Zen 4, 20 x 128 x 8: 73 to 83 GFLOP/s, 128 x 256 x 4 78 to 99, 50 x 100 x 3 47 to 55; 40 x 20 x 3 -8 %.)</summary>
    public static bool FillsHalfVectors<V>(in GemmArguments g, Block share, SummationOrder order, bool storesC)
        where V : struct, IVectorF32<V>
    {
        if (!Tiers.HasHalf<V>() || order == SummationOrder.SixteenLanes)
            return false;
        if (order == SummationOrder.Chain && TurnedRowsProduct.Takes<V>(in g, share, storesC))
            return CpuModel.SplitsWideVectors || Math.Max(share.Rows, share.Columns) < V.Count;
        bool holdColumns = share.Columns <= V.Count / 2;
        if (IsNarrow<V>(in g, share, storesC))
            return holdColumns;
        if (order == SummationOrder.Chain)
            return Swaps<V>(in g, share) ? share.Rows <= V.Count / 2 || HasThreeHalves<V>(share.Rows) : holdColumns || HasThreeHalves<V>(share.Columns);
        return FillsQuads<V>(in g, share) ? CpuModel.SplitsWideVectors && ((share.Columns - 1) % 4 < 2 || share.Columns is 7 or 8 || (share.Columns <= 4 && g.K >= StepsWorthHalfQuads)) : holdColumns && !FillsLanes<V>(in g, share) && !(storesC && ColumnOfRows.TakesFour<V>(in g, share));
    }

    /// <summary>
    /// Whether A B^T whose rows, or columns, would leave a quarter of a vector idle or more takes half a vector of them and turns the rest on the way: where half a vector costs half.
    /// (Zen 4, 10 x 300 x 100: 67 to 82 GFLOP/s, 11 x 700 x 300 78 to 91, 12 x 700 x 300 85 to 91, 100 x 300 x 11 73 to 83; 158 x 1214 x 10 -4 %, 10 x 128 x 64 -8 %, 30 x 200 x 10 -8 %.)
    /// </summary>
    public static bool BeginsWithHalfVector<V>(in GemmArguments g, Block share, bool storesC)
        where V : struct, IVectorF32<V>
    {
        if (!Tiers.HasHalf<V>() || !CpuModel.SplitsWideVectors || g.K < StepsWorthTwoProducts)
            return false;
        nint lanes = V.Count / 2, few = Math.Min(share.Rows, share.Columns);
        return few > lanes + 1 && few <= 3 * V.Count / 4 && Math.Max(share.Rows, share.Columns) >= 3 * V.Count
            && TurnedRowsProduct.Takes<V>(in g, share.Rows == few ? share with { Rows = few - lanes } : share with { Columns = few - lanes }, storesC);
    }

    /// <summary>
    /// Whether three half vectors hold the columns, or the rows that are lanes, where two whole ones would take a third longer. (Zen 4, 64 x 32 x 24: 82 to 99 GFLOP/s, 128 x 50 x 20: 81 to 88, 64 x 20 x 24 dY W^T: 64 to 85,
    /// 24 x 256 x 784: 95 to 107; 64 x 32 x 20 dY W^T -3 %.)
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool HasThreeHalves<V>(nint columns)
        where V : struct, IVectorF32<V> =>
        columns > V.Count && columns <= 3 * V.Count / 2 && Tiers.HasHalf<V>() && CpuModel.SplitsWideVectors;

    /// <summary>Whether a narrow A^T B has so many rows that they fill vectors, and so many steps that transposing C pays. (128 x 512 x 10 X^T dY: 88 to 172 GFLOP/s.) Full vectors of columns leave nothing to win. (Zen 4, 64 x 128 x 16 X^T dY: 84 to 99.)</summary>
    public static bool FillsLanes<V>(in GemmArguments g, Block share)
        where V : struct, IVectorF32<V> =>
        g.TransA && !g.TransB && share.Rows >= V.Count && IsWorthArranging(in g, share) && !(g.N > MostColumnsAsRows && CpuModel.SplitsWideVectors && Tiers.HasThirtyTwoRegisters);

    /// <summary>
    /// Whether the chains of A^T B, whose rows of C are lanes, run at the same time in the registers: that saves their sums the way through memory, but reads a vector for each few multiply-adds, which the L1 cache must hold.
    /// (Zen 4, 64 x 32 x 10: 71 to 84 GFLOP/s, 256 x 128 x 10: 82 to 101, 784 x 64 x 10: 88 to 100; 600 x 300 x 8 -25 %, 512 x 128 x 10, whose rows clash, -9 %; AVX2 -40 %; elsewhere not measured.)
    /// </summary>
    public static bool RunsChainsTogether<V>(in GemmArguments g)
        where V : struct, IVectorF32<V> =>
        V.Count == CacheLineFloats && CpuModel.SplitsWideVectors && g.K <= StepsOfChainsTogether && (nint)g.K * g.Lda <= FloatsOfSecondCache / 4 && g.Lda % (FloatsOfCacheSet / 2) != 0;

    /// <summary>Whether so many rows and steps meet so few columns that even a small product is worth arranging. (64 x 32 x 1: 9 to 14 GFLOP/s, X^T dY 5 to 14; AVX2 2 to 4 times.)</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsTall(in GemmArguments g) => g.N <= ColumnsOfTall && !g.TransB && g.M >= CacheLineFloats && g.K >= StepsWorthArranging && (nint)g.M * g.K >= ProductsWorthArrangingTall;

    /// <summary>Whether A^T B of up to three columns, of which <see cref="SmallProduct"/> says that it may be, is computed as so many rows: with 16 registers two and three only if there are too few steps to arrange. (119 x 19 x 2 +70 %, 200 x 30 x 3 -27 %.)</summary>
    public static bool TurnsColumns<V>(in GemmArguments g, Block share)
        where V : struct, IVectorF32<V> => g.N > ColumnOfRows.MaxColumns ? ColumnOfRows.TakesFour<V>(in g, share) : g.N == 1 || ColumnOfRows.HoldsSeveral || !FillsLanes<V>(in g, share);

    // More than 12 columns leave few lanes of a vector of columns idle. With sixteen registers, whose sums are stored and loaded more often, that matters less.
    // (Zen 3, beside a neighbour, X^T dY, AVX2, 256 x 64 x 14: 25 to 40 GFLOP/s, 221 x 89 x 13 46 to 63, 33 x 100 x 14 +18 %; 128 bits, 128 x 256 x 16 14 to 31, 784 x 64 x 16 17 to 24; AVX2, 100 x 25 x 16 would lose 20 %.)
    private static bool IsWorthArranging(in GemmArguments g, Block share) =>
        g.K >= StepsOfColumnsWorthArranging(g.N) && share.Rows * g.K >= (g.N <= ColumnsOfTall ? ProductsWorthArrangingTall : ProductsWorthArranging);

    /// <summary>
    /// Whether four chains run one after the other, each over two vectors of columns: with sixteen registers of 8 lanes, that 13 columns fill well enough. (AVX2 on Zen 3, beside a neighbour, 64 x 784 x 16: 59 to 79 GFLOP/s, 89 x 221 x 15 43 to 66, 32 x 64 x 16 40 to 55, 128 x 256 x 14 +21 %,
    /// 784 x 64 x 16 X^T dY 50 to 59; 128 x 784 x 13 would lose 19 %, 128 x 256 x 12 5 %, 256 x 64 x 14 X^T dY 4 %, of fewer columns 35 %.)
    /// </summary>
    public static bool RunsChainsApart<V>(in GemmArguments g, Block share)
        where V : struct, IVectorF32<V> =>
        V.Count == 8 && !Tiers.HasThirtyTwoRegisters && !g.TransB && g.Alpha == 1 && g.K >= StepsWorthArranging && share.Rows >= RowsOfWideTiles
        && g.N >= (g.TransA || g.K > StepsOfTwoVectors ? 15 : 13);

    private static int StepsOfColumnsWorthArranging(int columns) =>
        columns <= 12 ? StepsWorthArranging
        : Tiers.HasThirtyTwoRegisters ? StepsWorthArrangingFullVectors
        : columns == SummationOrders.FourChainsColumns ? StepsWorthArrangingFullVectors / 2 : StepsWorthArranging;

    /// <summary>Whether rows, a multiple of 4 KB apart, fall into the same set of the L1 cache, which may have no more than 8 ways.</summary>
    public static bool RowsClash(nint ld) => ld % FloatsOfCacheSet == 0;

    /// <summary>Tiles of rows that clash. (16 x 1024 x 1024 dY W^T: 59 to 112 GFLOP/s, 784 x 1024 x 24: 50 to 108, 64 x 1024 x 200 87 to 114.)</summary>
    public static EvenParts LowTilesOfRows(nint rows, int width) => new(rows, Tiers.HasThirtyTwoRegisters ? width < 2 ? 7 : Math.Min(24 / width, 8) : TileKernel.SumsOfSixteenRegisters / Math.Max(width, 2));

    /// <summary>Tiles of rows of an A that is read in place or copied.</summary>
    public static EvenParts TilesOfRows(in GemmArguments g, nint rows, int width, bool low) =>
        !g.TransA && g.Alpha == 1 && RowsClash(g.Lda) ? LowTilesOfRows(rows, width) : TilesOfRows(rows, width, low);

    /// <summary>Whether the last columns go apart, in vectors of half the lanes: where 512-bit vectors are split, half a vector costs half, if there is enough of it. (37 x 101 x 53: 91 to 98 GFLOP/s; 30 x 10 x 20 -22 %.)</summary>
    public static bool EndsInHalfVector<V>(in GemmArguments g, Block share)
        where V : struct, IVectorF32<V> =>
        Tiers.HasHalf<V>() && CpuModel.SplitsWideVectors && (share.Rows * g.K >= ProductsWorthHalfVectors || (g.K <= NarrowKernel.MaxSteps && share.Rows >= RowsWorthNarrowing && share.Columns <= 2 * V.Count)) && share.Rows >= RowsWorthHalfVectors && share.Columns > V.Count && (share.Columns - 1) % V.Count < V.Count / 2;

    /// <summary>Whether C takes the time, and likes to be written row after row; with more steps, a panel of B in the L1 cache and C column after column is faster.</summary>
    public static bool IsShallow<V, TEpilogue>(in GemmArguments g, nint rows)
        where V : struct, IVectorF32<V>
        where TEpilogue : struct, IEpilogue =>
        !g.TransB && (TEpilogue.StoresC ? g.K <= FewSteps && !PanelsForFewSteps(g.TransA, g.M, g.N, g.K, storesC: true) : TEpilogue.SumsInRegisters >= SumsOfLowTiles && NeedsNoC<V>(in g, rows));

    /// <summary>Whether each sum of a shallow product is handed over once and out of a register, so that no C is needed at all: no two vectors share columns, and tiles are low.</summary>
    public static bool NeedsNoC<V>(in GemmArguments g, nint rows)
        where V : struct, IVectorF32<V> =>
        g.K <= FewSteps && g.N % V.Count == 0 && (!Tiers.HasThirtyTwoRegisters || (rows > RowsOfWideTiles && HasLowTiles<V>(g.N, g.K, g.TransA ? g.Lda : 1, g.Ldb)));

    /// <summary>
    /// Whether a shallow B is copied for many rows of C: its own rows, a multiple of 4 KB apart (2 KB for low tiles), fall into the same few sets of the L1 cache.
    /// (64 x 1024 x 1024 X^T dY: +5 %, with 8 lanes +60 %.)
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool CopiesShallowB<V>(nint rows, nint ldb)
        where V : struct, IVectorF32<V> => rows >= LanesWorthPacking * V.Count && ldb % (HasNarrowTiles<V>() ? FloatsOfCacheSet / 2 : FloatsOfCacheSet) == 0;

    /// <summary>
    /// Whether a shallow B whose rows do not begin with a vector is copied: half of the loads would be of two cache lines. Not for few rows, nor one that the L1 cache keeps.
    /// (AVX2 on Zen 3, beside a neighbour, X W 500 x 60 x 1001 51 to 66 GFLOP/s, 100 x 64 x 1001 49 to 57, 300 x 54 x 2001 78 to 86, X^T dY 784 x 300 of 32 60 to 64; 64 x 101 of 24 would lose 9 %.)
    /// </summary>
    public static bool AlignsShallowB<V>(in GemmArguments g, Block share)
        where V : struct, IVectorF32<V> =>
        !Tiers.HasThirtyTwoRegisters && share.Rows >= RowsWorthAligning && g.K >= StepsWorthAligning && g.K * share.Columns >= FloatsWorthAligning && !IsAligned<V>(in g);

    /// <summary>From one row of a copied B to the next: an odd number of cache lines, so that the rows spread over all sets.</summary>
    public static nint ShallowPitch(nint columns) => (((columns + MaxLanes - 1) / MaxLanes) | 1) * MaxLanes;

    /// <summary>
    /// Whether a shallow product is computed in blocks of rows and columns: low tiles would read a wide B out of the L2 cache, once for every few rows. Not if that cache cannot keep A, unless it cannot keep B either.
    /// (AVX2 on Zen 3, beside a neighbour, 128 x 64 x 1024: 64 to 70 GFLOP/s, 100 x 2048 of 64 X^T dY 54 to 68, 512 x 4096 of 64 X^T dY 48 to 58, 1024 x 1024 of 64 X^T dY +4 to +8 %; 3000 x 3000 of 17 X^T dY would lose 11 %, 40 x 30 x 1700 3 %, 4096 x 1024 of 64 X^T dY 0 to 6 %; some of these go to panels now.)
    /// </summary>
    public static bool BlocksShallow(in GemmArguments g, Block share) =>
        !Tiers.HasThirtyTwoRegisters && g.K >= StepsWorthShallowBlocks && share.Rows >= RowsWorthShallowBlocks && g.K * share.Columns >= FloatsOfWideB
        && (g.K * share.Rows <= BlockFloats / 2 || g.K * share.Columns >= 2 * FloatsOfWideB);

    /// <summary>
    /// Whether C, written once, is so large that no cache would keep it, and is not read before either. Not where its rows are multiples of 2 KB apart, which memory gets slowly this way.
    /// (AVX2 on Zen 3, beside a neighbour, 4000 x 4000 of 32 X^T dY 53 to 71 GFLOP/s, 2000 x 6000 of 24 42 to 57, X W 49 to 63, 4000 x 4000 of 1 6.3 to 10, of 4 22 to 34; 1504 x 1504 of 20 would gain as much, but whoever reads C next finds it in the L3 cache;
    /// 800 x 1024 of 16 would lose 22 %, 4096 x 4608 of 32 14 %, 4096 x 4096 of 4 16 to 35 %.)
    /// </summary>
    public static bool StoresAround<V>(in GemmArguments g)
        where V : struct, IVectorF32<V> => NonTemporal.IsSupported<V>() && (nint)g.M * g.N >= FloatsOfThirdCache && g.Beta == 0 && g.Ldc % (FloatsOfCacheSet / 2) != 0;

    /// <summary>Whether vectors of all rows of C are aligned if those of one are.</summary>
    public static unsafe bool AlignsRows<V>(in GemmArguments g)
        where V : struct, IVectorF32<V> => (nint)g.C % sizeof(float) == 0 && g.Ldc % V.Count == 0;

    /// <summary>Whether C is whole cache lines.</summary>
    public static unsafe bool FillsLines(in GemmArguments g, Block share) =>
        (nint)g.C % (CacheLineFloats * sizeof(float)) == 0 && (share.Column | g.Ldc | share.Columns) % CacheLineFloats == 0;

    /// <summary>Rows of A that the L2 cache keeps.</summary>
    public static EvenParts ShallowRows(nint rows, nint steps) => new(rows, (int)(BlockFloats / 2 / steps));

    /// <summary>Cache lines of columns of a B that the L1 cache keeps.</summary>
    public static EvenParts ShallowColumns(nint columns, nint steps) => new(WholeLines(columns) / CacheLineFloats, (int)(FloatsOfFirstCache / 2 / CacheLineFloats / steps));

    /// <summary>Tiles of rows of a shallow product that the L1 cache holds until the epilogue has seen them.</summary>
    public static nint TilesOfRowsAtOnce(nint height, nint columns) =>
        height * columns > FloatsOfFirstCache / 4 ? 1 : FloatsOfFirstCache / 2 / (int)(height * columns);

    /// <summary>
    /// Blocks of k. Few rows read B in place: fewer of its rows then stay in the L2 cache from one tile to the next. So do those of a large B whose rows clash:
    /// what is asked for of the next panel pushes out this one (256 x 4096 x 4096: 97 to 104 GFLOP/s; 300 x 3000 x 3000 would lose 2 %).
    /// </summary>
    public static nint StepBlocks(in GemmArguments g, nint rows, bool storesC)
    {
        int limit = rows < MinRowsPerBlock || (RowsClash(g.Ldb) && (nint)g.N * g.K >= FloatsOfThirdCache) ? StepsOfFewRows : StepsPerBlock;
        return storesC ? (g.K + limit - 1) / limit : 1;
    }

    /// <summary>MC: at most so many rows in one block, for so many steps.</summary>
    public static int RowsPerBlock(nint steps) => Math.Clamp((int)(BlockFloats / Math.Max(steps, 1)), MinRowsPerBlock, MaxRowsPerBlock);

    /// <summary>
    /// Whether the tiles of C, or of what their epilogue updates, have to be asked for before they are needed. (1024-4096-4096-1024, SGD: 361 to 347 ms a step.) Tiles of sixteen registers, many in a call, wait for what they load, not for what they store.
    /// (AVX2 on Zen 3, beside a neighbour, 256 x 512 x 512: 63 to 71 GFLOP/s, 512 -1 to +4 %.) There it is a C that leaves less than half of an L2 cache of 512 KB to A and B. (71 x 2814 x 3275 66 to 74, 80 x 1000 x 2000 +8 %, 64 x 1024 x 1024 out of memory +11 %;
    /// of half as many sums 100 x 1100 x 500 would lose 5 %.)
    /// </summary>
    public static bool ExpectsC(in GemmArguments g, bool loads, bool onePerCall) => IsLarge(g.M, g.N) && (Tiers.HasThirtyTwoRegisters || loads || onePerCall);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool HasNarrowTiles<V>()
        where V : struct, IVectorF32<V> => V.Count < CacheLineFloats;

    private static bool IsLarge(nint m, nint n) => m * n >= (Tiers.HasThirtyTwoRegisters ? FloatsOfSecondCache : FloatsOfSecondCache / 4);

    private static int MaxLanes => Math.Max(16, System.Numerics.Vector<float>.Count);
}
