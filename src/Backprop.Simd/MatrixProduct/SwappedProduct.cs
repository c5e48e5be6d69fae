using System.Runtime.CompilerServices;
using Backprop.Simd.Internal.Simd;

namespace Backprop.Simd.Internal.MatrixProduct;

/// <summary>C = op(A) op(B) as C^T = op(B)^T op(A)^T, so that lanes are rows of C and A is packed instead of a much larger B, or the rows of C fill vectors better than its columns: order A.</summary>
/// <remarks>
/// The gradient by the inputs of a small batch, or of a few inputs: W is read in place, along its rows, once for each block of rows. Products of 17 to 112 columns whose last ones
/// would leave lanes idle: A is turned, A^T read in place. A block of columns of C waits as C^T in the first caches until it is transposed.
/// </remarks>
internal static unsafe class SwappedProduct
{
    public static void Run<V, R, TEpilogue>(in GemmArguments g, ref TEpilogue epilogue, Block share, float* scratch)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
        where TEpilogue : struct, IEpilogue
    {
        nint rowsAtOnce = GemmBlocking.SwappedRows<V>(in g, share);
        for (nint done = 0; done < share.Rows; done += rowsAtOnce)
            Rows<V, R, TEpilogue>(in g, ref epilogue, share with { Row = share.Row + done, Rows = Math.Min(rowsAtOnce, share.Rows - done) }, scratch);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Rows<V, R, TEpilogue>(in GemmArguments g, ref TEpilogue epilogue, Block share, float* scratch)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
        where TEpilogue : struct, IEpilogue
    {
        // A last vector that is not full reaches back over rows of the one before it.
        bool inPlace = g.TransA && g.Alpha == 1 && !GemmBlocking.RowsClash(g.Lda) && share.Rows >= V.Count;
        nint width = (share.Rows + V.Count - 1) / V.Count * V.Count, columnsAtOnce = GemmBlocking.SwappedColumns(width);
        nint stepsAtOnce = inPlace ? g.K : GemmBlocking.SwappedSteps<V>(in g, share, width, columnsAtOnce);
        float* sums = scratch + (stepsAtOnce * width), tile = sums + (columnsAtOnce * width);
        nint strideOfColumns = g.TransB ? g.Ldb : 1, strideOfSteps = g.TransB ? 1 : g.Ldb;
        bool clashes = g.TransB && GemmBlocking.RowsClash(g.Ldb);
        TileColumns lanes = GemmBlocking.TilesOfColumns<V>(columnsAtOnce, inPlace ? share.Rows : width, g.K, packed: clashes);
        for (nint done = 0; done < share.Columns;)
        {
            nint column = share.Column + done, columns = Math.Min(columnsAtOnce, share.Columns - done);
            nint ldc = TEpilogue.StoresC ? g.Ldc : columnsAtOnce;
            float* c = TEpilogue.StoresC ? g.C + (share.Row * ldc) + column : tile;
            bool accumulate = TileRows.Begin<V>(g.Beta, c, ldc, share.Rows, columns);
            if (accumulate)
                Packing.Transposed<V>(c, ldc, columns, share.Rows, sums, width);
            for (nint step = 0, steps; step < g.K; step += steps)
            {
                steps = Math.Min(stepsAtOnce, g.K - step);
                bool turns = done == 0 && GemmBlocking.TurnsInTile<V>(in g, width, share.Rows, steps);
                if (turns)
                {
                    nint rest = steps % TileKernel.StepsTurned;
                    PackRows<V>(in g, share, step, TileKernel.StepsTurnedBefore, scratch, width);
                    if (rest > 0)
                        PackRows<V>(in g, share, step + steps - rest, rest, scratch + ((steps - rest) * width), width);
                }
                else if (done == 0 && !inPlace)
                {
                    PackRows<V>(in g, share, step, steps, scratch, width);
                }

                float* b = inPlace ? g.A + (step * g.Lda) + share.Row : scratch;
                for (nint laneTile = 0, sameLanes; laneTile < lanes.Count; laneTile += sameLanes)
                {
                    sameLanes = lanes.Alike(laneTile);
                    nint lane = lanes.ColumnOf(laneTile);
                    int wide = lanes.WidthOf(laneTile);
                    EvenParts heights = clashes ? GemmBlocking.LowTilesOfRows(columns, wide) : GemmBlocking.TilesOfRows(columns, wide, low: false);
                    for (nint part = 0, alike; part < heights.Count; part += alike)
                    {
                        bool turnsNow = turns && laneTile == 0 && part == 0;
                        alike = turnsNow ? 1 : heights.Alike(part);
                        nint first = heights.StartOf(part);
                        TileKernel.Run<V, R>(heights.SizeOf(part), wide, new()
                        {
                            A = g.B + ((column + first) * strideOfColumns) + (step * strideOfSteps),
                            RowStride = strideOfColumns,
                            TileStride = heights.SizeOf(part) * strideOfColumns,
                            StepStride = strideOfSteps,
                            B = b + lane,
                            Ldb = inPlace ? g.Lda : width,
                            Turned = turnsNow ? g.A + (share.Row * g.Lda) + step : null,
                            LdOfTurned = g.Lda,
                            C = sums + (first * width) + lane,
                            Ldc = width,
                            LastVector = lanes.ColumnsOf(laneTile) - V.Count,
                            Steps = steps,
                            Accumulate = accumulate || step > 0,
                            RowTiles = alike,
                            ColumnTiles = sameLanes,
                        });
                    }
                }
            }

            Packing.Transposed<V>(sums, width, share.Rows, columns, c, ldc);
            TileRows.Finish<V, TEpilogue>(ref epilogue, c, ldc, share.Row, column, share.Rows, columns);
            done += columns;
        }
    }

    /// <summary>panel[p, i] = alpha op(A)[i, step + p], +0 in lanes beyond the last row.</summary>
    private static void PackRows<V>(in GemmArguments g, Block share, nint step, nint steps, float* panel, nint width)
        where V : struct, IVectorF32<V>
    {
        if (share.Rows < width)
        {
            float* last = panel + width - V.Count;
            for (nint p = 0; p < steps; p++, last += width)
                V.Store(V.Create(0f), last);
        }

        if (g.TransA)
            Packing.Rows<V>(g.A + share.Row + (step * g.Lda), g.Lda, steps, share.Rows, panel, width);
        else
            Packing.Transposed<V>(g.A + (share.Row * g.Lda) + step, g.Lda, steps, share.Rows, panel, width);
        if (g.Alpha != 1)
            TileRows.Scale<V>(g.Alpha, panel, width, panel, width, steps, width);
    }
}
