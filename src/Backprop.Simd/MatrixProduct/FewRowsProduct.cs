using System.Runtime.CompilerServices;
using Backprop.Simd.Internal.Simd;

namespace Backprop.Simd.Internal.MatrixProduct;

/// <summary>The loops around few rows: order A, B as it lies.</summary>
internal static unsafe class FewRowsProduct
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public static void Run<V, R, TEpilogue>(in GemmArguments g, ref TEpilogue epilogue, Block share)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
        where TEpilogue : struct, IEpilogue
    {
        nint lda = g.Lda, ldc = g.Ldc;
        float* a = g.TransA ? g.A + share.Row : g.A + (share.Row * lda);
        nint rowStride = g.TransA ? 1 : lda, stepStride = g.TransA ? lda : 1;
        bool accumulate = TileRows.Begin<V>(g.Beta, g.C + (share.Row * ldc) + share.Column, ldc, share.Rows, share.Columns);

        // From beyond the L2 cache B has to come in long rows. Out of it, short ones do, and C stays in registers.
        bool inStrips = GemmBlocking.ReadsStrips(in g, share), asksAhead = inStrips && GemmBlocking.AsksForStrips(in g, share);
        nint columnsAtOnce = GemmBlocking.FewRowsColumns(share.Rows), ldOfSums = GemmBlocking.PitchOfFewRows(share.Rows);
        bool apart = !inStrips && GemmBlocking.MeetsStores(in g, share);
        float* memory = stackalloc float[apart ? (int)(ldOfSums * share.Rows) + GemmBlocking.FloatsBesidePlace : 0];
        for (nint done = 0; done < share.Columns; done += columnsAtOnce)
        {
            nint column = share.Column + done, columns = Math.Min(columnsAtOnce, share.Columns - done);
            float* c = g.C + (share.Row * ldc) + column;
            nint j = 0;
            if (inStrips)
            {
                // The first vector may share columns with the second one, so that from there on none is loaded from two cache lines. Strips begin at j, the first one with a vector later.
                nint first = done == 0 ? GemmBlocking.ColumnsShared<V>(in g, share) : 0;
                j = -first;
                for (; share.Rows == 1 && Tiers.HasThirtyTwoRegisters && j <= columns - (WideStripKernel.Vectors * V.Count); j += WideStripKernel.Vectors * V.Count)
                    WideStripKernel.Run<V, R>(g.K, g.Alpha, a, stepStride, g.B + column + j, g.Ldb, c + j, accumulate);
                if (columns - j >= V.Count)
                {
                    var strips = new TileColumns(columns - j, (int)((columns - j + V.Count - 1) / V.Count), V.Count, StripKernel.Vectors(share.Rows));
                    nint start = j;
                    for (nint strip = 0; strip < strips.Count && !(strip == strips.Count - 1 && strips.EndsInPartOfVector); strip++, first = 0)
                    {
                        j = start + strips.ColumnOf(strip);
                        StripKernel.Run<V, R>((int)share.Rows, strips.WidthOf(strip), first, strips.ColumnsOf(strip) - V.Count, g.K, g.Alpha, a, rowStride, stepStride, g.B + column + j, g.Ldb, c + j, ldc, accumulate, asksAhead);
                        j += strips.ColumnsOf(strip);
                    }
                }
            }

            float* sums = apart ? GemmBlocking.AwayFrom(g.B + column, memory) : c;
            nint pitch = apart ? ldOfSums : ldc;
            if (apart && accumulate)
                TileRows.Copy<V>(c, ldc, sums, pitch, share.Rows, columns);
            if (j < columns)
                FewRowsKernel.Run<V, R>(1, (int)share.Rows, FewRowsKernel.Head<V>(g.B + column + j), columns - j, g.K, g.Alpha, a, rowStride, stepStride, g.B + column + j, g.Ldb, sums + j, pitch, accumulate, around: false);
            if (apart)
                TileRows.Copy<V>(sums, pitch, c, ldc, share.Rows, columns);
            TileRows.Finish<V, TEpilogue>(ref epilogue, c, ldc, share.Row, column, share.Rows, columns);
        }
    }
}
