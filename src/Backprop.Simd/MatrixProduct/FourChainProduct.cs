using System.Runtime.CompilerServices;
using Backprop.Simd.Internal.Simd;

namespace Backprop.Simd.Internal.MatrixProduct;

/// <summary>The loops around the four chains: order B, at most 16 columns.</summary>
internal static unsafe class FourChainProduct
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public static void Run<V, R, TEpilogue>(in GemmArguments g, ref TEpilogue epilogue, Block share, float* scratch)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
        where TEpilogue : struct, IEpilogue
    {
        if (g.TransB)
        {
            // Rows of op(B) are columns of memory: one lane reads them in place. No layer has this product.
            nint groups = g.K / 4 * 4;
            for (nint column = share.Column; column < share.Column + share.Columns; column++)
            {
                float* b = g.B + (column * g.Ldb);
                Columns<F32x1, float, TEpilogue>(in g, ref epilogue, share, column, 1, b, 1, groups, b + groups, scratch);
            }

            return;
        }

        // A full vector at row p reads on into row p + 1, whose values only reach lanes that nobody stores; the last rows, where it would leave B, are copied.
        float* tail = stackalloc float[(V.Count + 5) * V.Count];
        tail = (float*)(((nuint)tail + (nuint)(V.Count * sizeof(float)) - 1) & ~((nuint)(V.Count * sizeof(float)) - 1));
        for (nint column = share.Column; column < share.Column + share.Columns; column += V.Count)
        {
            int count = (int)Math.Min(V.Count, share.Column + share.Columns - column);
            float* b = g.B + column;
            nint overrun = V.Count - (g.N - column);
            nint unsafeRows = overrun <= 0 ? 0 : (overrun + g.Ldb - 1) / g.Ldb;
            nint inPlace = Math.Max(g.K - unsafeRows, 0) / 4 * 4;
            Packing.Rows<V>(b + (inPlace * g.Ldb), g.Ldb, g.K - inPlace, Math.Min(g.N - column, V.Count), tail, V.Count);
            Columns<V, R, TEpilogue>(in g, ref epilogue, share, column, count, b, g.Ldb, inPlace, tail, scratch);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Columns<V, R, TEpilogue>(in GemmArguments g, ref TEpilogue epilogue, Block share, nint column, int count,
        float* b, nint ldb, nint inPlace, float* tail, float* scratch)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
        where TEpilogue : struct, IEpilogue
    {
        float* sums = stackalloc float[TEpilogue.StoresC ? 0 : FourChainKernel.MaxRows * V.Count];
        nint lda = g.Lda, ldc = TEpilogue.StoresC ? g.Ldc : V.Count;
        EvenParts heights = new(share.Rows, GemmBlocking.FourChainRows);
        // One call for many tiles, where nothing has to be done between them.
        nint tilesAtOnce = TEpilogue.StoresC && g.Alpha == 1 ? GemmBlocking.TilesOfRowsAtOnce(heights.Largest, ldc) : 1;
        for (nint tile = 0, tiles; tile < heights.Count; tile += tiles)
        {
            int height = heights.SizeOf(tile);
            tiles = Math.Min(tilesAtOnce, heights.Alike(tile));
            nint row = share.Row + heights.StartOf(tile), rows = tiles * height;
            float* a = g.TransA ? g.A + row : g.A + (row * lda);
            nint rowStride = g.TransA ? 1 : lda, stepStride = g.TransA ? lda : 1;
            if (g.Alpha != 1)
            {
                nint outer = g.TransA ? g.K : height, inner = g.TransA ? height : g.K;
                TileRows.Scale<V>(g.Alpha, a, lda, scratch, inner, outer, inner);
                a = scratch;
                rowStride = g.TransA ? 1 : inner;
                stepStride = g.TransA ? inner : 1;
            }

            float* c = TEpilogue.StoresC ? g.C + (row * ldc) + column : sums;
            bool accumulate = TileRows.Begin<V>(g.Beta, c, ldc, rows, count);
            FourChainKernel.Run<V, R>(height, a, rowStride, stepStride, inPlace / 4, b, ldb, (int)(g.K - inPlace), tail, c, ldc, count, accumulate, tiles);
            TileRows.Finish<V, TEpilogue>(ref epilogue, c, ldc, row, column, rows, count);
        }
    }
}
