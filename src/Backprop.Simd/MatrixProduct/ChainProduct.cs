using System.Runtime.CompilerServices;
using Backprop.Simd.Internal.Simd;

namespace Backprop.Simd.Internal.MatrixProduct;

/// <summary>The loops around the tile: order A.</summary>
/// <remarks>
/// From the outside: blocks of columns and of steps, so that packed panels of B stay in the L3 cache; blocks of rows, so that a block of A stays in the L2 cache;
/// panels of NR columns; tiles of MR rows. Operands are read in place, which the clock prefers to packing as long as a matrix is not much larger than the L2 cache.
/// Packed is a B beyond that, and what a full vector cannot read: panels of B^T, and the last columns of B if they do not fill a vector. A panel of B^T is packed
/// right before its first column of tiles needs it, one of B by the first of these tiles itself, once for all blocks of rows.
/// </remarks>
internal static unsafe class ChainProduct
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public static void Run<V, R, TEpilogue>(in GemmArguments g, ref TEpilogue epilogue, Block share, float* scratch)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
        where TEpilogue : struct, IEpilogue
    {
        // Between blocks of steps the sums wait in C: without one, k is a single block.
        nint stepBlocks = GemmBlocking.StepBlocks(in g, share.Rows, TEpilogue.StoresC);
        nint rowBlocks = Blocks(share.Rows, GemmBlocking.RowsPerBlock(g.K / stepBlocks)), columnsPerBlock = GemmBlocking.ColumnsPerBlock(g.K, TEpilogue.StoresC);
        nint columnBlocks = Blocks(share.Columns, columnsPerBlock);
        for (nint columnBlock = 0; columnBlock < columnBlocks; columnBlock++)
        {
            nint column = columnBlock * columnsPerBlock, columns = Math.Min(columnsPerBlock, share.Columns - column);
            nint stepsDone = 0;
            for (nint stepBlock = 0; stepBlock < stepBlocks; stepBlock++)
            {
                nint steps = (g.K - stepsDone) / (stepBlocks - stepBlock);
                nint rowsDone = 0;
                for (nint rowBlock = 0; rowBlock < rowBlocks; rowBlock++)
                {
                    nint rows = (share.Rows - rowsDone) / (rowBlocks - rowBlock);
                    var block = new Block(share.Row + rowsDone, rows, share.Column + column, columns);
                    Steps<V, R, TEpilogue>(in g, ref epilogue, block, stepsDone, steps, rowBlock, rowBlocks, scratch);
                    rowsDone += rows;
                }

                stepsDone += steps;
            }
        }
    }

    /// <summary>Adds a few steps of k to a few rows of C.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Steps<V, R, TEpilogue>(in GemmArguments g, ref TEpilogue epilogue, Block block, nint step, nint steps, nint rowBlock, nint rowBlocks, float* scratch)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
        where TEpilogue : struct, IEpilogue
    {
        float* edge = stackalloc float[TileKernel.MaxSums * V.Count];
        nint lda = g.Lda, ldb = g.Ldb, ldc = g.Ldc;
        bool rearranges = GemmBlocking.PacksB<V>(in g, block.Rows * rowBlocks, steps), packsB = g.TransB || rearranges, fromFar = rearranges ? GemmBlocking.IsFar(in g, rowBlock) : GemmBlocking.AsksForFarB(in g, block.Rows);
        bool asksForRows = !packsB && GemmBlocking.AsksForRowsOfB(in g);
        bool low = GemmBlocking.HasLowTiles<V>(block.Columns, steps, g.TransA ? lda : 1, g.TransB ? 1 : ldb);
        bool updatesInLowTiles = GemmBlocking.UpdatesInLowTiles<V, TEpilogue>(steps);
        TileColumns columnTiles = GemmBlocking.TilesOfColumns<V>(block.Rows, block.Columns, steps, rearranges && !updatesInLowTiles, low && !updatesInLowTiles);
        EvenParts heights = GemmBlocking.TilesOfRows(in g, block.Rows, columnTiles.Widest, low || updatesInLowTiles);
        bool first = step == 0, last = step + steps == g.K;
        // Panels of B that more than one block of rows needs stay where the first block has packed them.
        nint keptSteps = rowBlocks > 1 ? steps : 0;

        float* a = g.TransA ? g.A + (step * lda) + block.Row : g.A + (block.Row * lda) + step;
        nint rowStride = g.TransA ? 1 : lda, stepStride = g.TransA ? lda : 1, tileStride = rowStride;
        bool packsA = false;
        if (g.Alpha != 1 || GemmBlocking.CopiesA<V>(in g) || GemmBlocking.PanelsForFewSteps(in g, TEpilogue.StoresC))
        {
            float* copy = scratch + GemmBlocking.PanelFloats((int)block.Columns, g.K, (int)rowBlocks, TEpilogue.StoresC);
            packsA = GemmBlocking.PacksA<V>(in g);
            if (packsA)
            {
                if (g.TransA)
                    Packing.TilesOfColumns<V>(g.Alpha, a, lda, steps, block.Rows, heights, GemmBlocking.IsFarA(in g), copy);
                else
                    Packing.TilesOfRows<V>(a, lda, steps, heights, copy);
                rowStride = 1;
                tileStride = steps;
            }
            else
            {
                (nint outer, nint inner) = g.TransA ? (steps, block.Rows) : (block.Rows, steps);
                nint pitch = inner + GemmBlocking.CacheLineFloats;
                TileRows.Scale<V>(g.Alpha, a, lda, copy, pitch, outer, inner);
                if (g.TransA)
                    stepStride = pitch;
                else
                    rowStride = tileStride = pitch;
            }

            a = copy;
        }

        bool expectsC = (TEpilogue.StoresC || TEpilogue.HasArray) && GemmBlocking.ExpectsC(in g, loads: TEpilogue.HasArray || !first || g.Beta != 0, onePerCall: fromFar);
        bool asksForC = expectsC && !fromFar && (TEpilogue.StoresC || updatesInLowTiles) && TileKernel.MayAskForC<TEpilogue>(heights.Largest * columnTiles.Widest) && GemmBlocking.AsksForCInTiles(in g, steps);
        expectsC &= !asksForC;
        Ahead ahead = new(columnTiles.Widest);
        Ahead* expected = fromFar || expectsC ? &ahead : null;
        for (nint columnTile = 0; columnTile < columnTiles.Count; columnTile++)
        {
            nint firstColumn = columnTiles.ColumnOf(columnTile), column = block.Column + firstColumn;
            int vectors = columnTiles.WidthOf(columnTile), tileColumns = vectors * V.Count;
            nint columns = columnTiles.ColumnsOf(columnTile);
            // A part of a vector that stands alone goes through copies.
            bool whole = vectors > 1 || columns == V.Count;
            // What is handed over once only may not be shared by two vectors.
            bool inRegisters = last && whole && (TEpilogue.StoresC || columns % V.Count == 0) && heights.Largest * vectors <= TEpilogue.SumsInRegisters;
            nint tilesAtOnce = GemmBlocking.TilesOfRowsAtOnce(heights.Largest, tileColumns);
            for (nint rowTile = 0, tiles; rowTile < heights.Count; rowTile += tiles)
            {
                nint row = heights.StartOf(rowTile);
                int height = heights.SizeOf(rowTile);
                float* b = g.B + (step * ldb) + column, packed = null;
                nint rowOfB = ldb;
                if (packsB || !whole)
                {
                    float* panel = scratch + (firstColumn * keptSteps);
                    bool packs = rowTile == 0 && (rowBlock == 0 || rowBlocks == 1);
                    if (packs && whole && !g.TransB)
                    {
                        packed = panel;
                    }
                    else
                    {
                        if (packs && g.TransB)
                            Packing.Transposed<V>(g.B + (column * ldb) + step, ldb, steps, columns, panel, tileColumns);
                        else if (packs)
                            Packing.Rows<V>(b, ldb, steps, columns, panel, tileColumns);
                        b = panel;
                        rowOfB = tileColumns;
                    }
                }

                if (fromFar && rowTile == 0)
                {
                    // A panel of B^T is read along its rows, and needs no help.
                    bool isNext = columnTile < columnTiles.Count - 1 && (rowBlock > 0 || !g.TransB);
                    float* next = rowBlock > 0 ? scratch + (columnTiles.ColumnOf(columnTile + 1) * keptSteps) : g.B + (step * ldb) + column + tileColumns;
                    ahead.ExpectB(next, rowBlock > 0 ? columnTiles.WidthOf(columnTile + 1) * V.Count : ldb, isNext ? steps : 0, heights.Count);
                }

                bool inPanels = packsA && packed == null && rowOfB == tileColumns && columns == tileColumns;
                bool asksForB = asksForRows && rowTile == 0 && whole && expected == null;
                // One call for many tiles, where nothing has to be done between them.
                tiles = whole && expected == null && packed == null && !asksForB && (TEpilogue.StoresC || inRegisters) ? Math.Min(tilesAtOnce, heights.Alike(rowTile)) : 1;
                nint rows = tiles * height;
                float* c = g.C + ((block.Row + row) * ldc) + column;
                if (expectsC && TEpilogue.HasArray)
                    ahead.ExpectC(epilogue.PlaceInArray(block.Row + row, column, out nint rowOfArray), rowOfArray, height, steps);
                else if (expectsC && rowTile < heights.Count - 1)
                    ahead.ExpectC(c + (height * ldc), ldc, height, steps);
                bool accumulate = TEpilogue.StoresC && (!first || TileRows.Begin<V>(g.Beta, c, ldc, rows, columns)), inPlace = whole && TEpilogue.StoresC;
                if (accumulate && !inPlace)
                    TileRows.Copy<V>(c, ldc, edge, tileColumns, height, columns);
                Tiles run = new()
                {
                    A = a + (row * tileStride),
                    RowStride = rowStride,
                    StepStride = packsA ? height : stepStride,
                    TileStride = height * tileStride,
                    B = b,
                    Ldb = rowOfB,
                    Panel = packed,
                    InPanels = inPanels,
                    C = inPlace ? c : edge,
                    Ldc = inPlace ? ldc : tileColumns,
                    LastVector = columns - V.Count,
                    Steps = steps,
                    Accumulate = accumulate,
                    AsksForB = asksForB,
                    AsksForC = asksForC || (inPanels && TEpilogue.StoresC && GemmBlocking.AsksForC(in g)),
                    Ahead = expected,
                    RowTiles = tiles,
                    ColumnTiles = 1,
                    Row = block.Row + row,
                    Column = column,
                };
                if (inRegisters)
                {
                    TileKernel.Run<V, R, TEpilogue>(height, vectors, in run, ref epilogue);
                    continue;
                }

                TileKernel.Run<V, R>(height, vectors, in run);
                if (!inPlace && TEpilogue.StoresC)
                    TileRows.Copy<V>(edge, tileColumns, c, ldc, height, columns);
                if (last && TEpilogue.StoresC)
                    TileRows.Finish<V, TEpilogue>(ref epilogue, c, ldc, block.Row + row, column, rows, columns);
                else if (last)
                    TileRows.Finish<V, TEpilogue>(ref epilogue, edge, tileColumns, block.Row + row, column, height, columns);
            }
        }
    }

    private static nint Blocks(nint size, nint limit) => (size + limit - 1) / limit;
}
