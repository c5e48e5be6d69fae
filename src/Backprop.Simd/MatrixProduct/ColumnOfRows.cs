using System.Runtime.CompilerServices;
using Backprop.Simd.Internal.Simd;

namespace Backprop.Simd.Internal.MatrixProduct;

/// <summary>C = A^T b + beta C, one column whose rows are lanes: order B, the four chains of all sums of a few vectors in registers, each row of A read by whole cache lines.</summary>
/// <remarks>
/// A vector of rows after the other would take one cache line of each row of A, far from the next. (Zen 4, A^T with 256 columns of 128 steps: 18.8 to 38 GFLOP/s, 64 of 64 38 to 46, 1000 of 300 30 to 35, 256 of 1024 7.5 to 37, 1024 of 256 7.5 to 16;
/// AVX2 6.4 to 30, 32 to 41, 1000 of 64 36 to 38. Asking ahead: +4 to +10 %, and -5 to -22 % where columns are a power of two.)
/// </remarks>
internal static unsafe class ColumnOfRows
{
    /// <summary>The four sums of so many vectors fit into registers, beside a vector of A and a broadcast.</summary>
    private static int Vectors => Tiers.HasThirtyTwoRegisters ? 4 : 3;

    /// <summary>At least one vector of rows; alpha is 1, beta 0 or 1, ldc 1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public static void Run<V, R>(in GemmArguments g, Block share)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
    {
        int vectors = (int)((share.Rows + V.Count - 1) / V.Count);
        var tiles = new TileColumns(share.Rows, vectors, V.Count, Vectors);
        for (nint tile = 0; tile < tiles.Count; tile++)
        {
            nint row = share.Row + tiles.ColumnOf(tile), last = tiles.ColumnsOf(tile) - V.Count;
            switch (tiles.WidthOf(tile))
            {
                case 1:
                    Tile<V, R, N1>(in g, row, last);
                    break;
                case 2:
                    Tile<V, R, N2>(in g, row, last);
                    break;
                case 3:
                    Tile<V, R, N3>(in g, row, last);
                    break;
                case 4:
                    Tile<V, R, N4>(in g, row, last);
                    break;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Tile<V, R, TVectors>(in GemmArguments g, nint row, nint last)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
        where TVectors : unmanaged
    {
        float* a = g.A + row, b = g.B, c = g.C + row;
        nint lda = g.Lda, ldb = g.Ldb, left = g.K;
        RowOfVectors<V, R, TVectors> c0 = RowOfVectors<V, R, TVectors>.Zero, c1 = RowOfVectors<V, R, TVectors>.Zero;
        RowOfVectors<V, R, TVectors> c2 = RowOfVectors<V, R, TVectors>.Zero, c3 = RowOfVectors<V, R, TVectors>.Zero;
        if (g.Beta == 1)
            c0.Load(c, last);
        for (; left >= 4; left -= 4, a += 4 * lda, b += 4 * ldb)
        {
            RowOfVectors<V, R, TVectors> x = RowOfVectors<V, R, TVectors>.Zero;
            x.Load(a, last);
            c0.MultiplyAdd(b[0], in x);
            x.Load(a + lda, last);
            c1.MultiplyAdd(b[ldb], in x);
            x.Load(a + (2 * lda), last);
            c2.MultiplyAdd(b[2 * ldb], in x);
            x.Load(a + (3 * lda), last);
            c3.MultiplyAdd(b[3 * ldb], in x);
        }

        RowOfVectors<V, R, TVectors> y = RowOfVectors<V, R, TVectors>.Zero;
        if (left > 0)
        {
            y.Load(a, last);
            c0.MultiplyAdd(b[0], in y);
        }

        if (left > 1)
        {
            y.Load(a + lda, last);
            c1.MultiplyAdd(b[ldb], in y);
        }

        if (left > 2)
        {
            y.Load(a + (2 * lda), last);
            c2.MultiplyAdd(b[2 * ldb], in y);
        }

        c0.Add(in c2);
        c1.Add(in c3);
        c0.Add(in c1);
        c0.Store(c, last);
    }
}
