using System.Runtime.CompilerServices;
using Backprop.Simd.Internal.Simd;

namespace Backprop.Simd.Internal.MatrixProduct;

/// <summary>C[i, j] += A's row i times B's row j for up to four rows i and two rows j, each sum in 16 lanes by k mod 16: order C.</summary>
/// <remarks>
/// For A B^T with so few rows that rearranging B would cost more than the product: both operands are read along their rows. Lane 0 starts from
/// C's old value (or +0), the others from +0; lanes beyond k keep what they hold; at the end halves are added: 8 + 8, 4 + 4, 2 + 2, 1 + 1.
/// </remarks>
internal static unsafe class DotKernel
{
    public const int MaxRows = 4;
    public const int MaxColumns = 2;

    /// <summary>Runs on 1 to 4 rows of A and 1 or 2 rows of B.</summary>
    /// <typeparam name="W">A vector of exactly 16 lanes.</typeparam>
    public static void Run<W>(int rows, int columns, nint k, float* a, nint lda, float* b, nint ldb, float* c, nint ldc, bool accumulate)
        where W : struct, IVectorF32<W>
    {
        switch (rows)
        {
            case 1:
                Run<W, N1>(columns, k, a, lda, b, ldb, c, ldc, accumulate);
                break;
            case 2:
                Run<W, N2>(columns, k, a, lda, b, ldb, c, ldc, accumulate);
                break;
            case 3:
                Run<W, N3>(columns, k, a, lda, b, ldb, c, ldc, accumulate);
                break;
            case 4:
                Run<W, N4>(columns, k, a, lda, b, ldb, c, ldc, accumulate);
                break;
        }
    }

    private static void Run<W, TRows>(int columns, nint k, float* a, nint lda, float* b, nint ldb, float* c, nint ldc, bool accumulate)
        where W : struct, IVectorF32<W>
        where TRows : struct, IConstant
    {
        if (columns == 2)
            Dots<W, TRows, N2>(k, a, lda, b, ldb, c, ldc, accumulate);
        else
            Dots<W, TRows, N1>(k, a, lda, b, ldb, c, ldc, accumulate);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Dots<W, TRows, TColumns>(nint k, float* a, nint lda, float* b, nint ldb, float* c, nint ldc, bool accumulate)
        where W : struct, IVectorF32<W>
        where TRows : struct, IConstant
        where TColumns : struct, IConstant
    {
        // sumRC: row R of A, row C of B.
        W sum00 = W.Create(0f), sum01 = W.Create(0f);
        W sum10 = W.Create(0f), sum11 = W.Create(0f);
        W sum20 = W.Create(0f), sum21 = W.Create(0f);
        W sum30 = W.Create(0f), sum31 = W.Create(0f);
        if (accumulate)
        {
            sum00 = W.LoadPartial(c, 1);
            if (TColumns.Value > 1)
                sum01 = W.LoadPartial(c + 1, 1);
            if (TRows.Value > 1)
                sum10 = W.LoadPartial(c + (1 * ldc), 1);
            if (TRows.Value > 1 && TColumns.Value > 1)
                sum11 = W.LoadPartial(c + (1 * ldc) + 1, 1);
            if (TRows.Value > 2)
                sum20 = W.LoadPartial(c + (2 * ldc), 1);
            if (TRows.Value > 2 && TColumns.Value > 1)
                sum21 = W.LoadPartial(c + (2 * ldc) + 1, 1);
            if (TRows.Value > 3)
                sum30 = W.LoadPartial(c + (3 * ldc), 1);
            if (TRows.Value > 3 && TColumns.Value > 1)
                sum31 = W.LoadPartial(c + (3 * ldc) + 1, 1);
        }

        nint p = 0;
        for (; p + W.Count <= k; p += W.Count)
        {
            W x0 = W.Load(b + p), x1 = TColumns.Value > 1 ? W.Load(b + ldb + p) : x0;
            W s0 = W.Load(a + p);
            sum00 = W.MultiplyAdd(s0, x0, sum00);
            if (TColumns.Value > 1)
                sum01 = W.MultiplyAdd(s0, x1, sum01);

            if (TRows.Value > 1)
            {
                W s1 = W.Load(a + (1 * lda) + p);
                sum10 = W.MultiplyAdd(s1, x0, sum10);
                if (TColumns.Value > 1)
                    sum11 = W.MultiplyAdd(s1, x1, sum11);
            }

            if (TRows.Value > 2)
            {
                W s2 = W.Load(a + (2 * lda) + p);
                sum20 = W.MultiplyAdd(s2, x0, sum20);
                if (TColumns.Value > 1)
                    sum21 = W.MultiplyAdd(s2, x1, sum21);
            }

            if (TRows.Value > 3)
            {
                W s3 = W.Load(a + (3 * lda) + p);
                sum30 = W.MultiplyAdd(s3, x0, sum30);
                if (TColumns.Value > 1)
                    sum31 = W.MultiplyAdd(s3, x1, sum31);
            }
        }

        int rest = (int)(k - p);
        if (rest > 0)
        {
            W valid = W.LessThanInt(W.IndicesInt, W.CreateInt(rest));
            W x0 = W.LoadPartial(b + p, rest), x1 = TColumns.Value > 1 ? W.LoadPartial(b + ldb + p, rest) : x0;
            W s0 = W.LoadPartial(a + p, rest);
            sum00 = W.Select(valid, W.MultiplyAdd(s0, x0, sum00), sum00);
            if (TColumns.Value > 1)
                sum01 = W.Select(valid, W.MultiplyAdd(s0, x1, sum01), sum01);

            if (TRows.Value > 1)
            {
                W s1 = W.LoadPartial(a + (1 * lda) + p, rest);
                sum10 = W.Select(valid, W.MultiplyAdd(s1, x0, sum10), sum10);
                if (TColumns.Value > 1)
                    sum11 = W.Select(valid, W.MultiplyAdd(s1, x1, sum11), sum11);
            }

            if (TRows.Value > 2)
            {
                W s2 = W.LoadPartial(a + (2 * lda) + p, rest);
                sum20 = W.Select(valid, W.MultiplyAdd(s2, x0, sum20), sum20);
                if (TColumns.Value > 1)
                    sum21 = W.Select(valid, W.MultiplyAdd(s2, x1, sum21), sum21);
            }

            if (TRows.Value > 3)
            {
                W s3 = W.LoadPartial(a + (3 * lda) + p, rest);
                sum30 = W.Select(valid, W.MultiplyAdd(s3, x0, sum30), sum30);
                if (TColumns.Value > 1)
                    sum31 = W.Select(valid, W.MultiplyAdd(s3, x1, sum31), sum31);
            }
        }

        *c = W.SumHalves(sum00);
        if (TColumns.Value > 1)
            c[1] = W.SumHalves(sum01);
        if (TRows.Value > 1)
            c[1 * ldc] = W.SumHalves(sum10);
        if (TRows.Value > 1 && TColumns.Value > 1)
            c[(1 * ldc) + 1] = W.SumHalves(sum11);
        if (TRows.Value > 2)
            c[2 * ldc] = W.SumHalves(sum20);
        if (TRows.Value > 2 && TColumns.Value > 1)
            c[(2 * ldc) + 1] = W.SumHalves(sum21);
        if (TRows.Value > 3)
            c[3 * ldc] = W.SumHalves(sum30);
        if (TRows.Value > 3 && TColumns.Value > 1)
            c[(3 * ldc) + 1] = W.SumHalves(sum31);
    }
}
