using System.Runtime.CompilerServices;
using Backprop.Simd.Internal.Simd;

namespace Backprop.Simd.Internal.MatrixProduct;

/// <summary>C[0, j] += one row of A times B's row j, for groups of four rows of B: order C on vectors of 16 lanes, which may be turned (THead) as in <see cref="DotKernel"/>. That one does several rows of A, and what is left of B.</summary>
internal static unsafe class RowDotKernel
{
    /// <summary>Rows of B in a group.</summary>
    public const int Columns = 4;

    private const int BlockVectors = 8;

    /// <summary>Adds to the sums of groups of four rows of B, read one after the other, as they lie in memory.</summary>
    /// <remarks>Four side by side hide from the CPU's prefetchers: a line of B out of the L2 cache then takes 2.0 cycles, else 1.4 (Zen 5).</remarks>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public static void InTurn<V, R, THead>(nint groups, nint k, float* a, float* b, nint ldb, float* c, bool accumulate)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
        where THead : unmanaged
    {
        int head = sizeof(THead) > 1 ? GemmBlocking.HeadOf(b) : 0;
        nint blocks = (k - head) / (BlockVectors * V.Count);
        R first = V.LoadRegister(a), order = V.Unwrap(V.AddInt(V.IndicesInt, V.CreateInt(head)) & V.CreateInt(V.Count - 1));
        float* whole = sizeof(THead) > 1 ? a + V.Count : a;
        for (; groups > 0; groups--, b += Columns * ldb, c += Columns)
        {
            float* b0 = b + head, b1 = b0 + ldb, b2 = b1 + ldb, b3 = b2 + ldb, from = whole;
            R sum0 = default, sum1 = default, sum2 = default, sum3 = default;
            if (accumulate)
            {
                sum0 = V.Unwrap(V.LoadPartial(c, 1));
                sum1 = V.Unwrap(V.LoadPartial(c + 1, 1));
                sum2 = V.Unwrap(V.LoadPartial(c + 2, 1));
                sum3 = V.Unwrap(V.LoadPartial(c + 3, 1));
            }

            if (sizeof(THead) > 1)
            {
                sum0 = Head<V, R>(first, b, head, order, sum0);
                sum1 = Head<V, R>(first, b + ldb, head, order, sum1);
                sum2 = Head<V, R>(first, b + (2 * ldb), head, order, sum2);
                sum3 = Head<V, R>(first, b + (3 * ldb), head, order, sum3);
            }

            for (nint block = blocks; block > 0; block--)
            {
                R x0 = V.LoadRegister(from), x1 = V.LoadRegister(from + V.Count), x2 = V.LoadRegister(from + (2 * V.Count)), x3 = V.LoadRegister(from + (3 * V.Count));
                R x4 = V.LoadRegister(from + (4 * V.Count)), x5 = V.LoadRegister(from + (5 * V.Count)), x6 = V.LoadRegister(from + (6 * V.Count)), x7 = V.LoadRegister(from + (7 * V.Count));
                sum0 = UpToEight<V, R, N8>(b0, x0, x1, x2, x3, x4, x5, x6, x7, sum0);
                sum1 = UpToEight<V, R, N8>(b1, x0, x1, x2, x3, x4, x5, x6, x7, sum1);
                sum2 = UpToEight<V, R, N8>(b2, x0, x1, x2, x3, x4, x5, x6, x7, sum2);
                sum3 = UpToEight<V, R, N8>(b3, x0, x1, x2, x3, x4, x5, x6, x7, sum3);
                from += BlockVectors * V.Count;
                b0 += BlockVectors * V.Count;
                b1 += BlockVectors * V.Count;
                b2 += BlockVectors * V.Count;
                b3 += BlockVectors * V.Count;
            }

            nint rest = k - head - (blocks * BlockVectors * V.Count);
            if (rest > 0)
            {
                sum0 = Rest<V, R>(rest, from, b0, sum0);
                sum1 = Rest<V, R>(rest, from, b1, sum1);
                sum2 = Rest<V, R>(rest, from, b2, sum2);
                sum3 = Rest<V, R>(rest, from, b3, sum3);
            }

            V.SumHalves(V.Wrap(sum0), V.Wrap(sum1), V.Wrap(sum2), V.Wrap(sum3), c);
        }
    }

    /// <summary>Vectors of a row of A that registers hold beside four sums.</summary>
    public const int MaxVectorsInRegisters = 2 * BlockVectors;

    /// <summary>The same where registers hold the row of A for all groups: 1 to 16 vectors and a part of one.</summary>
    public static void InRegisters<V, R, THead>(nint groups, nint k, float* a, float* b, nint ldb, float* c, bool accumulate)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
        where THead : unmanaged
    {
        nint vectors = (k - (sizeof(THead) > 1 ? GemmBlocking.HeadOf(b) : 0)) / V.Count;
        if (vectors > BlockVectors)
            Vectors<V, R, N8, THead>(vectors - BlockVectors, groups, k, a, b, ldb, c, accumulate);
        else
            Vectors<V, R, N1, THead>(vectors, groups, k, a, b, ldb, c, accumulate);
    }

