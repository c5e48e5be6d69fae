using System.Runtime.CompilerServices;
using Backprop.Simd.Internal.Simd;

namespace Backprop.Simd.Internal.MatrixProduct;

/// <summary>C = A^T B + beta C of one to three columns, whose rows are lanes: order B, the four chains of all sums of a few vectors in registers, each row of A read by whole cache lines.</summary>
/// <remarks>
/// A vector of rows after the other would take one cache line of each row of A, far from the next. (Zen 4, A^T with 256 columns of 128 steps: 18.8 to 38 GFLOP/s, 64 of 64 38 to 46, 1000 of 300 30 to 35, 256 of 1024 7.5 to 37, 1024 of 256 7.5 to 16;
/// AVX2 6.4 to 30, 32 to 41, 1000 of 64 36 to 38; two columns, 256 of 128 38 to 58, 119 of 19 22 to 31, three 60 to 75, 64 of 64 57 to 62. Asking ahead: +4 to +10 %, and -5 to -22 % where columns are a power of two.)
/// </remarks>
internal static unsafe class ColumnOfRows
{
    /// <summary>Columns that are computed together.</summary>
    public const int MaxColumns = 3;

    // So many rows of one column are read by aligned vectors where rows of A^T all begin inside one, after a first vector that shares rows with the next.
    // (Zen 4, 16 bytes behind a cache line, A^T with 512 columns of 64 steps: 31 to 42 GFLOP/s, 784 of 128 37 to 51, 1024 of 32 18 to 28, 192 of 32, in the L1 cache, +9 or -14 %, 64 of 100 would lose 11 to 23 %; two and three columns -12 to +6 %; AVX2, 784 of 128 36 to 46.)
    private const int VectorsWorthAligning = 12;

    /// <summary>Whether registers hold more than one vector for two and three columns. (AVX2, one vector: 256 x 128 x 3 24 to 43 GFLOP/s, 1000 x 300 x 2 46 to 35, 784 x 64 x 3 58 to 48.)</summary>
    public static bool HoldsSeveral => Tiers.HasThirtyTwoRegisters;

    // Of so many vectors the four sums of each column fit into registers, beside a vector of A and a broadcast.
    private static int Vectors(int columns) => columns == 1 ? Tiers.HasThirtyTwoRegisters ? 4 : 3 : columns == 2 ? 3 : 2;

