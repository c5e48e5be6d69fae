using System.Runtime.CompilerServices;
using Backprop.Simd.Internal.Simd;

namespace Backprop.Simd.Internal.MatrixProduct;

/// <summary>Which operands are packed or copied, and asked for in time.</summary>
internal static partial class GemmBlocking
{
    private const int LanesWorthPackingMisaligned = 4;
    private const int LanesWorthPackingFromFar = 3;
    private const int RowsWorthPackingMisaligned = 16;
    private const int StepsWorthAskingForC = 20;
    private const int StepsWorthAskingInPlace = 512;
    private const int ColumnsWorthPackingA = 300;
    private const int ColumnsWorthPackingFewRows = 1000;
    private const int StepsWorthPanels = 48;
    private const int SumsWorthPanels = 192 * 1024;
    private const int RowsWorthPackingA = 36;
    private const int ColumnsWorthCopying = 256;

    /// <summary>
    /// Whether panels of B are packed although they could be read in place: for many rows, if B comes from far beyond the L2 cache (+5 to 10 % from 768 on), or if its own rows fall into the same few sets
    /// of the L1 cache (512 x 128 x 512 X^T dY: +1 %; rows of 300 or 500 floats 0 to -1 %). Low tiles read B often: they pack what is beyond the L1 cache (AVX2 on Zen 4, 192 x 192 x 192 X^T dY: +7 %), and sooner
    /// if each load might cross two lines (AVX2, 50 x 256 x 400: +15 %, 200 x 128 x 64 X^T dY: +12 %; aligned -6 to +2 %). From beyond a part of the L3 cache fewer rows do, which
    /// then ask for the next panel in time (32 x 1500 x 3000: 59 to 90 GFLOP/s, 44 x 3000 x 1000 49 to 97), and the fewest if panels clash (10 x 2048 x 2048: 23 to 45).
    /// So do fewer rows whose low tiles would not find a panel in the L1 cache again: two lines a step where it begins inside one, and those of A^T, or a large B. (AVX2 on Zen 3, beside a neighbour, 26 x 289 x 187 X^T dY: +13 %, 17 x 700 x 700 +9 to +17 %,
    /// 20 x 784 x 130 +15 to +20 %, 31 x 256 x 501 +15 to +20 %, 18 x 300 x 205 0 %; of fewer steps, 28 x 105 x 306 and 18 x 130 x 205, -5 to -10 %.)
    /// </summary>
    public static bool PacksB<V>(in GemmArguments g, nint rows, nint steps)
        where V : struct, IVectorF32<V>
    {
        nint ldb = g.Ldb;
        return (rows >= LanesWorthPackingFromFar * V.Count && g.K * ldb >= FloatsWorthPacking)
            || (rows > TileKernel.MaxRows && g.K * ldb >= (RowsClash(ldb) ? 2 * FloatsWorthPacking : FloatsOfFarB))
            || (rows > FewRowsKernel.MaxRows && RowsClash(ldb) && g.K * ldb >= FloatsOfFarB)
            || (rows >= LanesWorthPacking * V.Count && steps * (ldb & -ldb) >= 2 * FloatsOfFirstCache)
            || (HasNarrowTiles<V>() && (g.TransB || IsAligned<V>(in g)
                ? rows >= LanesWorthPacking * V.Count && steps * ldb >= (g.TransB ? FloatsOfSecondCache : FloatsOfFirstCache)
                : (rows >= LanesWorthPackingMisaligned * V.Count && (steps * ldb >= 3 * FloatsOfFirstCache / 4 || steps * (ldb & -ldb) >= FloatsOfFirstCache / 2))
                    || (rows >= LanesWorthPackingFromFar * V.Count && steps * ldb >= 5 * FloatsOfFirstCache)
                    || (rows >= RowsWorthPackingMisaligned && steps * ((2 * CacheLineFloats) + (g.TransA ? rows : 0)) >= FloatsOfFirstCache / 2)));
    }

    /// <summary>
    /// Whether the L2 cache does not hold B, so that tiles ask for the next panel; a tile that need not is one of many in a call. (AVX2, 128 x 128 x 128: 102 to 110 GFLOP/s, 192: 108 to 113, 256: 109 to 113, 384: +5 %; 512 -2 %.) With sixteen registers the packing tile
    /// asks for a B of up to 4 MB itself; what is asked for long before leaves an L2 cache of 512 KB again. (AVX2 on Zen 3, beside a neighbour, 128 x 784 x 512: 63 to 73 GFLOP/s, 64 x 784 x 512 60 to 69; of 9 MB, 60 x 1500 x 1500, -8 %.)
    /// </summary>
    public static bool IsFar(in GemmArguments g, nint rowBlock) =>
        (nint)g.K * g.Ldb >= (Tiers.HasThirtyTwoRegisters || rowBlock > 0 ? FloatsOfSecondCache : 2 * FloatsWorthPacking);

