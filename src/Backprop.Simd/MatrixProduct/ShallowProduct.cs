using System.Runtime.CompilerServices;
using Backprop.Simd.Internal.Simd;

namespace Backprop.Simd.Internal.MatrixProduct;

/// <summary>The loops around the tile for few steps: order A, and C once, row after row.</summary>
/// <remarks>
/// A tile of few steps mostly writes C, and memory likes its rows whole; B, shallow too, stays in the caches. One call of the kernel does a group of rows, as many
/// as the L1 cache holds until the epilogue has seen them. (8 x 784 x 128 X^T dY: 173 to 188 GFLOP/s.) A B so wide that low tiles would wait for it is read in blocks
/// of columns, and then C is too.
/// </remarks>
internal static unsafe class ShallowProduct
{
    public static void Run<V, R, TEpilogue>(in GemmArguments g, ref TEpilogue epilogue, Block share, float* scratch)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
        where TEpilogue : struct, IEpilogue
    {
        if (!GemmBlocking.BlocksShallow(in g, share))
        {
            Part<V, R, TEpilogue>(in g, ref epilogue, share, scratch);
            return;
        }

        EvenParts rows = GemmBlocking.ShallowRows(share.Rows, g.K), columns = GemmBlocking.ShallowColumns(share.Columns, g.K);
        for (nint i = 0; i < rows.Count; i++)
        {
            for (nint j = 0; j < columns.Count; j++)
            {
                nint column = columns.StartOf(j) * GemmBlocking.CacheLineFloats;
                Part<V, R, TEpilogue>(in g, ref epilogue,
                    new Block(share.Row + rows.StartOf(i), rows.SizeOf(i), share.Column + column, Math.Min(columns.SizeOf(j) * GemmBlocking.CacheLineFloats, share.Columns - column)), scratch);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Part<V, R, TEpilogue>(in GemmArguments g, ref TEpilogue epilogue, Block share, float* scratch)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
        where TEpilogue : struct, IEpilogue
    {
        float* edge = stackalloc float[TileKernel.MaxRows * V.Count];
        nint ldc = g.Ldc, steps = g.K;
        bool low = GemmBlocking.HasLowTiles<V>(share.Columns, steps, g.TransA ? g.Lda : 1, g.Ldb);
        TileColumns columns = GemmBlocking.TilesOfColumns<V>(share.Rows, share.Columns, steps, packed: false, low);
        EvenParts heights = GemmBlocking.TilesOfRows(in g, share.Rows, columns.Widest, low);
        float* b = g.B + share.Column, partOfB = scratch;
        nint ldb = g.Ldb, ldbOfPart = V.Count, partColumn = columns.ColumnOf(columns.Count - 1), part = columns.EndsInPartOfVector ? share.Columns - partColumn : 0;
        if (GemmBlocking.CopiesShallowB<V>(share.Rows, ldb) || GemmBlocking.AlignsShallowB<V>(in g, share))
        {
            b = scratch;
            ldb = ldbOfPart = GemmBlocking.ShallowPitch(share.Columns);
            Packing.Rows<V>(g.B + share.Column, g.Ldb, steps, share.Columns, b, ldb);
            partOfB = b + partColumn;
        }
        else if (part > 0)
        {
            Packing.Rows<V>(b + partColumn, ldb, steps, part, partOfB, ldbOfPart);
        }

        bool inRegisters = heights.Largest * columns.Widest <= TEpilogue.SumsInRegisters;
        bool around = TEpilogue.DoesNothing && GemmBlocking.StoresAround<V>(in g) && GemmBlocking.FillsLines(in g, share);
        bool asksForC = TEpilogue.StoresC && !around && GemmBlocking.AsksForC(in g);
        StoreAroundCaches past = default;
        bool copiesA = g.Alpha != 1 || GemmBlocking.CopiesA<V>(in g);
        nint tilesAtOnce = GemmBlocking.TilesOfRowsAtOnce(heights.Largest, share.Columns);
        for (nint first = 0, tiles; first < heights.Count; first += tiles)
        {
            int height = heights.SizeOf(first);
            tiles = Math.Min(tilesAtOnce, heights.Alike(first));
            nint row = share.Row + heights.StartOf(first), rows = tiles * height;

            float* a = g.TransA ? g.A + row : g.A + (row * g.Lda);
            nint rowStride = g.TransA ? 1 : g.Lda, stepStride = g.TransA ? g.Lda : 1;
            if (copiesA)
            {
                float* copy = scratch + GemmBlocking.ShallowFloats(g.TransA, g.TransB, g.N, g.K, g.Ldb);
                (nint outer, nint inner) = g.TransA ? (steps, rows) : (rows, steps);
                nint pitch = inner + GemmBlocking.CacheLineFloats;
                TileRows.Scale<V>(g.Alpha, a, g.Lda, copy, pitch, outer, inner);
                a = copy;
                if (g.TransA)
                    stepStride = pitch;
                else
                    rowStride = pitch;
            }

            float* c = g.C + (row * ldc) + share.Column;
            bool accumulate = TileRows.Begin<V>(g.Beta, c, ldc, rows, share.Columns);
            for (nint tile = 0, alike; tile < (part > 0 ? columns.Count - 1 : columns.Count); tile += alike)
            {
                nint column = columns.ColumnOf(tile);
                alike = columns.Alike(tile);
                Tiles run = new()
                {
                    A = a,
                    RowStride = rowStride,
                    TileStride = height * rowStride,
                    StepStride = stepStride,
                    B = b + column,
                    Ldb = ldb,
                    C = c + column,
                    Ldc = ldc,
                    LastVector = columns.ColumnsOf(tile) - V.Count,
                    Steps = steps,
                    Accumulate = accumulate,
                    RowTiles = tiles,
                    ColumnTiles = alike,
                    AsksForC = asksForC,
                    Row = row,
                    Column = share.Column + column,
                };
                if (around)
                    TileKernel.Run<V, R, StoreAroundCaches>(height, columns.WidthOf(tile), in run, ref past);
                else if (inRegisters)
                    TileKernel.Run<V, R, TEpilogue>(height, columns.WidthOf(tile), in run, ref epilogue);
                else
                    TileKernel.Run<V, R>(height, columns.WidthOf(tile), in run);
            }

            for (nint tile = 0; part > 0 && tile < tiles; tile++)
            {
                float* partOfC = c + (tile * height * ldc) + partColumn;
                if (accumulate)
                    TileRows.Copy<V>(partOfC, ldc, edge, V.Count, height, part);
                TileKernel.Run<V, R>(height, 1, new()
                {
                    A = a + (tile * height * rowStride),
                    RowStride = rowStride,
                    TileStride = height * rowStride,
                    StepStride = stepStride,
                    B = partOfB,
                    Ldb = ldbOfPart,
                    C = edge,
                    Ldc = V.Count,
                    LastVector = 0,
                    Steps = steps,
                    Accumulate = accumulate,
                    RowTiles = 1,
                    ColumnTiles = 1,
                });
                TileRows.Copy<V>(edge, V.Count, partOfC, ldc, height, part);
            }

            if (!inRegisters)
                TileRows.Finish<V, TEpilogue>(ref epilogue, c, ldc, row, share.Column, rows, share.Columns);
            else if (part > 0)
                TileRows.Finish<V, TEpilogue>(ref epilogue, c + partColumn, ldc, row, share.Column + partColumn, rows, part);
        }

        if (around)
            NonTemporal.Fence();
    }
}
