using System.Runtime.CompilerServices;
using Backprop.Simd.Internal.Simd;

namespace Backprop.Simd.Internal.MatrixProduct;

/// <summary>The loops around the tile for few steps: order A, and C once, row after row.</summary>
/// <remarks>
/// A tile of few steps mostly writes C, and memory likes its rows whole; B, shallow too, stays in the caches. One call of the kernel does a group of rows, as many
/// as the L1 cache holds until the epilogue has seen them. (8 x 784 x 128 X^T dY: 173 to 188 GFLOP/s.)
/// </remarks>
internal static unsafe class ShallowProduct
{
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public static void Run<V, R, TEpilogue>(in GemmArguments g, ref TEpilogue epilogue, Block share, float* scratch)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
        where TEpilogue : struct, IEpilogue
    {
        float* edge = stackalloc float[TileKernel.MaxRows * TileKernel.MaxVectors * V.Count];
        nint tileColumns = TileKernel.MaxVectors * V.Count;
        nint ldc = g.Ldc, steps = g.K;
        (nint wholeTiles, nint rest) = Math.DivRem(share.Columns, tileColumns);
        int restVectors = rest > V.Count ? 2 : 1;
        float* b = g.B + share.Column, restB = scratch;
        nint ldb = g.Ldb, ldbRest = restVectors * V.Count;
        var heights = new TileHeights(share.Rows, GemmBlocking.TileRows<V>());
        if (GemmBlocking.CopiesShallowB<V>(heights.Count, ldb))
        {
            b = scratch;
            ldb = ldbRest = GemmBlocking.ShallowPitch(share.Columns);
            Packing.Rows<V>(g.B + share.Column, g.Ldb, steps, share.Columns, b, ldb);
            restB = b + (wholeTiles * tileColumns);
        }
        else if (rest > 0)
        {
            Packing.Rows<V>(b + (wholeTiles * tileColumns), ldb, steps, rest, restB, ldbRest);
        }

        bool copiesA = g.Alpha != 1 || GemmBlocking.CopiesA<V>(in g);
        float* copy = scratch + GemmBlocking.ShallowFloats(g.TransA, g.TransB, g.N, g.K, g.Ldb);
        nint tilesAtOnce = GemmBlocking.TilesOfRowsAtOnce(heights.HeightOf(0), share.Columns);
        for (nint first = 0, tiles; first < heights.Count; first += tiles)
        {
            int height = heights.HeightOf(first);
            tiles = Math.Min(tilesAtOnce, heights.Alike(first));
            nint row = share.Row + heights.RowOf(first), rows = tiles * height;

            float* a = g.TransA ? g.A + row : g.A + (row * g.Lda);
            nint rowStride = g.TransA ? 1 : g.Lda, stepStride = g.TransA ? g.Lda : 1;
            if (copiesA)
            {
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
            if (wholeTiles > 0)
                TileKernel.Run<V, R>(height, TileKernel.MaxVectors, steps, a, rowStride, stepStride, b, ldb, c, ldc, accumulate, null, tiles, wholeTiles);
            for (nint tile = 0; rest > 0 && tile < tiles; tile++)
            {
                float* restC = c + (tile * height * ldc) + (wholeTiles * tileColumns);
                if (accumulate)
                    TileRows.Copy<V>(restC, ldc, edge, tileColumns, height, rest);
                TileKernel.Run<V, R>(height, restVectors, steps, a + (tile * height * rowStride), rowStride, stepStride, restB, ldbRest, edge, tileColumns, accumulate, null, 1, 1);
                TileRows.Copy<V>(edge, tileColumns, restC, ldc, height, rest);
            }

            TileRows.Finish<V, TEpilogue>(ref epilogue, c, ldc, row, share.Column, rows, share.Columns);
        }
    }
}
