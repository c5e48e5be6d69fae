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
        nint k = g.K, ldc = g.Ldc, rowStride = g.TransA ? 1 : g.Lda, stepStride = g.TransA ? g.Lda : 1, panelFloats = k * V.Count;
        int columns = (int)share.Columns, vectors = (columns + V.Count - 1) / V.Count;
        float* panels = stackalloc float[NarrowKernel.MaxSteps * Math.Max(V.Count, SummationOrders.FourChainsColumns)];
        for (int vector = 0; vector < vectors; vector++)
        {
            nint column = share.Column + (vector * V.Count);
            int count = Math.Min(columns - (vector * V.Count), V.Count);
            if (g.TransB)
                Packing.Transposed<V>(g.B + (column * g.Ldb), g.Ldb, k, count, panels + (vector * panelFloats), V.Count);
            else
                Packing.Rows<V>(g.B + column, g.Ldb, k, count, panels + (vector * panelFloats), V.Count);
        }

        // What the last vector writes beyond its row, the next rows and the vectors to its left overwrite. (1000 x 3 x 7 X^T dY: +30 %.)
        bool isFull = columns == vectors * V.Count;
        nint lastWholeRow = isFull ? share.Rows : ldc != columns ? 0 : share.Rows + 1 - (((vectors * V.Count) + columns - 1) / columns);
        for (nint done = 0; done < share.Rows; done += RowsInStrip)
        {
            nint row = share.Row + done, rows = Math.Min(RowsInStrip, share.Rows - done);
            float* a = g.A + (row * rowStride), c = g.C + (row * ldc) + share.Column;
            bool accumulate = TileRows.Begin<V>(g.Beta, c, ldc, rows, columns);
            nint whole = accumulate && !isFull ? 0 : Math.Clamp(lastWholeRow - done, 0, rows);
            for (int vector = vectors - 1; vector >= 0; vector--)
            {
                int first = vector * V.Count, count = Math.Min(columns - first, V.Count);
                if (order == SummationOrder.FourChains)
                    NarrowKernel.Run<V, R, N4>(rows, k, a, rowStride, stepStride, panels + (vector * panelFloats), c + first, ldc, count, whole, accumulate);
                else
                    NarrowKernel.Run<V, R, N1>(rows, k, a, rowStride, stepStride, panels + (vector * panelFloats), c + first, ldc, count, whole, accumulate);
                whole = rows;
            }

            TileRows.Finish<V, TEpilogue>(ref epilogue, c, ldc, row, share.Column, rows, columns);
        }
    }
}
