using System.Runtime.CompilerServices;
using Backprop.Simd.Internal.Simd;

namespace Backprop.Simd.Internal.MatrixProduct;

/// <summary>The loop around the dot products: order C, A B^T with at most 4 rows.</summary>
internal static unsafe class DotProduct
{
    // Columns whose sums go to the epilogue together: out of the L1 cache, or from 1 KB of stack if it stores no C.
    private const int SumsInStrip = 64;

    public static void Run<V, TEpilogue>(in GemmArguments g, ref TEpilogue epilogue, Block share, float* scratch)
        where V : struct, IVectorF32<V>
        where TEpilogue : struct, IEpilogue
    {
        // 16 lanes made of what this width has; a Vector<float> of another size than these has a CPU of its own ahead.
        if (V.Count == 16)
            OnSixteenLanes<V, V, TEpilogue>(in g, ref epilogue, share, scratch);
        else if (V.Count == 8)
            OnSixteenLanes<V, Pair<V>, TEpilogue>(in g, ref epilogue, share, scratch);
        else if (V.Count == 4)
            OnSixteenLanes<V, Pair<Pair<V>>, TEpilogue>(in g, ref epilogue, share, scratch);
        else
            OnSixteenLanes<V, Pair<Pair<Pair<Pair<F32x1>>>>, TEpilogue>(in g, ref epilogue, share, scratch);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void OnSixteenLanes<V, W, TEpilogue>(in GemmArguments g, ref TEpilogue epilogue, Block share, float* scratch)
        where V : struct, IVectorF32<V>
        where W : struct, IVectorF32<W>
        where TEpilogue : struct, IEpilogue
    {
        float* a = g.A + (share.Row * g.Lda);
        nint lda = g.Lda;
        if (g.Alpha != 1)
        {
            TileRows.Scale<V>(g.Alpha, a, lda, scratch, g.K, share.Rows, g.K);
            a = scratch;
            lda = g.K;
        }

        float* sums = stackalloc float[TEpilogue.StoresC ? 0 : DotKernel.MaxRows * SumsInStrip];
        for (nint done = 0; done < share.Columns; done += SumsInStrip)
        {
            var part = new Block(share.Row, share.Rows, share.Column + done, Math.Min(SumsInStrip, share.Columns - done));
            if (TEpilogue.StoresC)
                Strip<V, W, TEpilogue>(in g, ref epilogue, part, a, lda, g.C + (part.Row * g.Ldc) + part.Column, g.Ldc);
            else
                Strip<V, W, TEpilogue>(in g, ref epilogue, part, a, lda, sums, SumsInStrip);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Strip<V, W, TEpilogue>(in GemmArguments g, ref TEpilogue epilogue, Block share, float* a, nint lda, float* rows, nint ldc)
        where V : struct, IVectorF32<V>
        where W : struct, IVectorF32<W>
        where TEpilogue : struct, IEpilogue
    {
        bool accumulate = TileRows.Begin<V>(g.Beta, rows, ldc, share.Rows, share.Columns);

        // As many sums as registers hold: a width below 16 needs two or four for each.
        int wide = V.Count == 16 || share.Rows == 1 ? 4 : share.Rows == 2 ? 2 : 1;
        bool asksAhead = GemmBlocking.AsksAhead(in g, share);
        nint j = 0;
        for (int columns = wide; columns > 0; columns /= 2)
        {
            for (; j <= share.Columns - columns; j += columns)
                DotKernel.Run<W>((int)share.Rows, columns, g.K, a, lda, g.B + ((share.Column + j) * g.Ldb), g.Ldb, rows + j, ldc, accumulate, asksAhead);
        }

        TileRows.Finish<V, TEpilogue>(ref epilogue, rows, ldc, share.Row, share.Column, share.Rows, share.Columns);
    }
}
