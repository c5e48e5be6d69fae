using Backprop.Simd.Internal.Simd;

namespace Backprop.Simd.Internal.MatrixProduct;

/// <summary>The packing space that a product takes, and the blocks of columns that bound it.</summary>
internal static partial class GemmBlocking
{
    /// <summary>The floats of packing space that one thread needs for a product whose epilogue stores C or does not.</summary>
    public static int ScratchFloats(in GemmArguments g, SummationOrder order, bool storesC = true) => order switch
    {
        SummationOrder.Chain => checked(Math.Max(PanelFloats(g.N, g.K, RowBlocks(g.M, g.K, storesC), storesC), Math.Max(ShallowFloats(g.TransA, g.TransB, g.N, g.K, g.Ldb), Math.Max(SwappedFloats(g.TransA, g.TransB, g.M, g.N, g.K), StreamedFloats(g.TransB, g.M, g.N, g.K, g.Ldb, g.Ldc, storesC)))) + (g.Alpha != 1 || CopiesA(g.TransA, g.M, g.N, g.K, g.Lda, narrowTiles: true) || PanelsForFewSteps(in g, storesC) ? CopyFloats(g.M, g.K, storesC) : 0)),
        SummationOrder.FourChains => checked(QuadFloats(g.TransA, g.TransB, g.M, g.N, g.K) + (g.Alpha == 1 ? 0 : Math.Min(g.M, TileKernel.MaxVectors * MaxLanes) * g.K)),
        _ => checked(g.M * (int)WholeLines(g.K + CacheLineFloats)),
    };

    /// <summary>The same for alpha = 1, rows without gaps and any number of rows up to m.</summary>
    public static int ScratchFloats(bool transA, bool transB, int m, int n, int k, bool storesC = true) =>
        SummationOrders.Of(transA, transB, m, n) == SummationOrder.SixteenLanes ? checked(m * (int)WholeLines(k + CacheLineFloats))
        : SummationOrders.Of(transA, transB, m, n) != SummationOrder.Chain ? QuadFloats(transA, transB, m, n, k)
        : checked(Math.Max(PanelFloats(n, k, RowBlocks(m, k, storesC), storesC), Math.Max(ShallowFloats(transA, transB && k > StepsOfTurnedB, n, k, n), Math.Max(SwappedFloats(transA, transB, m, n, k), StreamedFloats(transB, m, n, k, storesC)))) + (MayCopyA(transA, m, n, k) || PanelsForFewSteps(transA, m, n, k, storesC) ? CopyFloats(m, k, storesC) : 0));

    // On some width and for some number of rows up to m.
    private static bool MayCopyA(bool transA, int m, int n, int k) => transA ? n >= ColumnsWorthCopying / 2 && (nint)k * m >= FloatsOfFirstCache / 4 : CopiesA(transA, m, n, k, k, narrowTiles: true);

    /// <summary>The floats of one panel of B, or, if more than one block of rows needs them, of all that are packed at a time.</summary>
    public static int PanelFloats(int n, int k, int rowBlocks, bool storesC)
    {
        int panel = TileKernel.MaxVectors * MaxLanes, steps = Steps(k, storesC);
        long kept = Math.Min((long)steps * (n + panel - 1), Math.Max(KeptFloats, (long)steps * panel));
        return checked(rowBlocks == 1 ? steps * panel : (int)kept);
    }

    /// <summary>The floats of a shallow B that some width copies, or, if none does, of the columns that do not fill a tile. A^T B has up to k steps, others have k.</summary>
    public static int ShallowFloats(bool transA, bool transB, int n, int k, nint ldb) =>
        transB || (!transA && k > FewSteps) ? 0
        : checked(Math.Min(k, FewSteps) * (ldb % (FloatsOfCacheSet / 2) == 0 || (!Tiers.HasThirtyTwoRegisters && k >= StepsWorthAligning) ? (int)ShallowPitch(n) : TileKernel.MaxVectors * MaxLanes));

    private static int QuadFloats(bool transA, bool transB, int m, int n, int k) => transA || transB || m < RowsWorthQuads || k < StepsWorthArranging ? 0 : QuadProduct.PanelFloats(n, k);

    // Of all blocks of BlockFloats, the longest and the highest have the most to add for their pitch.
    private static int CopyFloats(int m, int k, bool storesC)
    {
        long pitch = Steps(k, storesC) + CacheLineFloats;
        long largest = Math.Max((MinRowsPerBlock + CacheLineFloats) * pitch, (MaxRowsPerBlock + CacheLineFloats) * (BlockFloats / MaxRowsPerBlock + CacheLineFloats));
        return checked((int)Math.Min((m + CacheLineFloats) * pitch, largest));
    }

    private static int Steps(int k, bool storesC) => storesC ? Math.Min(k, StepsPerBlock) : k;

    /// <summary>NC: at most so many columns in one block, whole panels.</summary>
    public static int ColumnsPerBlock(int k, bool storesC)
    {
        int panel = TileKernel.MaxVectors * MaxLanes;
        return Math.Max(KeptFloats / Steps(k, storesC) / panel, 1) * panel;
    }

    // Blocks of the most steps have the fewest rows.
    private static int RowBlocks(int m, int k, bool storesC)
    {
        int rows = RowsPerBlock(storesC ? k / Math.Max((k + StepsPerBlock - 1) / StepsPerBlock, 1) : k);
        return (m + rows - 1) / rows;
    }
}
