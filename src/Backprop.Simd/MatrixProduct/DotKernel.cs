using System.Runtime.CompilerServices;
using Backprop.Simd.Internal.Simd;

namespace Backprop.Simd.Internal.MatrixProduct;

/// <summary>C[i, j] += A's row i times B's row j for up to four rows i and four rows j, each sum in 16 lanes by k mod 16: order C.</summary>
/// <remarks>
/// For A B^T with so few rows that rearranging B would cost more than the product: both operands are read along their rows. Lane 0 starts from
/// C's old value (or +0), the others from +0; lanes beyond k keep what they hold; at the end halves are added: 8 + 8, 4 + 4, 2 + 2, 1 + 1.
/// Lanes may be turned (THead: 2, else 1): the first part of a cache line of a row of B comes into the last lanes of a vector, and whole lines follow; rows of A begin likewise, after -0. Lanes
/// 8, 4, 2 and 1 apart are so still, and the same are added.
/// </remarks>
internal static unsafe class DotKernel
{
    public const int MaxRows = 4;

    /// <summary>Runs on 1 to 4 rows of A and so many groups of 1, 2 or 4 rows of B.</summary>
    /// <typeparam name="V">A vector.</typeparam>
    /// <typeparam name="R">Its register.</typeparam>
    /// <typeparam name="TVectors">So many of them hold the lanes of a sum: for order C 16.</typeparam>
    /// <typeparam name="THead">Whether lanes are turned, of one vector of 16; then C is not added to.</typeparam>
    public static void Run<V, R, TVectors, THead>(int rows, int columns, nint groups, nint k, float* a, nint lda, float* b, nint ldb, float* c, nint ldc, bool accumulate, bool asksAhead)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
        where TVectors : unmanaged
        where THead : unmanaged
    {
        switch (rows)
        {
            case 1:
                Run<V, R, TVectors, N1, THead>(columns, groups, k, a, lda, b, ldb, c, ldc, accumulate, asksAhead);
                break;
            case 2:
                Run<V, R, TVectors, N2, THead>(columns, groups, k, a, lda, b, ldb, c, ldc, accumulate, asksAhead);
                break;
            case 3:
                Run<V, R, TVectors, N3, THead>(columns, groups, k, a, lda, b, ldb, c, ldc, accumulate, asksAhead);
                break;
            case 4:
                Run<V, R, TVectors, N4, THead>(columns, groups, k, a, lda, b, ldb, c, ldc, accumulate, asksAhead);
                break;
        }
    }