    /// <summary>At least one vector of rows; alpha is 1; of one column beta is 0 or 1 and ldc 1, of more beta is 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public static void Run<V, R>(in GemmArguments g, Block share)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
    {
        nint head = FewRowsKernel.Head<V>(g.A + share.Row);
        if (head > 0 && g.Lda % V.Count == 0 && g.Beta == 0 && g.N == 1 && share.Rows >= VectorsWorthAligning * V.Count)
        {
            Run<V, R>(in g, share with { Rows = V.Count });
            share = share with { Row = share.Row + head, Rows = share.Rows - head };
        }

        int vectors = (int)((share.Rows + V.Count - 1) / V.Count);
        var tiles = new TileColumns(share.Rows, vectors, V.Count, Vectors(g.N));
        float* sums = stackalloc float[g.N > 1 ? g.N * tiles.Widest * V.Count : 0];
        for (nint tile = 0; tile < tiles.Count; tile++)
        {
            int vectorsOfTile = tiles.WidthOf(tile);
            nint row = share.Row + tiles.ColumnOf(tile), rows = tiles.ColumnsOf(tile), width = vectorsOfTile * V.Count;
            // One vector that is not full reaches back over rows that are done. Tiles of three and four leave none alone, so that beta is 0 here.
            if (tiles.EndsInPartOfVector && tile == tiles.Count - 1)
            {
                row -= V.Count - rows;
                rows = V.Count;
            }

            float* c = g.N == 1 ? g.C + row : sums;
            switch (g.N)
            {
                case 1:
                    Tile<V, R, N1>(in g, row, vectorsOfTile, rows - V.Count, c, 0);
                    break;
                case 2:
                    Tile<V, R, N2>(in g, row, vectorsOfTile, rows - V.Count, c, width);
                    break;
                case 3:
                    Tile<V, R, N3>(in g, row, vectorsOfTile, rows - V.Count, c, width);
                    break;
            }

            if (g.N > 1)
                Packing.Transposed<V>(sums, width, rows, g.N, g.C + (row * g.Ldc), g.Ldc);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Tile<V, R, TColumns>(in GemmArguments g, nint row, int vectors, nint last, float* c, nint ldc)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
        where TColumns : unmanaged
    {
        switch (vectors)
        {
            case 1:
                Tile<V, R, TColumns, N1>(in g, row, last, c, ldc);
                break;
            case 2:
                Tile<V, R, TColumns, N2>(in g, row, last, c, ldc);
                break;
            case 3 when sizeof(TColumns) < 3:
                Tile<V, R, TColumns, N3>(in g, row, last, c, ldc);
                break;
            case 4 when sizeof(TColumns) == 1:
                Tile<V, R, TColumns, N4>(in g, row, last, c, ldc);
                break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Tile<V, R, TColumns, TVectors>(in GemmArguments g, nint row, nint last, float* c, nint ldc)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
        where TColumns : unmanaged
        where TVectors : unmanaged
    {
        float* a = g.A + row, b = g.B;
        nint lda = g.Lda, ldb = g.Ldb, left = g.K;
        RowOfVectors<V, R, TVectors> c0 = default, c1 = default, c2 = default, c3 = default;
        RowOfVectors<V, R, TVectors> d0 = default, d1 = default, d2 = default, d3 = default;
        RowOfVectors<V, R, TVectors> e0 = default, e1 = default, e2 = default, e3 = default;
        if (g.Beta == 1)
            c0.Load(c, 0, last);
        for (; left >= 4; left -= 4, a += 4 * lda, b += 4 * ldb)
        {
            Step<V, R, TColumns, TVectors>(a, last, b, ref c0, ref d0, ref e0);
            Step<V, R, TColumns, TVectors>(a + lda, last, b + ldb, ref c1, ref d1, ref e1);
            Step<V, R, TColumns, TVectors>(a + (2 * lda), last, b + (2 * ldb), ref c2, ref d2, ref e2);
            Step<V, R, TColumns, TVectors>(a + (3 * lda), last, b + (3 * ldb), ref c3, ref d3, ref e3);
        }

        if (left > 0)
            Step<V, R, TColumns, TVectors>(a, last, b, ref c0, ref d0, ref e0);
        if (left > 1)
            Step<V, R, TColumns, TVectors>(a + lda, last, b + ldb, ref c1, ref d1, ref e1);
        if (left > 2)
            Step<V, R, TColumns, TVectors>(a + (2 * lda), last, b + (2 * ldb), ref c2, ref d2, ref e2);
        Sum(ref c0, ref c1, in c2, in c3);
        c0.Store(c, 0, last);
        if (sizeof(TColumns) > 1)
        {
            Sum(ref d0, ref d1, in d2, in d3);
            d0.Store(c + ldc, 0, last);
        }

        if (sizeof(TColumns) > 2)
        {
            Sum(ref e0, ref e1, in e2, in e3);
            e0.Store(c + (2 * ldc), 0, last);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Step<V, R, TColumns, TVectors>(float* a, nint last, float* b, ref RowOfVectors<V, R, TVectors> c, ref RowOfVectors<V, R, TVectors> d, ref RowOfVectors<V, R, TVectors> e)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
        where TColumns : unmanaged
        where TVectors : unmanaged
    {
        RowOfVectors<V, R, TVectors> x = default;
        x.Load(a, 0, last);
        c.MultiplyAdd(b[0], in x);
        if (sizeof(TColumns) > 1)
            d.MultiplyAdd(b[1], in x);
        if (sizeof(TColumns) > 2)
            e.MultiplyAdd(b[2], in x);
    }

    // The first becomes (first + third) + (second + fourth).
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Sum<V, R, TVectors>(ref RowOfVectors<V, R, TVectors> first, ref RowOfVectors<V, R, TVectors> second, in RowOfVectors<V, R, TVectors> third, in RowOfVectors<V, R, TVectors> fourth)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
        where TVectors : unmanaged
    {
        first.Add(in third);
        second.Add(in fourth);
        first.Add(in second);
    }
}
