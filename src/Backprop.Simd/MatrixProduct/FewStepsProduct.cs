using System.Runtime.CompilerServices;
using Backprop.Simd.Internal.Simd;

namespace Backprop.Simd.Internal.MatrixProduct;

/// <summary>The loop around few steps: order A for k up to 4, a product that does little more than write C.</summary>
/// <remarks>C is written row after row, each from its first to its last column, as memory likes it. B, at most 4 rows, stays in the L1 cache.</remarks>
internal static unsafe class FewStepsProduct
{
    public const int MaxSteps = FewRowsKernel.MaxSteps;

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public static void Run<V, R, TEpilogue>(in GemmArguments g, ref TEpilogue epilogue, Block share, float* scratch)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
        where TEpilogue : struct, IEpilogue
    {
        nint lda = g.Lda, ldc = g.Ldc;
        nint rowStride = g.TransA ? 1 : lda, stepStride = g.TransA ? lda : 1;
        const int RowsOfGroup = FewRowsKernel.MaxRows;
        // A call costs as much as a few hundred floats. What the epilogue gets is still in the L1 cache. (784 x 1 x 128: 31 to 38 GFLOP/s, 500 x 1 x 100: 25 to 33.)
        nint rowsAtOnce = GemmBlocking.GroupsOfFewSteps(share.Columns) * RowsOfGroup;
        bool around = TEpilogue.DoesNothing && GemmBlocking.StoresAround<V>(in g) && GemmBlocking.AlignsRows<V>(in g);
        float* b = g.B + share.Column;
        nint ldb = g.Ldb, pitch = GemmBlocking.PitchAwayFromStores<V>(in g, share);
        float* memory = stackalloc float[(int)(g.K * pitch) + (pitch > 0 ? GemmBlocking.FloatsBesidePlace : 0)];
        if (pitch > 0)
        {
            float* copy = GemmBlocking.InPageAs(g.C + (share.Row * ldc) + share.Column, memory);
            TileRows.Copy<V>(b, ldb, copy, pitch, g.K, share.Columns);
            b = copy;
            ldb = pitch;
        }

        for (nint done = 0, rows; done < share.Rows; done += rows)
        {
            nint row = share.Row + done, left = share.Rows - done;
            rows = left < RowsOfGroup ? left : Math.Min(rowsAtOnce, left / RowsOfGroup * RowsOfGroup);
            nint groups = Math.Max(rows / RowsOfGroup, 1);
            float* c = g.C + (row * ldc) + share.Column;
            bool accumulate = TileRows.Begin<V>(g.Beta, c, ldc, rows, share.Columns);
            FewRowsKernel.Run<V, R>(groups, (int)(rows / groups), FewRowsKernel.Head<V>(c), share.Columns, g.K, g.Alpha, g.A + (row * rowStride), rowStride, stepStride, b, ldb, c, ldc, accumulate, around);
            TileRows.Finish<V, TEpilogue>(ref epilogue, c, ldc, row, share.Column, rows, share.Columns);
        }

        if (around)
            NonTemporal.Fence();
    }
}