    private static void Run<V, R, TVectors, TRows, THead>(int columns, nint groups, nint k, float* a, nint lda, float* b, nint ldb, float* c, nint ldc, bool accumulate, bool asksAhead)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
        where TVectors : unmanaged
        where TRows : unmanaged
        where THead : unmanaged
    {
        switch (columns)
        {
            case 4:
                Dots<V, R, THead, TVectors, TRows, N4>(groups, k, a, lda, b, ldb, c, ldc, accumulate, asksAhead);
                break;
            case 2:
                Dots<V, R, THead, TVectors, TRows, N2>(groups, k, a, lda, b, ldb, c, ldc, accumulate, asksAhead);
                break;
            case 1:
                Dots<V, R, THead, TVectors, TRows, N1>(groups, k, a, lda, b, ldb, c, ldc, accumulate, asksAhead);
                break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Dots<V, R, THead, TVectors, TRows, TColumns>(nint groups, nint k, float* a, nint lda, float* b, nint ldb, float* c, nint ldc, bool accumulate, bool asksAhead)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
        where THead : unmanaged
        where TVectors : unmanaged
        where TRows : unmanaged
        where TColumns : unmanaged
    {
        int lanes = SumLanes<V, R, TVectors>.Count;
        int head = sizeof(THead) > 1 ? GemmBlocking.HeadOf(b) : 0;
        // As x86 addresses them: base + index * scale, four rows from each of two pointers.
        nint rowOfA = lda * sizeof(float), threeRowsOfA = 3 * rowOfA, rowOfB = ldb * sizeof(float), threeRowsOfB = 3 * rowOfB, next = sizeof(TColumns) * rowOfB;
        F32x4 four = default;
        float* sums = (float*)&four;

        // What is left of each row of A, and +0; -0 in the lanes beyond it.
        float* lastOfA = stackalloc float[MaxRows * 16], beyond = stackalloc float[16];
        nint shift = sizeof(THead) > 1 ? lanes - head : 0;
        int rest = (int)((k - head) % lanes);
        int rest0 = Math.Min(rest, V.Count), rest1 = Math.Clamp(rest - V.Count, 0, V.Count), rest2 = Math.Clamp(rest - (2 * V.Count), 0, V.Count), rest3 = Math.Clamp(rest - (3 * V.Count), 0, V.Count);
        for (int i = 0; rest > 0 && i < sizeof(TRows); i++)
        {
            for (int j = 0; j < lanes; j += V.Count)
                V.Store(V.LoadPartial(a + (i * lda) + shift + k - rest + j, Math.Clamp(rest - j, 0, V.Count)), lastOfA + (i * lanes) + j);
        }

        for (int j = 0; rest > 0 && j < lanes; j += V.Count)
            V.Store(~V.LessThanInt(V.IndicesInt, V.CreateInt(rest - j)) & V.Create(-0f), beyond + j);
        R order = sizeof(THead) > 1 ? V.Unwrap(V.AddInt(V.IndicesInt, V.CreateInt(head)) & V.CreateInt(lanes - 1)) : default;
        for (; groups > 0; groups--, b += sizeof(TColumns) * ldb, c += sizeof(TColumns))
        {
            // sumRC: row R of A, row C of B.
            SumLanes<V, R, TVectors> sum00 = default, sum01 = default, sum02 = default, sum03 = default;
            SumLanes<V, R, TVectors> sum10 = default, sum11 = default, sum12 = default, sum13 = default;
            SumLanes<V, R, TVectors> sum20 = default, sum21 = default, sum22 = default, sum23 = default;
            SumLanes<V, R, TVectors> sum30 = default, sum31 = default, sum32 = default, sum33 = default;
            if (accumulate)
            {
                sum00.StartFrom(c);
                if (sizeof(TColumns) > 1)
                    sum01.StartFrom(c + 1);
                if (sizeof(TColumns) > 2)
                    sum02.StartFrom(c + 2);
                if (sizeof(TColumns) > 3)
                    sum03.StartFrom(c + 3);
                if (sizeof(TRows) > 1)
                    sum10.StartFrom(c + ldc);
                if (sizeof(TRows) > 1 && sizeof(TColumns) > 1)
                    sum11.StartFrom(c + ldc + 1);
                if (sizeof(TRows) > 1 && sizeof(TColumns) > 2)
                    sum12.StartFrom(c + ldc + 2);
                if (sizeof(TRows) > 1 && sizeof(TColumns) > 3)
                    sum13.StartFrom(c + ldc + 3);
                if (sizeof(TRows) > 2)
                    sum20.StartFrom(c + (2 * ldc));
                if (sizeof(TRows) > 2 && sizeof(TColumns) > 1)
                    sum21.StartFrom(c + (2 * ldc) + 1);
                if (sizeof(TRows) > 2 && sizeof(TColumns) > 2)
                    sum22.StartFrom(c + (2 * ldc) + 2);
                if (sizeof(TRows) > 2 && sizeof(TColumns) > 3)
                    sum23.StartFrom(c + (2 * ldc) + 3);
                if (sizeof(TRows) > 3)
                    sum30.StartFrom(c + (3 * ldc));
                if (sizeof(TRows) > 3 && sizeof(TColumns) > 1)
                    sum31.StartFrom(c + (3 * ldc) + 1);
                if (sizeof(TRows) > 3 && sizeof(TColumns) > 2)
                    sum32.StartFrom(c + (3 * ldc) + 2);
                if (sizeof(TRows) > 3 && sizeof(TColumns) > 3)
                    sum33.StartFrom(c + (3 * ldc) + 3);
            }

            byte* a0 = (byte*)a, b0 = (byte*)(b + head);
            if (sizeof(THead) > 1)
            {
                SumLanes<V, R, TVectors> x = default;
                x.LoadHead(b, head, order);
                Add<V, R, TVectors, TRows>(a0, rowOfA, 0, in x, ref sum00, ref sum10, ref sum20, ref sum30);
                if (sizeof(TColumns) > 1)
                {
                    x.LoadHead(b + ldb, head, order);
                    Add<V, R, TVectors, TRows>(a0, rowOfA, 0, in x, ref sum01, ref sum11, ref sum21, ref sum31);
                }

                if (sizeof(TColumns) > 2)
                {
                    x.LoadHead(b + (2 * ldb), head, order);
                    Add<V, R, TVectors, TRows>(a0, rowOfA, 0, in x, ref sum02, ref sum12, ref sum22, ref sum32);
                }

                if (sizeof(TColumns) > 3)
                {
                    x.LoadHead(b + (3 * ldb), head, order);
                    Add<V, R, TVectors, TRows>(a0, rowOfA, 0, in x, ref sum03, ref sum13, ref sum23, ref sum33);
                }

                a0 += lanes * sizeof(float);
            }

            for (nint left = (k - head) / lanes; left > 0; left--, a0 += lanes * sizeof(float), b0 += lanes * sizeof(float))
            {
                if (asksAhead)
                {
                    byte* ahead = b0 + next;
                    Prefetch.Near((float*)ahead);
                    if (sizeof(TColumns) > 1)
                        Prefetch.Near((float*)(ahead + rowOfB));
                    if (sizeof(TColumns) > 2)
                        Prefetch.Near((float*)(ahead + (2 * rowOfB)));
                    if (sizeof(TColumns) > 3)
                        Prefetch.Near((float*)(ahead + threeRowsOfB));
                }

                SumLanes<V, R, TVectors> x = default;
                if (sizeof(TColumns) == 1)
                {
                    x.Load((float*)b0);
                    Add<V, R, TVectors, TRows>(a0, rowOfA, threeRowsOfA, in x, ref sum00, ref sum10, ref sum20, ref sum30);
                    continue;
                }

                SumLanes<V, R, TVectors> s0 = default, s1 = s0, s2 = s0, s3 = s0;
                s0.Load((float*)a0);
                if (sizeof(TRows) > 1)
                    s1.Load((float*)(a0 + rowOfA));
                if (sizeof(TRows) > 2)
                    s2.Load((float*)(a0 + (2 * rowOfA)));
                if (sizeof(TRows) > 3)
                    s3.Load((float*)(a0 + threeRowsOfA));
                x.Load((float*)b0);
                Add<V, R, TVectors, TRows>(in x, in s0, in s1, in s2, in s3, ref sum00, ref sum10, ref sum20, ref sum30);
                if (sizeof(TColumns) > 1)
                {
                    x.Load((float*)(b0 + rowOfB));
                    Add<V, R, TVectors, TRows>(in x, in s0, in s1, in s2, in s3, ref sum01, ref sum11, ref sum21, ref sum31);
                }

                if (sizeof(TColumns) > 2)
                {
                    x.Load((float*)(b0 + (2 * rowOfB)));
                    Add<V, R, TVectors, TRows>(in x, in s0, in s1, in s2, in s3, ref sum02, ref sum12, ref sum22, ref sum32);
                }

                if (sizeof(TColumns) > 3)
                {
                    x.Load((float*)(b0 + threeRowsOfB));
                    Add<V, R, TVectors, TRows>(in x, in s0, in s1, in s2, in s3, ref sum03, ref sum13, ref sum23, ref sum33);
                }
            }

            if (rest > 0)
            {
                SumLanes<V, R, TVectors> x = default;
                x.LoadPart((float*)b0, beyond, rest0, rest1, rest2, rest3);
                Add<V, R, TVectors, TRows>((byte*)lastOfA, lanes * sizeof(float), 3 * lanes * sizeof(float), in x, ref sum00, ref sum10, ref sum20, ref sum30);
                if (sizeof(TColumns) > 1)
                {
                    x.LoadPart((float*)(b0 + rowOfB), beyond, rest0, rest1, rest2, rest3);
                    Add<V, R, TVectors, TRows>((byte*)lastOfA, lanes * sizeof(float), 3 * lanes * sizeof(float), in x, ref sum01, ref sum11, ref sum21, ref sum31);
                }

                if (sizeof(TColumns) > 2)
                {
                    x.LoadPart((float*)(b0 + (2 * rowOfB)), beyond, rest0, rest1, rest2, rest3);
                    Add<V, R, TVectors, TRows>((byte*)lastOfA, lanes * sizeof(float), 3 * lanes * sizeof(float), in x, ref sum02, ref sum12, ref sum22, ref sum32);
                }

                if (sizeof(TColumns) > 3)
                {
                    x.LoadPart((float*)(b0 + threeRowsOfB), beyond, rest0, rest1, rest2, rest3);
                    Add<V, R, TVectors, TRows>((byte*)lastOfA, lanes * sizeof(float), 3 * lanes * sizeof(float), in x, ref sum03, ref sum13, ref sum23, ref sum33);
                }
            }

            // Four sums at once, whatever they belong to.
            if (sizeof(TColumns) == 4)
            {
                V.SumHalves(sum00.Folded(), sum01.Folded(), sum02.Folded(), sum03.Folded(), c);
                if (sizeof(TRows) > 1)
                    V.SumHalves(sum10.Folded(), sum11.Folded(), sum12.Folded(), sum13.Folded(), c + ldc);
                if (sizeof(TRows) > 2)
                    V.SumHalves(sum20.Folded(), sum21.Folded(), sum22.Folded(), sum23.Folded(), c + (2 * ldc));
                if (sizeof(TRows) > 3)
                    V.SumHalves(sum30.Folded(), sum31.Folded(), sum32.Folded(), sum33.Folded(), c + (3 * ldc));
            }
            else if (sizeof(TColumns) == 2)
            {
                V.SumHalves(sum00.Folded(), sum01.Folded(), sum10.Folded(), sum11.Folded(), sums);
                c[0] = sums[0];
                c[1] = sums[1];
                if (sizeof(TRows) > 1)
                {
                    c[ldc] = sums[2];
                    c[ldc + 1] = sums[3];
                }

                if (sizeof(TRows) > 2)
                {
                    V.SumHalves(sum20.Folded(), sum21.Folded(), sum30.Folded(), sum31.Folded(), sums);
                    c[2 * ldc] = sums[0];
                    c[(2 * ldc) + 1] = sums[1];
                }

                if (sizeof(TRows) > 3)
                {
                    c[3 * ldc] = sums[2];
                    c[(3 * ldc) + 1] = sums[3];
                }
            }
            else if (sizeof(TRows) > 2)
            {
                V.SumHalves(sum00.Folded(), sum10.Folded(), sum20.Folded(), sum30.Folded(), sums);
                c[0] = sums[0];
                c[ldc] = sums[1];
                c[2 * ldc] = sums[2];
                if (sizeof(TRows) > 3)
                    c[3 * ldc] = sums[3];
            }
            else
            {
                c[0] = V.SumHalves(sum00.Folded());
                if (sizeof(TRows) > 1)
                    c[ldc] = V.SumHalves(sum10.Folded());
            }
        }
    }

    /// <summary>sum_i += s_i x for all rows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add<V, R, TVectors, TRows>(in SumLanes<V, R, TVectors> x, in SumLanes<V, R, TVectors> s0, in SumLanes<V, R, TVectors> s1, in SumLanes<V, R, TVectors> s2, in SumLanes<V, R, TVectors> s3,
        ref SumLanes<V, R, TVectors> sum0, ref SumLanes<V, R, TVectors> sum1, ref SumLanes<V, R, TVectors> sum2, ref SumLanes<V, R, TVectors> sum3)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
        where TVectors : unmanaged
        where TRows : unmanaged
    {
        sum0.MultiplyAdd(in s0, in x);
        if (sizeof(TRows) > 1)
            sum1.MultiplyAdd(in s1, in x);
        if (sizeof(TRows) > 2)
            sum2.MultiplyAdd(in s2, in x);
        if (sizeof(TRows) > 3)
            sum3.MultiplyAdd(in s3, in x);
    }

    /// <summary>The same with rows of A where they lie.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add<V, R, TVectors, TRows>(byte* a, nint row, nint threeRows, in SumLanes<V, R, TVectors> x,
        ref SumLanes<V, R, TVectors> sum0, ref SumLanes<V, R, TVectors> sum1, ref SumLanes<V, R, TVectors> sum2, ref SumLanes<V, R, TVectors> sum3)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
        where TVectors : unmanaged
        where TRows : unmanaged
    {
        sum0.MultiplyAdd((float*)a, in x);
        if (sizeof(TRows) > 1)
            sum1.MultiplyAdd((float*)(a + row), in x);
        if (sizeof(TRows) > 2)
            sum2.MultiplyAdd((float*)(a + (2 * row)), in x);
        if (sizeof(TRows) > 3)
            sum3.MultiplyAdd((float*)(a + threeRows), in x);
    }
}
