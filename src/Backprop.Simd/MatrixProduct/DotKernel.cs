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
