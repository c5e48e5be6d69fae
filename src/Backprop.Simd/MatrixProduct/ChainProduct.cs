using System.Runtime.CompilerServices;
using Backprop.Simd.Internal.Simd;

namespace Backprop.Simd.Internal.MatrixProduct;

/// <summary>The loops around the tile: order A.</summary>
/// <remarks>
/// From the outside: blocks of MC rows, blocks of KC steps, panels of NR columns, tiles of MR rows. A panel of B is packed right before its column of
/// tiles needs it and stays in the L1 cache meanwhile; a block of A stays in the L2 cache while all panels pass. B is read in place where packing
/// would not pay, A always, unless it must be scaled.
/// </remarks>
internal static unsafe class ChainProduct
{
    [SkipLocalsInit]
    public static void Run<V, R, TEpilogue>(in GemmArguments g, ref TEpilogue epilogue, Block share, float* scratch)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
        where TEpilogue : struct, IEpilogue
    {
        float* edge = stackalloc float[14 * 2 * V.Count];
        int tileRows = GemmBlocking.TileRows<V>();
        nint panelColumns = 2 * V.Count;
        nint lda = g.Lda, ldb = g.Ldb, ldc = g.Ldc;
        float* panel = scratch;
        float* scaledA = scratch + (Math.Min(g.K, GemmBlocking.StepsPerBlock) * panelColumns);

        for (nint row = share.Row; row < share.Row + share.Rows; row += GemmBlocking.RowsPerBlock)
        {
            nint rows = Math.Min(GemmBlocking.RowsPerBlock, share.Row + share.Rows - row);
            nint tiles = (rows + tileRows - 1) / tileRows;
            for (nint step = 0; step < g.K; step += GemmBlocking.StepsPerBlock)
            {
                nint steps = Math.Min(GemmBlocking.StepsPerBlock, g.K - step);
                bool first = step == 0, last = step + steps == g.K;
                float* a = g.TransA ? g.A + (step * lda) + row : g.A + (row * lda) + step;
                nint rowStride = g.TransA ? 1 : lda, stepStride = g.TransA ? lda : 1;
                if (g.Alpha != 1)
                {
                    nint outer = g.TransA ? steps : rows, inner = g.TransA ? rows : steps;
                    TileRows.Scale<V>(g.Alpha, a, lda, scaledA, inner, outer, inner);
                    a = scaledA;
                    rowStride = g.TransA ? 1 : inner;
                    stepStride = g.TransA ? inner : 1;
                }

                for (nint column = share.Column; column < share.Column + share.Columns; column += panelColumns)
                {
                    nint columns = Math.Min(panelColumns, share.Column + share.Columns - column);
                    int vectors = columns > V.Count ? 2 : 1;
                    bool whole = columns == vectors * V.Count;
                    float* b = g.TransB ? g.B + (column * ldb) + step : g.B + (step * ldb) + column;
                    nint rowOfB = ldb;
                    if (g.TransB || !whole)
                    {
                        rowOfB = vectors * V.Count;
                        if (g.TransB)
                            Packing.Transposed(b, ldb, steps, columns, panel, rowOfB);
                        else
                            Packing.Rows<V>(b, ldb, steps, columns, panel, rowOfB);
                        b = panel;
                    }

                    // Tiles of nearly equal height: 37 rows are 13 + 12 + 12, not 14 + 14 + 9.
                    nint done = 0;
                    for (nint tile = 0; tile < tiles; tile++)
                    {
                        int height = (int)((rows - done + tiles - tile - 1) / (tiles - tile));
                        float* tileA = a + (done * rowStride);
                        float* c = g.C + ((row + done) * ldc) + column;
                        bool accumulate = !first || TileRows.Begin<V>(g.Beta, c, ldc, height, columns);
                        if (whole)
                        {
                            TileKernel.Run<V, R>(height, vectors, steps, tileA, rowStride, stepStride, b, rowOfB, c, ldc, accumulate);
                        }
                        else
                        {
                            if (accumulate)
                                TileRows.Copy<V>(c, ldc, edge, panelColumns, height, columns);
                            TileKernel.Run<V, R>(height, vectors, steps, tileA, rowStride, stepStride, b, rowOfB, edge, panelColumns, accumulate);
                            TileRows.Copy<V>(edge, panelColumns, c, ldc, height, columns);
                        }

                        if (last)
                            TileRows.Finish<V, TEpilogue>(ref epilogue, c, ldc, row + done, column, height, columns);
                        done += height;
                    }
                }
            }
        }
    }
}
