using Backprop.Simd.Internal.Simd;

namespace Backprop.Simd.Internal.MatrixProduct;

/// <summary>Where stores would meet loads: some CPUs let a load wait for an earlier store that has the last twelve bits of its address, as if it were the same place.</summary>
internal static partial class GemmBlocking
{
    private const int Page = 4096;
    private const int QuarterPageFloats = Page / 4 / sizeof(float);

    /// <summary>See <see cref="MeetsUpdates"/>.</summary>
    public const int FloatsAfterUpdates = QuarterPageFloats / 4;

    private const int HalfPageFloats = Page / 2 / sizeof(float);
    private const int BytesStoredLately = 448;
    private const int StepsWorthSumsApart = 48;
    private const int RowsWorthMovingB = 32;

    /// <summary>What <see cref="InPageAs"/> leaves unused, at most.</summary>
    public const int FloatsBesidePlace = 2 * Page / sizeof(float);

    /// <summary>
    /// Whether loads of B, read by long rows 2 KB or a multiple apart, or of a row of C come all along to where another row of C has just been stored, but for a multiple of 4 KB.
    /// (Zen 4, C 64 bytes after B modulo 4 KB, 1 x 1024 x 1024: 28 to 42 GFLOP/s, 2 x 1024 x 1024 40 to 81; rows of C 4 KB apart, 2 x 1024 x 1024 between 25 and 83, 3 x 1024 x 1536 between 39 and 85, now 80 to 89 in quiet minutes; 4160 bytes apart, 2 x 1000 x 1040 between 21 and 80, now 80, 3 x 600 x 1060 56 to 92, now 95.)
    /// </summary>
    public static unsafe bool MeetsStores(in GemmArguments g, Block share)
    {
        nint bytes = sizeof(float) * (nint)g.Ldc, first = (nint)g.C + (share.Row * bytes) - (nint)g.B;
        bool meets = false;
        for (nint row = 0; row < share.Rows; row++)
        {
            nint between = row * bytes;
            meets |= g.Ldb % HalfPageFloats == 0 && ((first + between - 1) & ((Page / 2) - 1)) < BytesStoredLately;
            meets |= row > 0 && ((between & (Page - 1)) < BytesStoredLately || (-between & (Page - 1)) < BytesStoredLately);
        }

        return meets && Tiers.HasThirtyTwoRegisters && g.K >= StepsWorthSumsApart;
    }

    /// <summary>
    /// Whether an update of weights and their states, quarters of a page apart, by few rows of dz stores all along to where dz is read next: then a copy of dz lies <see cref="FloatsAfterUpdates"/> further in its page than the weights.
    /// (Zen 4, Adam, 1024-1024-10 of 4: 0.46 or 0.80 ms, now 0.46.)
    /// </summary>
    public static unsafe bool MeetsUpdates(float* weights, float* dz, int rows, int outputs) =>
        outputs % QuarterPageFloats == 0 && (nint)rows * outputs <= 2 * FloatsOfFewRows && ((nint)(weights - dz) - 1 & (QuarterPageFloats - 1)) < BytesStoredLately / sizeof(float);

    /// <summary>From a row of such sums to the next, an eighth of a page further.</summary>
    public static nint PitchOfFewRows(nint rows) => (FewRowsColumns(rows) / HalfPageFloats * HalfPageFloats) + (5 * HalfPageFloats / 4);

    /// <summary>Where the first of such sums lie: a quarter of a page after that row of B.</summary>
    public static unsafe float* AwayFrom(float* b, float* memory) => InPageAs(b + (HalfPageFloats / 2), memory);

    /// <summary>
    /// Between rows of a copy of a B of few steps, or 0 if it is read in place: not where rows of C, 1 KB or a multiple apart, come just before it modulo that, up to 4 KB, so that they are stored where B is read next (see <see cref="MeetsStores"/>).
    /// (Zen 4, C 64 bytes after B, X^T dY, 1024 x 1024 of 1 25 to 38 GFLOP/s, of 2 36 to 70, of 4 50 to 103, 500 x 2048 of 4 49 to 92, 512 x 512 of 1 33 to 41, 256 x 256 of 2 +5 %, 784 x 128 of 1 would gain 5 %.)
    /// </summary>
    public static unsafe nint PitchAwayFromStores<V>(in GemmArguments g, Block share)
        where V : struct, IVectorF32<V>
    {
        nint period = Math.Min(g.Ldc & -g.Ldc, FloatsOfCacheSet), pitch = (share.Columns + period - 1) / period * period;
        nint after = (nint)(g.C + (share.Row * g.Ldc) - g.B) - 1;
        return V.Count == CacheLineFloats && period >= FloatsOfCacheSet / 4 && share.Rows >= RowsWorthMovingB && g.K * pitch <= FloatsOfFewRows
            && (after & (period - 1)) < BytesStoredLately / sizeof(float) ? pitch : 0;
    }

    /// <summary>A place in memory that lies in its page as an address does.</summary>
    public static unsafe float* InPageAs(float* address, float* memory) => (float*)((((nint)memory + Page - 1) & -Page) + ((nint)address & (Page - 1)));
}
