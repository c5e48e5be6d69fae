using System.Runtime.CompilerServices;
using Backprop.Simd.Internal.Simd;

namespace Backprop.Simd.Internal.MatrixProduct;

/// <summary>The loop around the dot products: order C, A B^T with at most 4 rows.</summary>
internal static unsafe class DotProduct
{
    // Columns whose sums go to the epilogue together: out of the L1 cache, or from 1 KB of stack if it stores no C.
    private const int SumsInStrip = 64;

    public static void Run<V, R, TEpilogue>(in GemmArguments g, ref TEpilogue epilogue, Block share, float* scratch)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
        where TEpilogue : struct, IEpilogue
    {
        // 16 lanes made of what this width has, or of fours, which every CPU has or .NET replaces.
        if (V.Count == 16)
            OnSixteenLanes<V, R, V, R, N1, TEpilogue>(in g, ref epilogue, share, scratch);
        else if (V.Count == 8)
            OnSixteenLanes<V, R, V, R, N2, TEpilogue>(in g, ref epilogue, share, scratch);
        else if (V.Count == 4)
            OnSixteenLanes<V, R, V, R, N4, TEpilogue>(in g, ref epilogue, share, scratch);
        else
            OnSixteenLanes<V, R, F32x4, RegisterF32x4, N4, TEpilogue>(in g, ref epilogue, share, scratch);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void OnSixteenLanes<V, R, W, S, TVectors, TEpilogue>(in GemmArguments g, ref TEpilogue epilogue, Block share, float* scratch)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
        where W : struct, IVectorF32<W>, IRegisters<W, S>
        where S : struct
        where TVectors : unmanaged
        where TEpilogue : struct, IEpilogue
    {
        float* a = g.A + (share.Row * g.Lda);
        nint lda = g.Lda;
        int head = V.Count == GemmBlocking.CacheLineFloats && GemmBlocking.TurnsLanes(in g, share) ? GemmBlocking.HeadOf(g.B) : 0;
        if (g.Alpha != 1 || head > 0 || GemmBlocking.AlignsRowsOfA(in g, share))
        {
            nint shift = head > 0 ? V.Count - head : 0;
            lda = GemmBlocking.WholeLines(shift + g.K);
            for (nint i = 0; head > 0 && i < share.Rows; i++)
                V.Store(V.Create(-0f), scratch + (i * lda));
            TileRows.Scale<V>(g.Alpha, a, g.Lda, scratch + shift, lda, share.Rows, g.K);
            a = scratch;
        }

        float* sums = stackalloc float[TEpilogue.StoresC ? 0 : DotKernel.MaxRows * SumsInStrip];
        for (nint done = 0; done < share.Columns; done += SumsInStrip)
        {
            var part = new Block(share.Row, share.Rows, share.Column + done, Math.Min(SumsInStrip, share.Columns - done));
            if (TEpilogue.StoresC)
                Strip<V, R, W, S, TVectors, TEpilogue>(in g, ref epilogue, part, a, lda, head, g.C + (part.Row * g.Ldc) + part.Column, g.Ldc);
            else
                Strip<V, R, W, S, TVectors, TEpilogue>(in g, ref epilogue, part, a, lda, head, sums, SumsInStrip);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Strip<V, R, W, S, TVectors, TEpilogue>(in GemmArguments g, ref TEpilogue epilogue, Block share, float* a, nint lda, int head, float* rows, nint ldc)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
        where W : struct, IVectorF32<W>, IRegisters<W, S>
        where S : struct
        where TVectors : unmanaged
        where TEpilogue : struct, IEpilogue
    {
        bool accumulate = TileRows.Begin<V>(g.Beta, rows, ldc, share.Rows, share.Columns);

        // As many sums as registers hold: a width below 16 needs two or four for each.
        int wide = V.Count == 16 || share.Rows == 1 ? 4 : share.Rows == 2 ? 2 : 1;
        bool asksAhead = GemmBlocking.AsksAhead(in g, share);
        bool inTurn = V.Count == 16 && GemmBlocking.ReadsInTurn(in g, share);
        bool inRegisters = V.Count == 16 && share.Rows == 1 && g.K - head >= V.Count && g.K - head < (RowDotKernel.MaxVectorsInRegisters + 1) * V.Count;
        nint j = 0;
        for (int columns = wide; columns > 0; columns /= 2)
        {
            nint groups = (share.Columns - j) / columns;
            if (groups == 0)
                continue;
            float* b = g.B + ((share.Column + j) * g.Ldb);
            if (inRegisters && columns == RowDotKernel.Columns && head > 0)
                RowDotKernel.InRegisters<V, R, N2>(groups, g.K, a, b, g.Ldb, rows + j, accumulate);
            else if (inRegisters && columns == RowDotKernel.Columns)
                RowDotKernel.InRegisters<V, R, N1>(groups, g.K, a, b, g.Ldb, rows + j, accumulate);
            else if (inTurn && columns == RowDotKernel.Columns && head > 0)
                RowDotKernel.InTurn<V, R, N2>(groups, g.K, a, b, g.Ldb, rows + j, accumulate);
            else if (inTurn && columns == RowDotKernel.Columns)
                RowDotKernel.InTurn<V, R, N1>(groups, g.K, a, b, g.Ldb, rows + j, accumulate);
            else if (head > 0)
                DotKernel.Run<W, S, TVectors, N2>((int)share.Rows, columns, groups, g.K, a, lda, b, g.Ldb, rows + j, ldc, accumulate, asksAhead: false);
            else
                DotKernel.Run<W, S, TVectors, N1>((int)share.Rows, columns, groups, g.K, a, lda, b, g.Ldb, rows + j, ldc, accumulate, asksAhead);
            j += groups * columns;
        }

        TileRows.Finish<V, TEpilogue>(ref epilogue, rows, ldc, share.Row, share.Column, share.Rows, share.Columns);
    }
}