    /// <summary>Whether one tile of rows reads a B in place that is so far away that each panel has to be asked for: nothing else would bring pieces of its rows in time. (8 x 1500 x 3000: 31 to 77 GFLOP/s, 13 x 4000 x 1000 18 to 73; 8 x 1200 x 1800, which is nearer, -7 to -10 % in quiet minutes.)</summary>
    public static bool AsksForFarB(in GemmArguments g, nint rows) => !g.TransB && rows <= TileKernel.MaxRows && (nint)g.K * g.Ldb >= FloatsOfFarB;

    /// <summary>
    /// Whether the first tile of rows asks for rows of a B that is read in place: many of them, beyond the L2 cache, with sixteen registers. (AVX2 on Zen 3, beside a neighbour, out of memory and out of the L3 cache:
    /// 5 x 2764 x 461 4.2 to 8.8 GFLOP/s and +25 %, 14 x 1914 x 593 +22 and +23 %, 16 x 784 x 512 +37 and +3 %, 20 x 1000 x 800 +13 and -5 %, 9 x 1200 x 401 X^T dY +10 and -2 %; of fewer steps, or of 1.2 MB, 18 x 400 x 783 and 6 x 600 x 500, -3 and -5 to -8 %.)
    /// </summary>
    public static bool AsksForRowsOfB(in GemmArguments g) => !Tiers.HasThirtyTwoRegisters && g.K >= StepsWorthAskingInPlace && (nint)g.K * g.Ldb > 3 * FloatsOfSecondCache / 2;

    /// <summary>
    /// Whether tiles of a shallow product, or those in panels, ask for the C that they will write: beyond the L2 cache, with sixteen registers and so many steps that there is time for it. (AVX2 on Zen 3, beside a neighbour, 2000 x 1500 of 24 X^T dY 35 to 50 GFLOP/s, 3275 x 700 of 20 25 to 34, 1954 x 428 of 42 +12 %,
    /// 2000 x 50 x 500 +11 %, 2048 x 2048 of 32 X^T dY +15 %; of fewer steps, 1914 x 593 of 14, up to -10 %; in panels, 3000 x 3000 of 50 +17 %, 1024 x 1024 of 100 +7 %, of more steps 0; rows that begin inside a cache line, 2814 x 2011 of 71 60 to 82, 3000 x 3005 of 50 54 to 78, 1001 x 1001 of 250 +7 %.)
    /// </summary>
    public static bool AsksForC(in GemmArguments g) => !Tiers.HasThirtyTwoRegisters && g.K >= StepsWorthAskingForC && (nint)g.M * g.N > 3 * FloatsOfSecondCache / 2;

    /// <summary>
    /// Whether tiles of so few steps, many in a call, ask for an expected C, or what their epilogue updates, at once as they begin, with 32 registers: what a call and <see cref="Ahead"/> cost counts more than that it all comes together.
    /// (Zen 4, 784 x 512 of 128 X^T dY 110 to 114 GFLOP/s, 520 x 520 of 70 106 to 112, X W 800 x 900 of 65 105 to 109; 600 x 600 of 600 and 2000 x 300 of 300 would lose 1 %, a C of 9 MB, 1500 x 1500 of 100, 2 to 7 %.)
    /// </summary>
    public static bool AsksForCInTiles(in GemmArguments g, nint steps) =>
        Tiers.HasThirtyTwoRegisters && steps <= StepsOfShortTiles && (nint)g.M * g.N <= FloatsOfThirdCache / 2;

    // (AVX2 on Zen 3, beside a neighbour, with the smaller one 13 x 1400 x 1400 +26 %, 14 x 1501 x 1501 +47 %, 16 x 2500 x 784 +67 %, 23 x 1501 x 1501 -1 %.)
    private static int FloatsOfFarB => Tiers.HasThirtyTwoRegisters ? 5 * FloatsWorthPacking : 7 * FloatsOfSecondCache;

    private static unsafe bool IsAligned<V>(in GemmArguments g)
        where V : struct, IVectorF32<V> => (nint)g.B % (V.Count * sizeof(float)) == 0 && g.Ldb % V.Count == 0;

