using System.Runtime.CompilerServices;
using Backprop.Simd.Internal.Simd;

namespace Backprop.Simd.Internal.MatrixProduct;

/// <summary>The four chains of every sum of C = A B side by side in four lanes of one register: order B with many rows.</summary>
/// <remarks>
/// <code>
///        B:  b[p..p+3, 0] | b[p..p+3, 1] | ...     four steps of as many columns as a vector has fours of lanes, packed so
///  A: a[0, p..p+3], again and again                one load serves 4 steps of a row, for all columns
///     sums:  chains 0..3 of c[0, 0] | chains 0..3 of c[0, 1] | ...
/// </code>
/// All lanes work whatever the number of columns (10 of 12, or with half vectors all, for 10 columns), and there is less than one load for each multiply-add.
/// Rows, vectors and where B is (TSource: 1 packed, 2 in place, 3 packed with one vector beside the others, of up to four rows) are type arguments that the JIT folds, as in <see cref="TileKernel"/>.
/// </remarks>
internal static unsafe class QuadKernel
{
    /// <summary>Steps that one register holds.</summary>
    public const int Steps = 4;
    public const int MaxRows = 8;
    public const int MaxVectors = 4;

    /// <summary>Rows of a tile of so many vectors: their sums, the vectors of B and the four steps of A fit into the registers. (Zen 4, two half vectors: 8 rows 12 %, 7 rows 9 %, 5 rows 3 % less than 6 in 128 x 256 x 4; one, 6 rows 10 % less than 8.)</summary>
    public static int Rows(int vectors) => Math.Min(vectors == 2 ? 6 : MaxRows, (Tiers.HasThirtyTwoRegisters ? 24 : 12) / vectors);

    /// <summary>Vectors of a tile, at most, of so many.</summary>
    public static int Vectors(int vectors) => !Tiers.HasThirtyTwoRegisters ? Math.Min(vectors, 2) : vectors == MaxVectors + 1 ? vectors : Math.Min(vectors, MaxVectors);

    /// <summary>Adds groups of four steps to the sums of 1 to 8 rows and 1 to 5 vectors, as many as <see cref="Rows(int)"/> and <see cref="Vectors(int)"/> allow, and to those of the tiles below, which are as high.</summary>
    /// <remarks>Element (i, p) of A is a[i * lda + p]; a group of B is ldb floats after the one before; the sums of a row are sumsStride floats after those of the row before. If not <c>accumulate</c>, all start from +0.</remarks>
    public static void Run<V, R>(int rows, int vectors, nint groups, float* a, nint lda, float* b, nint ldb, float* sums, nint sumsStride, bool accumulate, nint tiles)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
    {
        switch (vectors)
        {
            case 1:
                Run<V, R, N1, N1>(rows, groups, 0, a, lda, b, ldb, default, sums, sumsStride, accumulate, tiles);
                break;
            case 2:
                Run<V, R, N2, N1>(rows, groups, 0, a, lda, b, ldb, default, sums, sumsStride, accumulate, tiles);
                break;
            case 3:
                Run<V, R, N3, N1>(rows, groups, 0, a, lda, b, ldb, default, sums, sumsStride, accumulate, tiles);
                break;
            case 4:
                Run<V, R, N4, N1>(rows, groups, 0, a, lda, b, ldb, default, sums, sumsStride, accumulate, tiles);
                break;
            case MaxVectors + 1:
                Run<V, R, N4, N3>(rows, groups, 0, a, lda, b, ldb, default, sums, sumsStride, accumulate, tiles);
                break;
        }
    }

    /// <summary>The same for columns that lie side by side, four steps of which are <c>count</c> floats, at most a vector: read where they are, and turned.</summary>
    /// <remarks>The first <c>whole</c> groups may be read as vectors; lane 4 f + p gets element [p, f] by the permutation.</remarks>
    public static void RunInPlace<V, R>(int rows, nint groups, nint whole, float* a, nint lda, float* b, nint count, R turned, float* sums, bool accumulate)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct => Run<V, R, N1, N2>(rows, groups, whole, a, lda, b, count, turned, sums, V.Count, accumulate, 1);

