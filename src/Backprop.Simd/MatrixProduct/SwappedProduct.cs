using System.Runtime.CompilerServices;
using Backprop.Simd.Internal.Simd;

namespace Backprop.Simd.Internal.MatrixProduct;

/// <summary>C = A B^T as C^T = B A^T, so that lanes are rows of C and A is packed instead of a much larger B, or A fills vectors better: order A.</summary>
/// <remarks>The gradient by the inputs of a small batch, or of a few inputs: W is read in place, along its rows, once for each block of rows. A block of columns of C waits as C^T in the first caches until it is transposed.</remarks>
internal static unsafe class SwappedProduct
{
    public static void Run<V, R, TEpilogue>(in GemmArguments g, ref TEpilogue epilogue, Block share, float* scratch)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
        where TEpilogue : struct, IEpilogue
    {
        nint rowsAtOnce = GemmBlocking.SwappedRows<V>(share.Rows, g.K);
        for (nint done = 0; done < share.Rows; done += rowsAtOnce)
            Rows<V, R, TEpilogue>(in g, ref epilogue, share with { Row = share.Row + done, Rows = Math.Min(rowsAtOnce, share.Rows - done) }, scratch);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Rows<V, R, TEpilogue>(in GemmArguments g, ref TEpilogue epilogue, Block share, float* scratch)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
        where TEpilogue : struct, IEpilogue
    {
        nint width = (share.Rows + V.Count - 1) / V.Count * V.Count, columnsAtOnce = GemmBlocking.SwappedColumns(width);
        float* sums = scratch + (g.K * width), tile = sums + (columnsAtOnce * width);
        bool clashes = GemmBlocking.RowsClash(g.Ldb);
        TileColumns lanes = GemmBlocking.TilesOfColumns<V>(columnsAtOnce, share.Rows, g.K, packed: clashes);
        // Of few columns, each part of A is used at once, out of the L1 cache; for more of them all of it is kept.
        nint stepsAtOnce = share.Columns <= GemmBlocking.ColumnsOfPartsOfA ? GemmBlocking.SwappedSteps(width) : g.K;
        for (nint done = 0; done < share.Columns;)
        {
            nint column = share.Column + done, columns = Math.Min(columnsAtOnce, share.Columns - done);
            nint ldc = TEpilogue.StoresC ? g.Ldc : columnsAtOnce;
            float* c = TEpilogue.StoresC ? g.C + (share.Row * ldc) + column : tile;
            bool accumulate = TileRows.Begin<V>(g.Beta, c, ldc, share.Rows, columns);
            if (accumulate)
                Packing.Transposed<V>(c, ldc, columns, share.Rows, sums, width);
            EvenParts heights = clashes ? GemmBlocking.LowTilesOfRows(columns, lanes.Widest) : GemmBlocking.TilesOfRows(columns, lanes.Widest, low: false);
            for (nint step = 0, steps; step < g.K; step += steps)
            {
                steps = Math.Min(stepsAtOnce, g.K - step);
                if (done == 0)
                    PackRows<V>(in g, share, step, steps, scratch, width);
                for (nint laneTile = 0; laneTile < lanes.Count; laneTile++)
                {
                    nint lane = lanes.ColumnOf(laneTile);
                    int vectors = lanes.WidthOf(laneTile);
                    for (nint part = 0, alike; part < heights.Count; part += alike)
                    {
                        alike = heights.Alike(part);
                        nint first = heights.StartOf(part);
                        TileKernel.Run<V, R>(heights.SizeOf(part), vectors, new()
                        {
                            A = g.B + ((column + first) * g.Ldb) + step,
                            RowStride = g.Ldb,
                            TileStride = heights.SizeOf(part) * g.Ldb,
                            StepStride = 1,
                            B = scratch + lane,
                            Ldb = width,
                            C = sums + (first * width) + lane,
                            Ldc = width,
                            LastVector = (vectors - 1) * V.Count,
                            Steps = steps,
                            Accumulate = accumulate || step > 0,
                            RowTiles = alike,
                            ColumnTiles = 1,
                        });
                    }
                }
            }

            Packing.Transposed<V>(sums, width, share.Rows, columns, c, ldc);
            TileRows.Finish<V, TEpilogue>(ref epilogue, c, ldc, share.Row, column, share.Rows, columns);
            done += columns;
        }
    }

    /// <summary>panel[p, i] = alpha A[i, step + p], +0 in lanes beyond the last row.</summary>
    private static void PackRows<V>(in GemmArguments g, Block share, nint step, nint steps, float* panel, nint width)
        where V : struct, IVectorF32<V>
    {
        if (share.Rows < width)
        {
            float* last = panel + width - V.Count;
            for (nint p = 0; p < steps; p++, last += width)
                V.Store(V.Create(0f), last);
        }

        Packing.Transposed<V>(g.A + (share.Row * g.Lda) + step, g.Lda, steps, share.Rows, panel, width);
        if (g.Alpha != 1)
            TileRows.Scale<V>(g.Alpha, panel, width, panel, width, steps, width);
    }
}