    /// <summary>
    /// Whether A^T is copied although it could be read in place: rows a multiple of 2 KB apart fall into the same few sets of the caches, a large one would
    /// touch another page at every step, and low tiles use too little of each of its cache lines, unless a quarter of the L2 cache holds it. (512 x 512 x 512 X^T dY: +6 % when it was first measured, no longer on Zen 4; AVX2, X^T dY up to 224: 3 to 5 % faster in place, 512 x 64 x 128, whose rows clash, 9 % slower.)
    /// With sixteen registers A is copied too, for so many columns that the fewer instructions of tiles in panels make up for it. (AVX2 on Zen 3, beside a neighbour, 300 x 300 x 300 +4 %, 900 x 500 x 600 +10 %, 128 x 784 x 512 and 768 x 768 x 768 +3 %,
    /// 256 x 4096 x 4096 +5 to +11 %, 64 x 784 x 256 -2 to +3 %; fewer columns, 128 x 300 x 150, -2 %; few rows, 24 x 500 x 500, -1 %; of A^T, 700 x 3264 of 71 54 to 79 GFLOP/s, 37 x 500 of 500 68 to 85, 50 x 1000 of 200 64 to 72, 35 shapes -3 to +24 %, +7 % on average,
    /// 26 out of memory +7 %, too; fewer columns, 401 x 211 of 101, -6 %.)
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool CopiesA<V>(in GemmArguments g)
        where V : struct, IVectorF32<V> => g.N >= ColumnsWorthCopying / 2 && CopiesA(g.TransA, g.M, g.N, g.K, g.Lda, HasNarrowTiles<V>());

    /// <summary>
    /// Whether a copied A is rearranged tile by tile: of A^T low tiles would use 24 bytes of each cache line (AVX2 on Zen 4, 256 to 1024: +13 to 18 %; 512 bits -2 to +1 %), of A they would read six rows at once.
    /// (AVX2 on Zen 3, 256 x 4096 x 4096: +1 to +7 %, 2048 x 2048 x 2048 -2 to +5 %, 1024 0 to +3 %, 1500 +4 %, 200 x 2000 x 1500 0 to +5 %, 700 x 300 x 2000 +3 to +5 %.)
    /// </summary>
    public static bool PacksA<V>(in GemmArguments g)
        where V : struct, IVectorF32<V> => HasNarrowTiles<V>() && (g.TransA || g.Alpha == 1);

    /// <summary>
    /// Whether A^T B of few steps is computed in panels, too: with sixteen registers, for a C beyond the L2 cache. (AVX2 on Zen 3, beside a neighbour, 256 x 784 of 64 steps: 62 to 75 GFLOP/s, 784 x 256 66 to 72, 784 x 512 of 48 63 to 71,
    /// 3000 x 3000 of 50 58 to 69, 2048 x 2048 of 64 0 to +1 %; rows of C 16 KB apart, 64 x 4096, -8 %; of 32 steps, 784 x 256, -10 %; of fewer sums, 100 x 400 of 64, -8 %; A B of 60 steps, 4096 x 512, -10 %.) What stores no C has not been measured.
    /// </summary>
    public static bool PanelsForFewSteps(in GemmArguments g, bool storesC) => PanelsForFewSteps(g.TransA, g.M, g.N, g.K, storesC);

    private static bool PanelsForFewSteps(bool transA, int m, int n, int k, bool storesC) =>
        transA && storesC && !Tiers.HasThirtyTwoRegisters && k >= StepsWorthPanels && k <= FewSteps && m >= RowsWorthPackingA && n >= ColumnsWorthCopying && n % (4 * FloatsOfCacheSet) != 0 && (nint)m * n >= SumsWorthPanels;

    /// <summary>Whether an A^T that is rearranged tile by tile comes from beyond an L2 cache of 512 KB. (Measured with AVX2 on Zen 3 only.)</summary>
    public static bool IsFarA(in GemmArguments g) => !Tiers.HasThirtyTwoRegisters && (nint)g.K * g.Lda >= BlockFloats;

    private static bool CopiesA(bool transA, int m, int n, nint k, nint lda, bool narrowTiles)
    {
        bool clashes = lda % (FloatsOfCacheSet / 2) == 0;
        if (!transA)
            return !Tiers.HasThirtyTwoRegisters && k > FewSteps && n >= (m >= RowsWorthPackingA ? ColumnsWorthPackingA : RowsClash(lda) ? 2 * ColumnsWorthCopying : ColumnsWorthPackingFewRows);
        // Where 512-bit vectors are split, a step does not wait for its row of A, as long as the sets of the L2 cache that those rows fall into hold them.
        // (Zen 4, X^T dY in place, 512 x 512 x 512 111.9 to 113.2 GFLOP/s, 512 x 512 of 128 +1 %, 1024 x 300 of 100 108.5 to 110.7, 4096 x 512 of 64 107 to 111; 1024 x 1024 x 1024 would lose 5 %.)
        bool waits = clashes && (narrowTiles || !CpuModel.SplitsWideVectors || k * (lda & -lda) > FloatsOfSecondCache);
        return (n >= ColumnsWorthCopying && (waits || k * lda >= (Tiers.HasThirtyTwoRegisters && n >= 2 * ColumnsWorthCopying ? 2 : 1) * FloatsWorthPacking))
            || (narrowTiles && n >= ColumnsWorthCopying / 2 && k * lda >= (clashes ? FloatsOfFirstCache : 4 * FloatsOfFirstCache))
            || (!Tiers.HasThirtyTwoRegisters && n >= ColumnsWorthCopying && k * lda >= FloatsOfFirstCache / 4);
    }
}
