using System.Runtime.CompilerServices;
using Backprop.Simd.Internal.Simd;

namespace Backprop.Simd.Internal.MatrixProduct;

/// <summary>C[i, j] += A's row i times B's row j for up to four rows i and four rows j, each sum in 16 lanes by k mod 16: order C.</summary>
/// <remarks>
/// For A B^T with so few rows that rearranging B would cost more than the product: both operands are read along their rows. Lane 0 starts from
/// C's old value (or +0), the others from +0; lanes beyond k keep what they hold; at the end halves are added: 8 + 8, 4 + 4, 2 + 2, 1 + 1.
/// </remarks>
internal static unsafe class DotKernel
{
    public const int MaxRows = 4;
    public const int MaxColumns = 4;
    private const int BlockVectors = 8;

    /// <summary>Runs on 1 to 4 rows of A and so many groups of 1, 2 or 4 rows of B.</summary>
    /// <typeparam name="W">A vector of exactly 16 lanes.</typeparam>
    public static void Run<W>(int rows, int columns, nint groups, nint k, float* a, nint lda, float* b, nint ldb, float* c, nint ldc, bool accumulate, bool asksAhead)
        where W : struct, IVectorF32<W>
    {
        switch (rows)
        {
            case 1:
                Run<W, N1>(columns, groups, k, a, lda, b, ldb, c, ldc, accumulate, asksAhead);
                break;
            case 2:
                Run<W, N2>(columns, groups, k, a, lda, b, ldb, c, ldc, accumulate, asksAhead);
                break;
            case 3:
                Run<W, N3>(columns, groups, k, a, lda, b, ldb, c, ldc, accumulate, asksAhead);
                break;
            case 4:
                Run<W, N4>(columns, groups, k, a, lda, b, ldb, c, ldc, accumulate, asksAhead);
                break;
        }
    }

    private static void Run<W, TRows>(int columns, nint groups, nint k, float* a, nint lda, float* b, nint ldb, float* c, nint ldc, bool accumulate, bool asksAhead)
        where W : struct, IVectorF32<W>
        where TRows : unmanaged
    {
        switch (columns)
        {
            case 4:
                Dots<W, TRows, N4>(groups, k, a, lda, b, ldb, c, ldc, accumulate, asksAhead);
                break;
            case 2:
                Dots<W, TRows, N2>(groups, k, a, lda, b, ldb, c, ldc, accumulate, asksAhead);
                break;
            case 1:
                Dots<W, TRows, N1>(groups, k, a, lda, b, ldb, c, ldc, accumulate, asksAhead);
                break;
        }
    }

