using System.Runtime.CompilerServices;
using Backprop.Simd.Internal.Simd;

namespace Backprop.Simd.Internal.MatrixProduct;

/// <summary>C = A^T B + beta C of one to four columns, whose rows are lanes: order B, the four chains of all sums of a few vectors in registers, each row of A read by whole cache lines.</summary>
/// <remarks>
/// A vector of rows after the other would take one cache line of each row of A, far from the next. (Zen 4, A^T with 256 columns of 128 steps: 18.8 to 38 GFLOP/s, 64 of 64 38 to 46, 1000 of 300 30 to 35, 256 of 1024 7.5 to 37, 1024 of 256 7.5 to 16;
/// AVX2 6.4 to 30, 32 to 41, 1000 of 64 36 to 38; two columns, 256 of 128 38 to 58, 119 of 19 22 to 31, three 60 to 75, 64 of 64 57 to 62. Asking ahead: +4 to +10 %, and -5 to -22 % where columns are a power of two.)
/// </remarks>
internal static unsafe class ColumnOfRows
{
    /// <summary>Columns that are computed together; four only chain by chain.</summary>
    public const int MaxColumns = 3;

    // So many rows of one column are read by aligned vectors where rows of A^T all begin inside one, after a first vector that shares rows with the next.
    // (Zen 4, 16 bytes behind a cache line, A^T with 512 columns of 64 steps: 31 to 42 GFLOP/s, 784 of 128 37 to 51, 1024 of 32 18 to 28, 192 of 32, in the L1 cache, +9 or -14 %, 64 of 100 would lose 11 to 23 %; two and three columns -12 to +6 %; AVX2, 784 of 128 36 to 46.)
    private const int VectorsWorthAligning = 12;

    // One chain after the other leaves registers for so many rows that each row of A is read by 256 to 1,024 bytes, not by one to four cache lines. That pays where rows fall into few sets of the caches, and where A is not in them.
    // (Zen 5, A^T with 1024 columns of 256 steps: one column 26 to 36 GFLOP/s, two 26 to 64, three 29 to 98, four 57 to 110; 2048 of 64 33 to 45, 1000 of 300 +10, +14, +22 %, 512 of 64 +1, +2, +19 %;
    // three of 256 columns +20 %, two of 784 would lose 14 %; four always, 784 of 64 118 to 129, 64 of 32 +31 %, 256 of 128 76 to 125. AVX2, one column, 1024 of 256 9.4 to 23, 518 of 549 23 to 28.)
    private const int StepsWorthChainByChain = 16;

    // Vectors of sums of one chain.
    private const int MostSums = 24;

    /// <summary>Whether registers hold more than one vector for two and three columns. (AVX2, one vector: 256 x 128 x 3 24 to 43 GFLOP/s, 1000 x 300 x 2 46 to 35, 784 x 64 x 3 58 to 48.)</summary>
    public static bool HoldsSeveral => Tiers.HasThirtyTwoRegisters;

    /// <summary>Whether four columns are computed here, chain by chain: a last group of rows that is not full computes others again, of which there must not be many.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TakesFour<V>(in GemmArguments g, Block share)
        where V : struct, IVectorF32<V>
    {
        nint wide = 4 * V.Count;
        return g.N == 4 && g.TransA && !g.TransB && g.Alpha == 1 && g.Beta == 0 && HoldsSeveral && V.Count == GemmBlocking.CacheLineFloats && g.K >= StepsWorthChainByChain && share.Rows >= wide && 5 * ((share.Rows + wide - 1) / wide * wide) <= 7 * share.Rows;
    }

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

