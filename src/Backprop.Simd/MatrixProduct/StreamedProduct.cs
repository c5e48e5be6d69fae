using System.Runtime.CompilerServices;
using Backprop.Simd.Internal.Simd;

namespace Backprop.Simd.Internal.MatrixProduct;

/// <summary>Tiles over a few whole rows of B at a time: order A where few rows of C meet a B from beyond the L2 cache.</summary>
/// <remarks>
/// The prefetchers of the CPU follow a few long rows; of pieces of many rows, a page apart, they follow none. C is loaded and stored once for so few steps, and stays in the L2 cache.
/// </remarks>
internal static unsafe class StreamedProduct
{
    /// <summary>The sums wait in C, or in <paramref name="sums"/> if its rows clash.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public static void Run<V, R, TEpilogue>(in GemmArguments g, ref TEpilogue epilogue, Block share, float* sums)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
        where TEpilogue : struct, IEpilogue
    {
        nint lda = g.Lda, ldb = g.Ldb, ldc = g.Ldc;
        nint rowStride = g.TransA ? 1 : lda, stepStride = g.TransA ? lda : 1;
        bool apart = GemmBlocking.StreamsApart(ldc);
        EvenParts blocks = GemmBlocking.StreamedColumns(share.Columns);
        for (nint block = 0; block < blocks.Count; block++)
        {
            nint done = blocks.StartOf(block) * GemmBlocking.CacheLineFloats, column = share.Column + done;
            nint columns = Math.Min(blocks.SizeOf(block) * GemmBlocking.CacheLineFloats, share.Columns - done);
            float* target = g.C + (share.Row * ldc) + column, c = target;
            nint pitch = ldc;
            if (apart)
            {
                c = sums;
                pitch = GemmBlocking.StreamedPitch(columns);
                if (g.Beta != 0)
                    TileRows.Copy<V>(target, ldc, c, pitch, share.Rows, columns);
            }

            bool accumulate = TileRows.Begin<V>(g.Beta, c, pitch, share.Rows, columns);
            TileColumns widths = GemmBlocking.TilesOfColumns<V>(share.Rows, columns, GemmBlocking.StreamedSteps, packed: false);
            EvenParts heights = GemmBlocking.TilesOfRows(share.Rows, widths.Widest, low: false);
            for (nint step = 0; step < g.K; step += GemmBlocking.StreamedSteps, accumulate = true)
            {
                nint steps = Math.Min(GemmBlocking.StreamedSteps, g.K - step);
                for (nint part = 0, alike; part < heights.Count; part += alike)
                {
                    alike = heights.Alike(part);
                    int height = heights.SizeOf(part);
                    nint row = heights.StartOf(part);
                    for (nint tile = 0, same; tile < widths.Count; tile += same)
                    {
                        same = widths.Alike(tile);
                        nint first = widths.ColumnOf(tile);
                        Tiles tiles = new()
                        {
                            A = g.A + ((share.Row + row) * rowStride) + (step * stepStride),
                            RowStride = rowStride,
                            TileStride = height * rowStride,
                            StepStride = stepStride,
                            B = g.B + (step * ldb) + column + first,
                            Ldb = ldb,
                            C = c + (row * pitch) + first,
                            Ldc = pitch,
                            LastVector = widths.ColumnsOf(tile) - V.Count,
                            Steps = steps,
                            Accumulate = accumulate,
                            RowTiles = alike,
                            ColumnTiles = same,
                        };
                        TileKernel.Run<V, R>(height, widths.WidthOf(tile), in tiles);
                    }
                }
            }

            if (apart)
                TileRows.Copy<V>(c, pitch, target, ldc, share.Rows, columns);
            TileRows.Finish<V, TEpilogue>(ref epilogue, target, ldc, share.Row, column, share.Rows, columns);
        }
    }
}
