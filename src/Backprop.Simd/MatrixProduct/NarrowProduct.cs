using System.Runtime.CompilerServices;
using Backprop.Simd.Internal.Simd;

namespace Backprop.Simd.Internal.MatrixProduct;

/// <summary>The loop around a narrow B of few steps: orders A and B.</summary>
internal static unsafe class NarrowProduct
{
    // Rows that go to the epilogue together, out of the L1 cache.
    private const int RowsInStrip = 64;

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public static void Run<V, R, TEpilogue>(in GemmArguments g, ref TEpilogue epilogue, SummationOrder order, Block share)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
        where TEpilogue : struct, IEpilogue
    {
        nint k = g.K, ldc = g.Ldc, rowStride = g.TransA ? 1 : g.Lda, stepStride = g.TransA ? g.Lda : 1;
        int columns = (int)share.Columns;
        float* panel = stackalloc float[NarrowKernel.MaxSteps * V.Count];
        if (g.TransB)
            Packing.Transposed<V>(g.B + (share.Column * g.Ldb), g.Ldb, k, columns, panel, V.Count);
        else
            Packing.Rows<V>(g.B + share.Column, g.Ldb, k, columns, panel, V.Count);
        for (nint done = 0; done < share.Rows; done += RowsInStrip)
        {
            nint row = share.Row + done, rows = Math.Min(RowsInStrip, share.Rows - done);
            float* a = g.A + (row * rowStride), c = g.C + (row * ldc) + share.Column;
            bool accumulate = TileRows.Begin<V>(g.Beta, c, ldc, rows, columns);
            // What a whole vector writes beyond its row, the next rows overwrite. (1000 x 3 x 7 X^T dY: +30 %.)
            nint whole = columns == V.Count ? rows : accumulate || ldc != columns ? 0 : Math.Clamp(share.Rows - done + 1 - ((V.Count + columns - 1) / columns), 0, rows);
            if (order == SummationOrder.FourChains)
                NarrowKernel.Run<V, R, N4>(rows, k, a, rowStride, stepStride, panel, c, ldc, columns, whole, accumulate);
            else
                NarrowKernel.Run<V, R, N1>(rows, k, a, rowStride, stepStride, panel, c, ldc, columns, whole, accumulate);
            TileRows.Finish<V, TEpilogue>(ref epilogue, c, ldc, row, share.Column, rows, columns);
        }
    }
}