        if (g.N > MaxColumns || (g.K >= StepsWorthChainByChain && (GemmBlocking.RowsClash((g.N == 1 ? 2 : 4) * g.Lda) || g.K * (nint)g.Lda >= GemmBlocking.FloatsOfSecondCache)))
        {
            nint wide = Quads(g.N) * 4 * V.Count;

            // A part of a vector must not be left alone if C is added to.
            for (; share.Rows >= wide && (g.Beta == 0 || share.Rows == wide || share.Rows > wide + V.Count); share = share with { Row = share.Row + wide, Rows = share.Rows - wide })
                ChainByChain<V, R>(in g, share.Row);
            if (share.Rows == 0)
                return;
            if (g.N > MaxColumns)
            {
                ChainByChain<V, R>(in g, share.Row + share.Rows - wide);
                return;
            }
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

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void ChainByChain<V, R>(in GemmArguments g, nint row)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
    {
        int columns = g.N;
        nint width = Quads(columns) * 4 * V.Count, all = columns * width;
        float* sums = stackalloc float[4 * MostSums * V.Count], c = g.C + (row * g.Ldc);
        for (nint chain = 0; chain < 4; chain++)
        {
            nint steps = (g.K - chain + 3) / 4, lda = 4 * g.Lda, ldb = 4 * g.Ldb;
            float* a = g.A + row + (chain * g.Lda), b = g.B + (chain * g.Ldb), start = g.Beta == 1 && chain == 0 ? c : null, to = sums + (chain * all);
            if (columns == 1 && Tiers.HasThirtyTwoRegisters)
                Chain<V, R, N1, N4>(steps, a, lda, b, ldb, start, to);
            else if (columns == 1)
                Chain<V, R, N1, N3>(steps, a, lda, b, ldb, start, to);
            else if (columns == 2)
                Chain<V, R, N2, N3>(steps, a, lda, b, ldb, start, to);
            else if (columns == 4)
                Chain<V, R, N4, N1>(steps, a, lda, b, ldb, start, to);
            else
                Chain<V, R, N3, N2>(steps, a, lda, b, ldb, start, to);
        }

        float* sum = columns == 1 ? c : sums;
        for (nint i = 0; i < all; i += V.Count)
            V.Store((V.Load(sums + i) + V.Load(sums + (2 * all) + i)) + (V.Load(sums + all + i) + V.Load(sums + (3 * all) + i)), sum + i);
        if (columns > 1)
            Packing.Transposed<V>(sums, width, width, columns, c, g.Ldc);
    }

    // Vectors of rows in fours, such that the sums of all columns fill the registers.
    private static int Quads(int columns) => Tiers.HasThirtyTwoRegisters ? 5 - columns : 3;

    // Sums of one column in three or four quads of vectors, of two in three, of three in two, of four in one.
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Chain<V, R, TColumns, TQuads>(nint steps, float* a, nint lda, float* b, nint ldb, float* start, float* sums)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
        where TColumns : unmanaged
        where TQuads : unmanaged
    {
        nint quad = 4 * V.Count, last = 3 * V.Count, width = sizeof(TQuads) * quad;
        RowOfVectors<V, R, N4> c0 = default, c1 = default, c2 = default, c3 = default;
        RowOfVectors<V, R, N4> d0 = default, d1 = default, d2 = default, d3 = default, e0 = default, e1 = default, e2 = default, e3 = default, f0 = default;
        if (sizeof(TColumns) == 1 && start != null)
        {
            c0.Load(start, 0, last);
            if (sizeof(TQuads) > 1)
                c1.Load(start + quad, 0, last);
            if (sizeof(TQuads) > 2)
                c2.Load(start + (2 * quad), 0, last);
            if (sizeof(TQuads) > 3)
                c3.Load(start + (3 * quad), 0, last);
        }

        for (; steps > 0; steps--, a += lda, b += ldb)
        {
            R s = V.BroadcastRegister(b[0]), t = sizeof(TColumns) > 1 ? V.BroadcastRegister(b[1]) : s, u = sizeof(TColumns) > 2 ? V.BroadcastRegister(b[2]) : s;
            Step<V, R, TColumns>(a, last, s, t, u, ref c0, ref d0, ref e0);
            if (sizeof(TColumns) > 3)
                Step<V, R, N1>(a, last, V.BroadcastRegister(b[3]), s, s, ref f0, ref f0, ref f0);
            if (sizeof(TQuads) > 1)
                Step<V, R, TColumns>(a + quad, last, s, t, u, ref c1, ref d1, ref e1);
            if (sizeof(TQuads) > 2)
                Step<V, R, TColumns>(a + (2 * quad), last, s, t, u, ref c2, ref d2, ref e2);
            if (sizeof(TQuads) > 3)
                Step<V, R, TColumns>(a + (3 * quad), last, s, t, u, ref c3, ref d3, ref e3);
        }

        Store<V, R, TColumns>(sums, width, last, in c0, in d0, in e0);
        if (sizeof(TColumns) > 3)
            f0.Store(sums + (3 * width), 0, last);
        if (sizeof(TQuads) > 1)
            Store<V, R, TColumns>(sums + quad, width, last, in c1, in d1, in e1);
        if (sizeof(TQuads) > 2)
            Store<V, R, TColumns>(sums + (2 * quad), width, last, in c2, in d2, in e2);
        if (sizeof(TQuads) > 3)
            Store<V, R, TColumns>(sums + (3 * quad), width, last, in c3, in d3, in e3);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Step<V, R, TColumns>(float* a, nint last, R s, R t, R u, ref RowOfVectors<V, R, N4> c, ref RowOfVectors<V, R, N4> d, ref RowOfVectors<V, R, N4> e)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
        where TColumns : unmanaged
    {
        RowOfVectors<V, R, N4> x = default;
        x.Load(a, 0, last);
        c.MultiplyAdd(s, in x);
        if (sizeof(TColumns) > 1)
            d.MultiplyAdd(t, in x);
        if (sizeof(TColumns) > 2)
            e.MultiplyAdd(u, in x);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store<V, R, TColumns>(float* sums, nint width, nint last, in RowOfVectors<V, R, N4> c, in RowOfVectors<V, R, N4> d, in RowOfVectors<V, R, N4> e)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
        where TColumns : unmanaged
    {
        c.Store(sums, 0, last);
        if (sizeof(TColumns) > 1)
            d.Store(sums + width, 0, last);
        if (sizeof(TColumns) > 2)
            e.Store(sums + (2 * width), 0, last);
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