    /// <summary>The same on one row of A and groups of four rows of B, read one after the other, as they lie in memory.</summary>
    /// <remarks>Four side by side hide from the CPU's prefetchers: a line of B out of the L2 cache then takes 2.0 cycles, else 1.4 (Zen 5).</remarks>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public static void InTurn<V, R>(nint groups, nint k, float* a, float* b, nint ldb, float* c, bool accumulate)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
    {
        nint blocks = k / (BlockVectors * V.Count);
        for (; groups > 0; groups--, b += MaxColumns * ldb, c += MaxColumns)
        {
            float* b0 = b, b1 = b + ldb, b2 = b1 + ldb, b3 = b2 + ldb, from = a;
            R sum0 = V.ZeroRegister, sum1 = V.ZeroRegister, sum2 = V.ZeroRegister, sum3 = V.ZeroRegister;
            if (accumulate)
            {
                sum0 = V.Unwrap(V.LoadPartial(c, 1));
                sum1 = V.Unwrap(V.LoadPartial(c + 1, 1));
                sum2 = V.Unwrap(V.LoadPartial(c + 2, 1));
                sum3 = V.Unwrap(V.LoadPartial(c + 3, 1));
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

            nint rest = k - (blocks * BlockVectors * V.Count);
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
    public static void InRegisters<V, R>(nint groups, nint k, float* a, float* b, nint ldb, float* c, bool accumulate)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
    {
        nint vectors = k / V.Count;
        if (vectors > BlockVectors)
            Vectors<V, R, N8>(vectors - BlockVectors, groups, k, a, b, ldb, c, accumulate);
        else
            Vectors<V, R, N1>(vectors, groups, k, a, b, ldb, c, accumulate);
    }

    private static void Vectors<V, R, TFirst>(nint vectors, nint groups, nint k, float* a, float* b, nint ldb, float* c, bool accumulate)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
        where TFirst : unmanaged
    {
        switch (vectors)
        {
            case 1:
                InRegisters<V, R, TFirst, N1>(groups, k, a, b, ldb, c, accumulate);
                break;
            case 2:
                InRegisters<V, R, TFirst, N2>(groups, k, a, b, ldb, c, accumulate);
                break;
            case 3:
                InRegisters<V, R, TFirst, N3>(groups, k, a, b, ldb, c, accumulate);
                break;
            case 4:
                InRegisters<V, R, TFirst, N4>(groups, k, a, b, ldb, c, accumulate);
                break;
            case 5:
                InRegisters<V, R, TFirst, N5>(groups, k, a, b, ldb, c, accumulate);
                break;
            case 6:
                InRegisters<V, R, TFirst, N6>(groups, k, a, b, ldb, c, accumulate);
                break;
            case 7:
                InRegisters<V, R, TFirst, N7>(groups, k, a, b, ldb, c, accumulate);
                break;
            case 8:
                InRegisters<V, R, TFirst, N8>(groups, k, a, b, ldb, c, accumulate);
                break;
        }
    }

    // TFirst is N8 if there are 8 vectors before those of TVectors, else N1.
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void InRegisters<V, R, TFirst, TVectors>(nint groups, nint k, float* a, float* b, nint ldb, float* c, bool accumulate)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
        where TFirst : unmanaged
        where TVectors : unmanaged
    {
        int start = sizeof(TFirst) == BlockVectors ? BlockVectors * V.Count : 0, whole = start + (sizeof(TVectors) * V.Count), rest = (int)(k - whole);
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
        for (; groups > 0; groups--, b += MaxColumns * ldb, c += MaxColumns)
        {
            float* b0 = b, b1 = b + ldb, b2 = b1 + ldb, b3 = b2 + ldb;
            R sum0 = V.ZeroRegister, sum1 = V.ZeroRegister, sum2 = V.ZeroRegister, sum3 = V.ZeroRegister;
            if (accumulate)
            {
                sum0 = V.Unwrap(V.LoadPartial(c, 1));
                sum1 = V.Unwrap(V.LoadPartial(c + 1, 1));
                sum2 = V.Unwrap(V.LoadPartial(c + 2, 1));
                sum3 = V.Unwrap(V.LoadPartial(c + 3, 1));
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

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Dots<W, TRows, TColumns>(nint groups, nint k, float* a, nint lda, float* b, nint ldb, float* c, nint ldc, bool accumulate, bool asksAhead)
        where W : struct, IVectorF32<W>
        where TRows : unmanaged
        where TColumns : unmanaged
    {
        float* a1 = a + lda, a2 = a1 + lda, a3 = a2 + lda;
        nint next = sizeof(TColumns) * ldb;
        for (; groups > 0; groups--, b += next, c += sizeof(TColumns))
        {
            // sumRC: row R of A, row C of B.
            W sum00 = W.Create(0f), sum01 = W.Create(0f), sum02 = W.Create(0f), sum03 = W.Create(0f);
            W sum10 = W.Create(0f), sum11 = W.Create(0f), sum12 = W.Create(0f), sum13 = W.Create(0f);
            W sum20 = W.Create(0f), sum21 = W.Create(0f), sum22 = W.Create(0f), sum23 = W.Create(0f);
            W sum30 = W.Create(0f), sum31 = W.Create(0f), sum32 = W.Create(0f), sum33 = W.Create(0f);
            if (accumulate)
            {
                sum00 = W.LoadPartial(c, 1);
                if (sizeof(TColumns) > 1)
                    sum01 = W.LoadPartial(c + 1, 1);
                if (sizeof(TColumns) > 2)
                    sum02 = W.LoadPartial(c + 2, 1);
                if (sizeof(TColumns) > 3)
                    sum03 = W.LoadPartial(c + 3, 1);
                if (sizeof(TRows) > 1)
                    sum10 = W.LoadPartial(c + ldc, 1);
                if (sizeof(TRows) > 1 && sizeof(TColumns) > 1)
                    sum11 = W.LoadPartial(c + ldc + 1, 1);
                if (sizeof(TRows) > 1 && sizeof(TColumns) > 2)
                    sum12 = W.LoadPartial(c + ldc + 2, 1);
                if (sizeof(TRows) > 1 && sizeof(TColumns) > 3)
                    sum13 = W.LoadPartial(c + ldc + 3, 1);
                if (sizeof(TRows) > 2)
                    sum20 = W.LoadPartial(c + (2 * ldc), 1);
                if (sizeof(TRows) > 2 && sizeof(TColumns) > 1)
                    sum21 = W.LoadPartial(c + (2 * ldc) + 1, 1);
                if (sizeof(TRows) > 2 && sizeof(TColumns) > 2)
                    sum22 = W.LoadPartial(c + (2 * ldc) + 2, 1);
                if (sizeof(TRows) > 2 && sizeof(TColumns) > 3)
                    sum23 = W.LoadPartial(c + (2 * ldc) + 3, 1);
                if (sizeof(TRows) > 3)
                    sum30 = W.LoadPartial(c + (3 * ldc), 1);
                if (sizeof(TRows) > 3 && sizeof(TColumns) > 1)
                    sum31 = W.LoadPartial(c + (3 * ldc) + 1, 1);
                if (sizeof(TRows) > 3 && sizeof(TColumns) > 2)
                    sum32 = W.LoadPartial(c + (3 * ldc) + 2, 1);
                if (sizeof(TRows) > 3 && sizeof(TColumns) > 3)
                    sum33 = W.LoadPartial(c + (3 * ldc) + 3, 1);
            }

            float* b1 = b + ldb, b2 = b1 + ldb, b3 = b2 + ldb;
            nint p = 0;
            for (; p <= k - W.Count; p += W.Count)
            {
                W s0 = W.Load(a + p);
                W s1 = sizeof(TRows) > 1 ? W.Load(a1 + p) : W.Create(0f);
                W s2 = sizeof(TRows) > 2 ? W.Load(a2 + p) : W.Create(0f);
                W s3 = sizeof(TRows) > 3 ? W.Load(a3 + p) : W.Create(0f);
                if (asksAhead)
                {
                    Prefetch.Near(b + next + p);
                    if (sizeof(TColumns) > 1)
                        Prefetch.Near(b1 + next + p);
                    if (sizeof(TColumns) > 2)
                        Prefetch.Near(b2 + next + p);
                    if (sizeof(TColumns) > 3)
                        Prefetch.Near(b3 + next + p);
                }

                W x0 = W.Load(b + p);
                sum00 = W.MultiplyAdd(s0, x0, sum00);
                if (sizeof(TRows) > 1)
                    sum10 = W.MultiplyAdd(s1, x0, sum10);
                if (sizeof(TRows) > 2)
                    sum20 = W.MultiplyAdd(s2, x0, sum20);
                if (sizeof(TRows) > 3)
                    sum30 = W.MultiplyAdd(s3, x0, sum30);

                if (sizeof(TColumns) > 1)
                {
                    W x1 = W.Load(b1 + p);
                    sum01 = W.MultiplyAdd(s0, x1, sum01);
                    if (sizeof(TRows) > 1)
                        sum11 = W.MultiplyAdd(s1, x1, sum11);
                    if (sizeof(TRows) > 2)
                        sum21 = W.MultiplyAdd(s2, x1, sum21);
                    if (sizeof(TRows) > 3)
                        sum31 = W.MultiplyAdd(s3, x1, sum31);
                }

                if (sizeof(TColumns) > 2)
                {
                    W x2 = W.Load(b2 + p);
                    sum02 = W.MultiplyAdd(s0, x2, sum02);
                    if (sizeof(TRows) > 1)
                        sum12 = W.MultiplyAdd(s1, x2, sum12);
                    if (sizeof(TRows) > 2)
                        sum22 = W.MultiplyAdd(s2, x2, sum22);
                    if (sizeof(TRows) > 3)
                        sum32 = W.MultiplyAdd(s3, x2, sum32);
                }

                if (sizeof(TColumns) > 3)
                {
                    W x3 = W.Load(b3 + p);
                    sum03 = W.MultiplyAdd(s0, x3, sum03);
                    if (sizeof(TRows) > 1)
                        sum13 = W.MultiplyAdd(s1, x3, sum13);
                    if (sizeof(TRows) > 2)
                        sum23 = W.MultiplyAdd(s2, x3, sum23);
                    if (sizeof(TRows) > 3)
                        sum33 = W.MultiplyAdd(s3, x3, sum33);
                }
            }

            int rest = (int)(k - p);
            if (rest > 0)
            {
                W valid = W.LessThanInt(W.IndicesInt, W.CreateInt(rest));
                W s0 = W.LoadPartial(a + p, rest);
                W s1 = sizeof(TRows) > 1 ? W.LoadPartial(a1 + p, rest) : W.Create(0f);
                W s2 = sizeof(TRows) > 2 ? W.LoadPartial(a2 + p, rest) : W.Create(0f);
                W s3 = sizeof(TRows) > 3 ? W.LoadPartial(a3 + p, rest) : W.Create(0f);
                W x0 = W.LoadPartial(b + p, rest);
                sum00 = W.Select(valid, W.MultiplyAdd(s0, x0, sum00), sum00);
                if (sizeof(TRows) > 1)
                    sum10 = W.Select(valid, W.MultiplyAdd(s1, x0, sum10), sum10);
                if (sizeof(TRows) > 2)
                    sum20 = W.Select(valid, W.MultiplyAdd(s2, x0, sum20), sum20);
                if (sizeof(TRows) > 3)
                    sum30 = W.Select(valid, W.MultiplyAdd(s3, x0, sum30), sum30);

                if (sizeof(TColumns) > 1)
                {
                    W x1 = W.LoadPartial(b1 + p, rest);
                    sum01 = W.Select(valid, W.MultiplyAdd(s0, x1, sum01), sum01);
                    if (sizeof(TRows) > 1)
                        sum11 = W.Select(valid, W.MultiplyAdd(s1, x1, sum11), sum11);
                    if (sizeof(TRows) > 2)
                        sum21 = W.Select(valid, W.MultiplyAdd(s2, x1, sum21), sum21);
                    if (sizeof(TRows) > 3)
                        sum31 = W.Select(valid, W.MultiplyAdd(s3, x1, sum31), sum31);
                }

                if (sizeof(TColumns) > 2)
                {
                    W x2 = W.LoadPartial(b2 + p, rest);
                    sum02 = W.Select(valid, W.MultiplyAdd(s0, x2, sum02), sum02);
                    if (sizeof(TRows) > 1)
                        sum12 = W.Select(valid, W.MultiplyAdd(s1, x2, sum12), sum12);
                    if (sizeof(TRows) > 2)
                        sum22 = W.Select(valid, W.MultiplyAdd(s2, x2, sum22), sum22);
                    if (sizeof(TRows) > 3)
                        sum32 = W.Select(valid, W.MultiplyAdd(s3, x2, sum32), sum32);
                }

                if (sizeof(TColumns) > 3)
                {
                    W x3 = W.LoadPartial(b3 + p, rest);
                    sum03 = W.Select(valid, W.MultiplyAdd(s0, x3, sum03), sum03);
                    if (sizeof(TRows) > 1)
                        sum13 = W.Select(valid, W.MultiplyAdd(s1, x3, sum13), sum13);
                    if (sizeof(TRows) > 2)
                        sum23 = W.Select(valid, W.MultiplyAdd(s2, x3, sum23), sum23);
                    if (sizeof(TRows) > 3)
                        sum33 = W.Select(valid, W.MultiplyAdd(s3, x3, sum33), sum33);
                }
            }

            Store<W, TColumns>(sum00, sum01, sum02, sum03, c);
            if (sizeof(TRows) > 1)
                Store<W, TColumns>(sum10, sum11, sum12, sum13, c + ldc);
            if (sizeof(TRows) > 2)
                Store<W, TColumns>(sum20, sum21, sum22, sum23, c + (2 * ldc));
            if (sizeof(TRows) > 3)
                Store<W, TColumns>(sum30, sum31, sum32, sum33, c + (3 * ldc));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store<W, TColumns>(W sum0, W sum1, W sum2, W sum3, float* c)
        where W : struct, IVectorF32<W>
        where TColumns : unmanaged
    {
        if (sizeof(TColumns) == 4)
        {
            W.SumHalves(sum0, sum1, sum2, sum3, c);
            return;
        }

        c[0] = W.SumHalves(sum0);
        if (sizeof(TColumns) > 1)
            c[1] = W.SumHalves(sum1);
    }
}