    private static void Run<V, R, TVectors, TSource>(int rows, nint groups, nint whole, float* a, nint lda, float* b, nint ldb, R turned, float* sums, nint sumsStride, bool accumulate, nint tiles)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
        where TVectors : unmanaged
        where TSource : unmanaged
    {
        switch (rows)
        {
            case 1:
                Tile<V, R, N1, TVectors, TSource>(groups, whole, a, lda, b, ldb, turned, sums, sumsStride, accumulate, tiles);
                break;
            case 2:
                Tile<V, R, N2, TVectors, TSource>(groups, whole, a, lda, b, ldb, turned, sums, sumsStride, accumulate, tiles);
                break;
            case 3:
                Tile<V, R, N3, TVectors, TSource>(groups, whole, a, lda, b, ldb, turned, sums, sumsStride, accumulate, tiles);
                break;
            case 4:
                Tile<V, R, N4, TVectors, TSource>(groups, whole, a, lda, b, ldb, turned, sums, sumsStride, accumulate, tiles);
                break;
            case 5:
                Tile<V, R, N5, TVectors, TSource>(groups, whole, a, lda, b, ldb, turned, sums, sumsStride, accumulate, tiles);
                break;
            case 6:
                Tile<V, R, N6, TVectors, TSource>(groups, whole, a, lda, b, ldb, turned, sums, sumsStride, accumulate, tiles);
                break;
            case 7:
                Tile<V, R, N7, TVectors, TSource>(groups, whole, a, lda, b, ldb, turned, sums, sumsStride, accumulate, tiles);
                break;
            case 8:
                Tile<V, R, N8, TVectors, TSource>(groups, whole, a, lda, b, ldb, turned, sums, sumsStride, accumulate, tiles);
                break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Tile<V, R, TRows, TVectors, TSource>(nint groups, nint whole, float* a, nint lda, float* b, nint ldb, R turned, float* sums, nint sumsStride, bool accumulate, nint tiles)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
        where TRows : unmanaged
        where TVectors : unmanaged
        where TSource : unmanaged
    {
        do
        {
            RowOfVectors<V, R, TVectors> c0 = default, c1 = default, c2 = default, c3 = default;
            RowOfVectors<V, R, TVectors> c4 = default, c5 = default, c6 = default, c7 = default;
            R d0 = default, d1 = default, d2 = default, d3 = default;
            nint last = (sizeof(TVectors) - 1) * V.Count;
            if (accumulate)
            {
                Load<V, R, TVectors, TSource>(ref c0, ref d0, sums, last);
                if (sizeof(TRows) > 1)
                    Load<V, R, TVectors, TSource>(ref c1, ref d1, sums + (1 * sumsStride), last);
                if (sizeof(TRows) > 2)
                    Load<V, R, TVectors, TSource>(ref c2, ref d2, sums + (2 * sumsStride), last);
                if (sizeof(TRows) > 3)
                    Load<V, R, TVectors, TSource>(ref c3, ref d3, sums + (3 * sumsStride), last);
                if (sizeof(TRows) > 4)
                    c4.Load(sums + (4 * sumsStride), 0, last);
                if (sizeof(TRows) > 5)
                    c5.Load(sums + (5 * sumsStride), 0, last);
                if (sizeof(TRows) > 6)
                    c6.Load(sums + (6 * sumsStride), 0, last);
                if (sizeof(TRows) > 7)
                    c7.Load(sums + (7 * sumsStride), 0, last);
            }

            // Three rows from each pointer: plain, and with two index registers.
            nint secondRow = 2 * lda, rest = groups - whole;
            float* a0 = a, a3 = a + (3 * lda), a6 = a + (6 * lda), rowOfB = b;
            for (nint group = groups; group > 0; group--)
            {
                // One assignment: written in a branch, the vector would live in memory.
                R first = default;
                if (sizeof(TSource) == 2)
                    first = V.PermuteRegister(group > rest ? V.LoadRegister(rowOfB) : V.Unwrap(V.LoadPartial(rowOfB, (int)ldb)), turned);
                RowOfVectors<V, R, TVectors> x = RowOfVectors<V, R, TVectors>.Of(first);
                if (sizeof(TSource) != 2)
                    x.Load(rowOfB, 0, last);
                R beside = default;
                if (sizeof(TSource) == 3)
                    beside = V.LoadRegister(rowOfB + last + V.Count);
                rowOfB += ldb;

                Add<V, R, TVectors, TSource>(ref c0, ref d0, a0, in x, beside);
                if (sizeof(TRows) > 1)
                    Add<V, R, TVectors, TSource>(ref c1, ref d1, a0 + lda, in x, beside);
                if (sizeof(TRows) > 2)
                    Add<V, R, TVectors, TSource>(ref c2, ref d2, a0 + secondRow, in x, beside);
                if (sizeof(TRows) > 3)
                    Add<V, R, TVectors, TSource>(ref c3, ref d3, a3, in x, beside);
                if (sizeof(TRows) > 4)
                    c4.MultiplyAdd(V.BroadcastFourRegister(a3 + lda), in x);
                if (sizeof(TRows) > 5)
                    c5.MultiplyAdd(V.BroadcastFourRegister(a3 + secondRow), in x);
                if (sizeof(TRows) > 6)
                    c6.MultiplyAdd(V.BroadcastFourRegister(a6), in x);
                if (sizeof(TRows) > 7)
                    c7.MultiplyAdd(V.BroadcastFourRegister(a6 + lda), in x);

                a0 += Steps;
                if (sizeof(TRows) > 3)
                    a3 += Steps;
                if (sizeof(TRows) > 6)
                    a6 += Steps;
            }

            Store<V, R, TVectors, TSource>(in c0, d0, sums, last);
            if (sizeof(TRows) > 1)
                Store<V, R, TVectors, TSource>(in c1, d1, sums + (1 * sumsStride), last);
            if (sizeof(TRows) > 2)
                Store<V, R, TVectors, TSource>(in c2, d2, sums + (2 * sumsStride), last);
            if (sizeof(TRows) > 3)
                Store<V, R, TVectors, TSource>(in c3, d3, sums + (3 * sumsStride), last);
            if (sizeof(TRows) > 4)
                c4.Store(sums + (4 * sumsStride), 0, last);
            if (sizeof(TRows) > 5)
                c5.Store(sums + (5 * sumsStride), 0, last);
            if (sizeof(TRows) > 6)
                c6.Store(sums + (6 * sumsStride), 0, last);
            if (sizeof(TRows) > 7)
                c7.Store(sums + (7 * sumsStride), 0, last);
            a += sizeof(TRows) * lda;
            sums += sizeof(TRows) * sumsStride;
        }
        while (sizeof(TSource) != 2 && --tiles > 0);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Load<V, R, TVectors, TSource>(ref RowOfVectors<V, R, TVectors> row, ref R beside, float* sums, nint last)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
        where TVectors : unmanaged
        where TSource : unmanaged
    {
        row.Load(sums, 0, last);
        if (sizeof(TSource) == 3)
            beside = V.LoadRegister(sums + last + V.Count);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add<V, R, TVectors, TSource>(ref RowOfVectors<V, R, TVectors> row, ref R beside, float* a, in RowOfVectors<V, R, TVectors> x, R y)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
        where TVectors : unmanaged
        where TSource : unmanaged
    {
        R steps = V.BroadcastFourRegister(a);
        row.MultiplyAdd(steps, in x);
        if (sizeof(TSource) == 3)
            beside = V.MultiplyAddRegister(steps, y, beside);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store<V, R, TVectors, TSource>(in RowOfVectors<V, R, TVectors> row, R beside, float* sums, nint last)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
        where TVectors : unmanaged
        where TSource : unmanaged
    {
        row.Store(sums, 0, last);
        if (sizeof(TSource) == 3)
            V.StoreRegister(beside, sums + last + V.Count);
    }
}
