using System.Runtime.CompilerServices;
using Backprop.Simd.Internal.Simd;

namespace Backprop.Simd.Internal.MatrixProduct;

/// <summary>C = x y^T (+ C) with more columns than <see cref="OuterProduct"/> takes, C's rows one after the other: the weight gradient of one example.</summary>
/// <remarks>
/// C is nothing but stores, and one that crosses a cache line counts twice: so it is written as whole aligned vectors, the last one of a row together with the start of the next.
/// (Zen 4, 784 x 128 36 to 46 GFLOP/s, aligned 43 to 47; 100 x 300 34 to 45, 300 x 77 26 to 42; AVX2, 784 x 128 26 to 46, 700 x 77 23 to 44. Two to four steps the same way, which would read B for each row of C, -43 to +7 %.)
/// </remarks>
internal static unsafe class WideOuterProduct
{
    private const int MaxColumns = 4096;

    // Of fewer columns only those that do not end with a cache line: a row has too few vectors. (Zen 4, 200 x 48 36 % more if C begins inside a vector, 8 % less if it does not; 300 x 23 -18 %.)
    private const int MinColumns = 64;
    private const int MinUnevenColumns = 25;
    private const int ColumnsWorthHalfVectors = 100;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Takes<V, TEpilogue>(in GemmArguments g, Block share)
        where V : struct, IVectorF32<V>
        where TEpilogue : struct, IEpilogue =>
        TEpilogue.DoesNothing && g.K == 1 && g.Ldc == g.N && share.Columns == g.N && (g.N >= MinColumns || (g.N >= MinUnevenColumns && g.N % GemmBlocking.CacheLineFloats != 0)) && g.N <= MaxColumns
        && g.Alpha == 1 && g.Beta is 0 or 1 && !g.TransB && (nint)g.C % sizeof(float) == 0 && !GemmBlocking.StoresAround<V>(in g);

    /// <summary>Where 512-bit vectors are split, long rows are stored faster by half vectors. (Zen 4, 784 x 128 43 to 46 GFLOP/s, aligned 44.7 to 46.5, 10 x 1000 +7 %, 500 x 2048 +4 %; 200 x 48 -9 %.)</summary>
    public static void Run<V>(in GemmArguments g, Block share)
        where V : struct, IVectorF32<V>
    {
        if (Tiers.HasHalf<V>() && CpuModel.SplitsWideVectors && g.N >= ColumnsWorthHalfVectors)
            Rows<F32x8>(in g, share);
        else
            Rows<V>(in g, share);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Rows<V>(in GemmArguments g, Block share)
        where V : struct, IVectorF32<V>
    {
        nint columns = g.N, rowStride = g.TransA ? 1 : g.Lda, rows = share.Rows;
        bool accumulate = g.Beta == 1;
        float* x = g.A + (share.Row * rowStride), c = g.C + (share.Row * columns);

        // y, and its start again, in its cache lines as C is: then loads cross none either, where rows are whole lines. (Zen 4, 784 x 128: 40 to 46 GFLOP/s, if the stack lies otherwise.)
        float* memory = stackalloc float[(int)columns + V.Count + (2 * GemmBlocking.CacheLineFloats)];
        float* y = memory + GemmBlocking.HeadOf(memory) + GemmBlocking.CacheLineFloats - GemmBlocking.HeadOf(c);
        var row = new ReadOnlySpan<float>(g.B, (int)columns);
        row.CopyTo(new Span<float>(y, (int)columns));
        row[..V.Count].CopyTo(new Span<float>(y + columns, V.Count));
        V lanes = V.IntToFloat(V.IndicesInt), zero = V.Create(0f), factor = V.Create(*x);
        nint column = FewRowsKernel.Head<V>(c);
        if (column > 0)
            V.StorePartial(V.MultiplyAdd(factor, V.LoadPartial(y, (int)column), accumulate ? V.LoadPartial(c, (int)column) : zero), c, (int)column);
        for (; ; c += columns)
        {
            // Loads before stores, since a store may lie where the next load does, but for a multiple of 4 KB.
            for (; !accumulate && column <= columns - (4 * V.Count); column += 4 * V.Count)
            {
                float* at = y + column, to = c + column;
                V y0 = V.Load(at), y1 = V.Load(at + V.Count), y2 = V.Load(at + (2 * V.Count)), y3 = V.Load(at + (3 * V.Count));
                V.Store(V.MultiplyAdd(factor, y0, zero), to);
                V.Store(V.MultiplyAdd(factor, y1, zero), to + V.Count);
                V.Store(V.MultiplyAdd(factor, y2, zero), to + (2 * V.Count));
                V.Store(V.MultiplyAdd(factor, y3, zero), to + (3 * V.Count));
            }

            for (; column <= columns - V.Count; column += V.Count)
                V.Store(V.MultiplyAdd(factor, V.Load(y + column), accumulate ? V.Load(c + column) : zero), c + column);
            int rest = (int)(columns - column);
            if (--rows == 0)
            {
                if (rest > 0)
                    V.StorePartial(V.MultiplyAdd(factor, V.LoadPartial(y + column, rest), accumulate ? V.LoadPartial(c + column, rest) : zero), c + column, rest);
                return;
            }

            x += rowStride;
            V next = V.Create(*x);
            if (rest > 0)
            {
                V both = V.SelectLess(lanes, V.Create((float)rest), factor, next);
                V.Store(V.MultiplyAdd(both, V.Load(y + column), accumulate ? V.Load(c + column) : zero), c + column);
                column += V.Count;
            }

            column -= columns;
            factor = next;
        }
    }
}