    private static void Vectors<V, R, TFirst, THead>(nint vectors, nint groups, nint k, float* a, float* b, nint ldb, float* c, bool accumulate)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
        where TFirst : unmanaged
        where THead : unmanaged
    {
        switch (vectors)
        {
            case 1:
                InRegisters<V, R, TFirst, N1, THead>(groups, k, a, b, ldb, c, accumulate);
                break;
            case 2:
                InRegisters<V, R, TFirst, N2, THead>(groups, k, a, b, ldb, c, accumulate);
                break;
            case 3:
                InRegisters<V, R, TFirst, N3, THead>(groups, k, a, b, ldb, c, accumulate);
                break;
            case 4:
                InRegisters<V, R, TFirst, N4, THead>(groups, k, a, b, ldb, c, accumulate);
                break;
            case 5:
                InRegisters<V, R, TFirst, N5, THead>(groups, k, a, b, ldb, c, accumulate);
                break;
            case 6:
                InRegisters<V, R, TFirst, N6, THead>(groups, k, a, b, ldb, c, accumulate);
                break;
            case 7:
                InRegisters<V, R, TFirst, N7, THead>(groups, k, a, b, ldb, c, accumulate);
                break;
            case 8:
                InRegisters<V, R, TFirst, N8, THead>(groups, k, a, b, ldb, c, accumulate);
                break;
        }
    }

