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
/// All lanes work whatever the number of columns (10 of 12 for 10 columns), and there is less than one load for each multiply-add.
/// Rows, vectors and whether B is packed (TSource: 1 packed, 2 in place) are type arguments that the JIT folds, as in <see cref="TileKernel"/>.
/// </remarks>
internal static unsafe class QuadKernel
{
    /// <summary>Steps that one register holds.</summary>
    public const int Steps = 4;
    public const int MaxRows = 8;
    public const int MaxVectors = 4;

    /// <summary>Rows of a tile of so many vectors: their sums, the vectors of B and the four steps of A fit into the registers.</summary>
    public static int Rows(int vectors) => Math.Min(MaxRows, (Tiers.HasThirtyTwoRegisters ? 24 : 12) / vectors);

    /// <summary>Vectors of a tile, at most.</summary>
    public static int Vectors => Tiers.HasThirtyTwoRegisters ? MaxVectors : 2;

    /// <summary>Adds groups of four steps to the sums of 1 to 8 rows and 1 to 4 vectors, as many as <see cref="Rows(int)"/> and <see cref="Vectors"/> allow.</summary>
    /// <remarks>Element (i, p) of A is a[i * lda + p]; a group of B is ldb floats after the one before; the sums of a row are sumsStride floats after those of the row before. If not <c>accumulate</c>, all start from +0.</remarks>
    public static void Run<V, R>(int rows, int vectors, nint groups, float* a, nint lda, float* b, nint ldb, float* sums, nint sumsStride, bool accumulate)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
    {
        switch (vectors)
        {
            case 1:
                Run<V, R, N1, N1>(rows, groups, 0, a, lda, b, ldb, default, sums, sumsStride, accumulate);
                break;
            case 2:
                Run<V, R, N2, N1>(rows, groups, 0, a, lda, b, ldb, default, sums, sumsStride, accumulate);
                break;
            case 3:
                Run<V, R, N3, N1>(rows, groups, 0, a, lda, b, ldb, default, sums, sumsStride, accumulate);
                break;
            case 4:
                Run<V, R, N4, N1>(rows, groups, 0, a, lda, b, ldb, default, sums, sumsStride, accumulate);
                break;
        }
    }

    /// <summary>The same for columns that lie side by side, four steps of which are <c>count</c> floats, at most a vector: read where they are, and turned.</summary>
    /// <remarks>The first <c>whole</c> groups may be read as vectors; lane 4 f + p gets element [p, f] by the permutation.</remarks>
    public static void RunInPlace<V, R>(int rows, nint groups, nint whole, float* a, nint lda, float* b, nint count, R turned, float* sums, bool accumulate)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct => Run<V, R, N1, N2>(rows, groups, whole, a, lda, b, count, turned, sums, V.Count, accumulate);

    private static void Run<V, R, TVectors, TSource>(int rows, nint groups, nint whole, float* a, nint lda, float* b, nint ldb, R turned, float* sums, nint sumsStride, bool accumulate)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
        where TVectors : unmanaged
        where TSource : unmanaged
    {
        switch (rows)
        {
            case 1:
                Tile<V, R, N1, TVectors, TSource>(groups, whole, a, lda, b, ldb, turned, sums, sumsStride, accumulate);
                break;
            case 2:
                Tile<V, R, N2, TVectors, TSource>(groups, whole, a, lda, b, ldb, turned, sums, sumsStride, accumulate);
                break;
            case 3:
                Tile<V, R, N3, TVectors, TSource>(groups, whole, a, lda, b, ldb, turned, sums, sumsStride, accumulate);
                break;
            case 4:
                Tile<V, R, N4, TVectors, TSource>(groups, whole, a, lda, b, ldb, turned, sums, sumsStride, accumulate);
                break;
            case 5:
                Tile<V, R, N5, TVectors, TSource>(groups, whole, a, lda, b, ldb, turned, sums, sumsStride, accumulate);
                break;
            case 6:
                Tile<V, R, N6, TVectors, TSource>(groups, whole, a, lda, b, ldb, turned, sums, sumsStride, accumulate);
                break;
            case 7:
                Tile<V, R, N7, TVectors, TSource>(groups, whole, a, lda, b, ldb, turned, sums, sumsStride, accumulate);
                break;
            case 8:
                Tile<V, R, N8, TVectors, TSource>(groups, whole, a, lda, b, ldb, turned, sums, sumsStride, accumulate);
                break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Tile<V, R, TRows, TVectors, TSource>(nint groups, nint whole, float* a, nint lda, float* b, nint ldb, R turned, float* sums, nint sumsStride, bool accumulate)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
        where TRows : unmanaged
        where TVectors : unmanaged
        where TSource : unmanaged
    {
        RowOfVectors<V, R, TVectors> c0 = default, c1 = default, c2 = default, c3 = default;
        RowOfVectors<V, R, TVectors> c4 = default, c5 = default, c6 = default, c7 = default;
        nint last = (sizeof(TVectors) - 1) * V.Count;
        if (accumulate)
        {
            c0.Load(sums, 0, last);
            if (sizeof(TRows) > 1)
                c1.Load(sums + (1 * sumsStride), 0, last);
            if (sizeof(TRows) > 2)
                c2.Load(sums + (2 * sumsStride), 0, last);
            if (sizeof(TRows) > 3)
                c3.Load(sums + (3 * sumsStride), 0, last);
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
        float* a0 = a, a3 = a + (3 * lda), a6 = a + (6 * lda);
        for (; groups > 0; groups--)
        {
            // One assignment: written in a branch, the vector would live in memory.
            R first = default;
            if (sizeof(TSource) == 2)
                first = V.PermuteRegister(groups > rest ? V.LoadRegister(b) : V.Unwrap(V.LoadPartial(b, (int)ldb)), turned);
            RowOfVectors<V, R, TVectors> x = RowOfVectors<V, R, TVectors>.Of(first);
            if (sizeof(TSource) == 1)
                x.Load(b, 0, last);
            b += ldb;

            c0.MultiplyAdd(V.BroadcastFourRegister(a0), in x);
            if (sizeof(TRows) > 1)
                c1.MultiplyAdd(V.BroadcastFourRegister(a0 + lda), in x);
            if (sizeof(TRows) > 2)
                c2.MultiplyAdd(V.BroadcastFourRegister(a0 + secondRow), in x);
            if (sizeof(TRows) > 3)
                c3.MultiplyAdd(V.BroadcastFourRegister(a3), in x);
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

        c0.Store(sums, 0, last);
        if (sizeof(TRows) > 1)
            c1.Store(sums + (1 * sumsStride), 0, last);
        if (sizeof(TRows) > 2)
            c2.Store(sums + (2 * sumsStride), 0, last);
        if (sizeof(TRows) > 3)
            c3.Store(sums + (3 * sumsStride), 0, last);
        if (sizeof(TRows) > 4)
            c4.Store(sums + (4 * sumsStride), 0, last);
        if (sizeof(TRows) > 5)
            c5.Store(sums + (5 * sumsStride), 0, last);
        if (sizeof(TRows) > 6)
            c6.Store(sums + (6 * sumsStride), 0, last);
        if (sizeof(TRows) > 7)
            c7.Store(sums + (7 * sumsStride), 0, last);
    }
}
