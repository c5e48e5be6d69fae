using System.Runtime.CompilerServices;
using Backprop.Simd.Internal.Simd;

namespace Backprop.Simd.Internal.MatrixProduct;

/// <summary>Tiles over a C that the L1 cache holds, few steps, nothing packed or copied: order A where what comes before the arithmetic counts.</summary>
/// <remarks>What <see cref="ShallowProduct"/> would do, without asking for what cannot be. (32 x 32 x 32: 97 to 101 GFLOP/s, 16 x 20 x 32 69 to 79, 4 x 16 x 75 47 to 70.)</remarks>
internal static unsafe class PlainProduct
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Takes<V, TEpilogue>(in GemmArguments g)
        where V : struct, IVectorF32<V>
        where TEpilogue : struct, IEpilogue =>
        !g.TransB && g.Alpha == 1 && GemmBlocking.IsShallow<V, TEpilogue>(in g, g.M) && g.K > FewStepsProduct.MaxSteps && g.M > 2
        && g.N > SummationOrders.FourChainsColumns && !GemmBlocking.EndsInHalfVector<V>(in g, new Block(0, g.M, 0, g.N)) && !GemmBlocking.HasThreeHalves<V>(g.N) && (nint)g.M * g.N <= GemmBlocking.SumsOfFirstCache
        && !GemmBlocking.CopiesShallowB<V>(g.M, g.Ldb) && !GemmBlocking.CopiesA<V>(in g) && !GemmBlocking.Swaps<V>(in g, new Block(0, g.M, 0, g.N));

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public static void Run<V, R, TEpilogue>(in GemmArguments g, ref TEpilogue epilogue)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
        where TEpilogue : struct, IEpilogue
    {
        nint rows = g.M, columns = g.N, steps = g.K, lda = g.Lda, ldb = g.Ldb, ldc = g.Ldc;
        nint rowStride = g.TransA ? 1 : lda, stepStride = g.TransA ? lda : 1;
        bool low = GemmBlocking.HasLowTiles<V>(columns, steps, stepStride, ldb);
        TileColumns widths = GemmBlocking.TilesOfColumns<V>(rows, columns, steps, packed: false, low);
        EvenParts heights = GemmBlocking.TilesOfRows(rows, widths.Widest, low);
        bool inRegisters = heights.Largest * widths.Widest <= TEpilogue.SumsInRegisters;
        bool accumulate = g.Beta != 0 && TileRows.Begin<V>(g.Beta, g.C, ldc, rows, columns);
        for (nint part = 0, alike; part < heights.Count; part += alike)
        {
            alike = heights.Alike(part);
            int height = heights.SizeOf(part);
            nint row = heights.StartOf(part);
            for (nint tile = 0, same; tile < widths.Count; tile += same)
            {
                same = widths.Alike(tile);
                nint column = widths.ColumnOf(tile);
                int width = widths.WidthOf(tile);
                Tiles tiles = new()
                {
                    A = g.A + (row * rowStride),
                    RowStride = rowStride,
                    TileStride = height * rowStride,
                    StepStride = stepStride,
                    B = g.B + column,
                    Ldb = ldb,
                    C = g.C + (row * ldc) + column,
                    Ldc = ldc,
                    LastVector = widths.ColumnsOf(tile) - V.Count,
                    Steps = steps,
                    Accumulate = accumulate,
                    RowTiles = alike,
                    ColumnTiles = same,
                    Row = row,
                    Column = column,
                };
                if (inRegisters)
                    TileKernel.Run<V, R, TEpilogue>(height, width, in tiles, ref epilogue);
                else
                    TileKernel.Run<V, R>(height, width, in tiles);
            }
        }

        if (!TEpilogue.DoesNothing && !inRegisters)
            TileRows.Finish<V, TEpilogue>(ref epilogue, g.C, ldc, 0, 0, rows, columns);
    }
}