    // TFirst is N8 if there are 8 vectors before those of TVectors, else N1.
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void InRegisters<V, R, TFirst, TVectors, THead>(nint groups, nint k, float* a, float* b, nint ldb, float* c, bool accumulate)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
        where TFirst : unmanaged
        where TVectors : unmanaged
        where THead : unmanaged
    {
        int head = sizeof(THead) > 1 ? GemmBlocking.HeadOf(b) : 0;
        int start = sizeof(TFirst) == BlockVectors ? BlockVectors * V.Count : 0, whole = start + (sizeof(TVectors) * V.Count), rest = (int)(k - head - whole);
        R first = V.LoadRegister(a), order = V.Unwrap(V.AddInt(V.IndicesInt, V.CreateInt(head)) & V.CreateInt(V.Count - 1));
        if (sizeof(THead) > 1)
            a += V.Count;
        R x0 = V.LoadRegister(a), x1 = x0, x2 = x0, x3 = x0, x4 = x0, x5 = x0, x6 = x0, x7 = x0;
        if (sizeof(TFirst) == BlockVectors)
        {
            x1 = V.LoadRegister(a + V.Count);
            x2 = V.LoadRegister(a + (2 * V.Count));
            x3 = V.LoadRegister(a + (3 * V.Count));
            x4 = V.LoadRegister(a + (4 * V.Count));
            x5 = V.LoadRegister(a + (5 * V.Count));
            x6 = V.LoadRegister(a + (6 * V.Count));
            x7 = V.LoadRegister(a + (7 * V.Count));
        }

        R y0 = V.LoadRegister(a + start), y1 = y0, y2 = y0, y3 = y0, y4 = y0, y5 = y0, y6 = y0, y7 = y0;
        if (sizeof(TVectors) > 1)
            y1 = V.LoadRegister(a + start + V.Count);
        if (sizeof(TVectors) > 2)
            y2 = V.LoadRegister(a + start + (2 * V.Count));
        if (sizeof(TVectors) > 3)
            y3 = V.LoadRegister(a + start + (3 * V.Count));
        if (sizeof(TVectors) > 4)
            y4 = V.LoadRegister(a + start + (4 * V.Count));
        if (sizeof(TVectors) > 5)
            y5 = V.LoadRegister(a + start + (5 * V.Count));
        if (sizeof(TVectors) > 6)
            y6 = V.LoadRegister(a + start + (6 * V.Count));
        if (sizeof(TVectors) > 7)
            y7 = V.LoadRegister(a + start + (7 * V.Count));
        V last = V.LoadPartial(a + whole, rest), valid = V.LessThanInt(V.IndicesInt, V.CreateInt(rest));
        for (; groups > 0; groups--, b += Columns * ldb, c += Columns)
        {
            float* b0 = b + head, b1 = b0 + ldb, b2 = b1 + ldb, b3 = b2 + ldb;
            R sum0 = default, sum1 = default, sum2 = default, sum3 = default;
            if (accumulate)
            {
                sum0 = V.Unwrap(V.LoadPartial(c, 1));
                sum1 = V.Unwrap(V.LoadPartial(c + 1, 1));
                sum2 = V.Unwrap(V.LoadPartial(c + 2, 1));
                sum3 = V.Unwrap(V.LoadPartial(c + 3, 1));
            }

            if (sizeof(THead) > 1)
            {
                sum0 = Head<V, R>(first, b, head, order, sum0);
                sum1 = Head<V, R>(first, b + ldb, head, order, sum1);
                sum2 = Head<V, R>(first, b + (2 * ldb), head, order, sum2);
                sum3 = Head<V, R>(first, b + (3 * ldb), head, order, sum3);
            }

            if (sizeof(TFirst) == BlockVectors)
            {
                sum0 = UpToEight<V, R, N8>(b0, x0, x1, x2, x3, x4, x5, x6, x7, sum0);
                sum1 = UpToEight<V, R, N8>(b1, x0, x1, x2, x3, x4, x5, x6, x7, sum1);
                sum2 = UpToEight<V, R, N8>(b2, x0, x1, x2, x3, x4, x5, x6, x7, sum2);
                sum3 = UpToEight<V, R, N8>(b3, x0, x1, x2, x3, x4, x5, x6, x7, sum3);
            }

            sum0 = UpToEight<V, R, TVectors>(b0 + start, y0, y1, y2, y3, y4, y5, y6, y7, sum0);
            sum1 = UpToEight<V, R, TVectors>(b1 + start, y0, y1, y2, y3, y4, y5, y6, y7, sum1);
            sum2 = UpToEight<V, R, TVectors>(b2 + start, y0, y1, y2, y3, y4, y5, y6, y7, sum2);
            sum3 = UpToEight<V, R, TVectors>(b3 + start, y0, y1, y2, y3, y4, y5, y6, y7, sum3);
            if (rest > 0)
            {
                sum0 = V.Unwrap(V.Select(valid, V.MultiplyAdd(last, V.LoadPartial(b0 + whole, rest), V.Wrap(sum0)), V.Wrap(sum0)));
                sum1 = V.Unwrap(V.Select(valid, V.MultiplyAdd(last, V.LoadPartial(b1 + whole, rest), V.Wrap(sum1)), V.Wrap(sum1)));
                sum2 = V.Unwrap(V.Select(valid, V.MultiplyAdd(last, V.LoadPartial(b2 + whole, rest), V.Wrap(sum2)), V.Wrap(sum2)));
                sum3 = V.Unwrap(V.Select(valid, V.MultiplyAdd(last, V.LoadPartial(b3 + whole, rest), V.Wrap(sum3)), V.Wrap(sum3)));
            }

            V.SumHalves(V.Wrap(sum0), V.Wrap(sum1), V.Wrap(sum2), V.Wrap(sum3), c);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static R UpToEight<V, R, TVectors>(float* b, R x0, R x1, R x2, R x3, R x4, R x5, R x6, R x7, R sum)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
        where TVectors : unmanaged
    {
        sum = V.MultiplyAddRegister(x0, V.LoadRegister(b), sum);
        if (sizeof(TVectors) > 1)
            sum = V.MultiplyAddRegister(x1, V.LoadRegister(b + V.Count), sum);
        if (sizeof(TVectors) > 2)
            sum = V.MultiplyAddRegister(x2, V.LoadRegister(b + (2 * V.Count)), sum);
        if (sizeof(TVectors) > 3)
            sum = V.MultiplyAddRegister(x3, V.LoadRegister(b + (3 * V.Count)), sum);
        if (sizeof(TVectors) > 4)
            sum = V.MultiplyAddRegister(x4, V.LoadRegister(b + (4 * V.Count)), sum);
        if (sizeof(TVectors) > 5)
            sum = V.MultiplyAddRegister(x5, V.LoadRegister(b + (5 * V.Count)), sum);
        if (sizeof(TVectors) > 6)
            sum = V.MultiplyAddRegister(x6, V.LoadRegister(b + (6 * V.Count)), sum);
        if (sizeof(TVectors) > 7)
            sum = V.MultiplyAddRegister(x7, V.LoadRegister(b + (7 * V.Count)), sum);
        return sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static R Head<V, R>(R first, float* b, int head, R order, R sum)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct => V.MultiplyAddRegister(first, V.PermuteRegister(V.Unwrap(V.LoadPartial(b, head)), order), sum);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static R Rest<V, R>(nint k, float* a, float* b, R sum)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
    {
        nint p = 0;
        for (; p <= k - V.Count; p += V.Count)
            sum = V.MultiplyAddRegister(V.LoadRegister(a + p), V.LoadRegister(b + p), sum);
        if (p == k)
            return sum;
        int rest = (int)(k - p);
        V valid = V.LessThanInt(V.IndicesInt, V.CreateInt(rest));
        return V.Unwrap(V.Select(valid, V.MultiplyAdd(V.LoadPartial(a + p, rest), V.LoadPartial(b + p, rest), V.Wrap(sum)), V.Wrap(sum)));
    }
}
