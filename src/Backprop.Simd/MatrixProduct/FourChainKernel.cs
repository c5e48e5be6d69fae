using System.Runtime.CompilerServices;
using Backprop.Simd.Internal.Simd;

namespace Backprop.Simd.Internal.MatrixProduct;

/// <summary>C[MR x lanes] += A[MR x k] B[k x lanes] for one vector of columns, each sum as four chains by k mod 4: order B.</summary>
/// <remarks>
/// A narrow product has few sums, and one chain each would leave the multiply-add units waiting. Chain 0 starts from C's old value (or +0), the
/// others from +0; at the end they are added as (0 + 2) + (1 + 3). The chains live in registers for all of k. Few steps take as long as a call does: one call does many
/// tiles (AVX2, 64 x 10 x 16: 21 to 35 GFLOP/s), and what does one (TTiles: 1) has no loop around them, which would cost up to 5 %.
/// </remarks>
internal static unsafe class FourChainKernel
{
    public const int MaxRows = 6;
    public const int Chains = 4;

    /// <summary>Runs on 1 to 6 rows, and on the tiles below that are as high.</summary>
    /// <remarks>
    /// The first 4 wholeGroups rows of B are read in place, a full vector each; the other tailRows from a copy, a vector apart. Lanes from count on are neither
    /// loaded from C nor stored. If not <c>accumulate</c>, chain 0 starts from +0 and C is not read.
    /// </remarks>
    public static void Run<V, R>(int rows, float* a, nint rowStride, nint stepStride, nint wholeGroups, float* b, nint ldb, int tailRows, float* tail,
        float* c, nint ldc, int count, bool accumulate, nint tiles)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
    {
        if (tiles == 1)
            Run<V, R, N1>(rows, a, rowStride, stepStride, wholeGroups, b, ldb, tailRows, tail, c, ldc, count, accumulate, 1);
        else
            Run<V, R, N2>(rows, a, rowStride, stepStride, wholeGroups, b, ldb, tailRows, tail, c, ldc, count, accumulate, tiles);
    }

    private static void Run<V, R, TTiles>(int rows, float* a, nint rowStride, nint stepStride, nint wholeGroups, float* b, nint ldb, int tailRows, float* tail,
        float* c, nint ldc, int count, bool accumulate, nint tiles)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
        where TTiles : unmanaged
    {
        switch (rows)
        {
            case 1:
                Rows<V, R, N1, TTiles>(a, rowStride, stepStride, wholeGroups, b, ldb, tailRows, tail, c, ldc, count, accumulate, tiles);
                break;
            case 2:
                Rows<V, R, N2, TTiles>(a, rowStride, stepStride, wholeGroups, b, ldb, tailRows, tail, c, ldc, count, accumulate, tiles);
                break;
            case 3:
                Rows<V, R, N3, TTiles>(a, rowStride, stepStride, wholeGroups, b, ldb, tailRows, tail, c, ldc, count, accumulate, tiles);
                break;
            case 4:
                Rows<V, R, N4, TTiles>(a, rowStride, stepStride, wholeGroups, b, ldb, tailRows, tail, c, ldc, count, accumulate, tiles);
                break;
            case 5:
                Rows<V, R, N5, TTiles>(a, rowStride, stepStride, wholeGroups, b, ldb, tailRows, tail, c, ldc, count, accumulate, tiles);
                break;
            case 6:
                Rows<V, R, N6, TTiles>(a, rowStride, stepStride, wholeGroups, b, ldb, tailRows, tail, c, ldc, count, accumulate, tiles);
                break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Rows<V, R, TRows, TTiles>(float* a, nint rowStride, nint stepStride, nint wholeGroups, float* b, nint ldb, int tailRows, float* tail,
        float* c, nint ldc, int count, bool accumulate, nint tiles)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
        where TRows : unmanaged
        where TTiles : unmanaged
    {
        do
        {
            // sumRC: row R, chain C.
            R sum00 = default, sum01 = default, sum02 = default, sum03 = default;
            R sum10 = default, sum11 = default, sum12 = default, sum13 = default;
            R sum20 = default, sum21 = default, sum22 = default, sum23 = default;
            R sum30 = default, sum31 = default, sum32 = default, sum33 = default;
            R sum40 = default, sum41 = default, sum42 = default, sum43 = default;
            R sum50 = default, sum51 = default, sum52 = default, sum53 = default;
            if (accumulate)
            {
                sum00 = V.Unwrap(V.LoadPartial(c, count));
                if (sizeof(TRows) > 1)
                    sum10 = V.Unwrap(V.LoadPartial(c + (1 * ldc), count));
                if (sizeof(TRows) > 2)
                    sum20 = V.Unwrap(V.LoadPartial(c + (2 * ldc), count));
                if (sizeof(TRows) > 3)
                    sum30 = V.Unwrap(V.LoadPartial(c + (3 * ldc), count));
                if (sizeof(TRows) > 4)
                    sum40 = V.Unwrap(V.LoadPartial(c + (4 * ldc), count));
                if (sizeof(TRows) > 5)
                    sum50 = V.Unwrap(V.LoadPartial(c + (5 * ldc), count));
            }

            // Rows of A lie as x86 addresses them, base + index * scale.
            nint row = rowStride * sizeof(float), threeRows = 3 * row, fiveRows = 5 * row, step = stepStride * sizeof(float);
            nint groups = wholeGroups, rowOfB = ldb * sizeof(float);
            byte* a0 = (byte*)a, x = (byte*)b;
            for (int part = 0; part < 2; part++)
            {
                for (; groups > 0; groups--)
                {
                    R x0 = V.LoadRegister((float*)x);
                    sum00 = V.MultiplyAddRegister(V.BroadcastRegister(*(float*)a0), x0, sum00);
                    if (sizeof(TRows) > 1)
                        sum10 = V.MultiplyAddRegister(V.BroadcastRegister(*(float*)(a0 + row)), x0, sum10);
                    if (sizeof(TRows) > 2)
                        sum20 = V.MultiplyAddRegister(V.BroadcastRegister(*(float*)(a0 + (2 * row))), x0, sum20);
                    if (sizeof(TRows) > 3)
                        sum30 = V.MultiplyAddRegister(V.BroadcastRegister(*(float*)(a0 + threeRows)), x0, sum30);
                    if (sizeof(TRows) > 4)
                        sum40 = V.MultiplyAddRegister(V.BroadcastRegister(*(float*)(a0 + (4 * row))), x0, sum40);
                    if (sizeof(TRows) > 5)
                        sum50 = V.MultiplyAddRegister(V.BroadcastRegister(*(float*)(a0 + fiveRows)), x0, sum50);
                    x += rowOfB;
                    a0 += step;

                    R x1 = V.LoadRegister((float*)x);
                    sum01 = V.MultiplyAddRegister(V.BroadcastRegister(*(float*)a0), x1, sum01);
                    if (sizeof(TRows) > 1)
                        sum11 = V.MultiplyAddRegister(V.BroadcastRegister(*(float*)(a0 + row)), x1, sum11);
                    if (sizeof(TRows) > 2)
                        sum21 = V.MultiplyAddRegister(V.BroadcastRegister(*(float*)(a0 + (2 * row))), x1, sum21);
                    if (sizeof(TRows) > 3)
                        sum31 = V.MultiplyAddRegister(V.BroadcastRegister(*(float*)(a0 + threeRows)), x1, sum31);
                    if (sizeof(TRows) > 4)
                        sum41 = V.MultiplyAddRegister(V.BroadcastRegister(*(float*)(a0 + (4 * row))), x1, sum41);
                    if (sizeof(TRows) > 5)
                        sum51 = V.MultiplyAddRegister(V.BroadcastRegister(*(float*)(a0 + fiveRows)), x1, sum51);
                    x += rowOfB;
                    a0 += step;

                    R x2 = V.LoadRegister((float*)x);
                    sum02 = V.MultiplyAddRegister(V.BroadcastRegister(*(float*)a0), x2, sum02);
                    if (sizeof(TRows) > 1)
                        sum12 = V.MultiplyAddRegister(V.BroadcastRegister(*(float*)(a0 + row)), x2, sum12);
                    if (sizeof(TRows) > 2)
                        sum22 = V.MultiplyAddRegister(V.BroadcastRegister(*(float*)(a0 + (2 * row))), x2, sum22);
                    if (sizeof(TRows) > 3)
                        sum32 = V.MultiplyAddRegister(V.BroadcastRegister(*(float*)(a0 + threeRows)), x2, sum32);
                    if (sizeof(TRows) > 4)
                        sum42 = V.MultiplyAddRegister(V.BroadcastRegister(*(float*)(a0 + (4 * row))), x2, sum42);
                    if (sizeof(TRows) > 5)
                        sum52 = V.MultiplyAddRegister(V.BroadcastRegister(*(float*)(a0 + fiveRows)), x2, sum52);
                    x += rowOfB;
                    a0 += step;

                    R x3 = V.LoadRegister((float*)x);
                    sum03 = V.MultiplyAddRegister(V.BroadcastRegister(*(float*)a0), x3, sum03);
                    if (sizeof(TRows) > 1)
                        sum13 = V.MultiplyAddRegister(V.BroadcastRegister(*(float*)(a0 + row)), x3, sum13);
                    if (sizeof(TRows) > 2)
                        sum23 = V.MultiplyAddRegister(V.BroadcastRegister(*(float*)(a0 + (2 * row))), x3, sum23);
                    if (sizeof(TRows) > 3)
                        sum33 = V.MultiplyAddRegister(V.BroadcastRegister(*(float*)(a0 + threeRows)), x3, sum33);
                    if (sizeof(TRows) > 4)
                        sum43 = V.MultiplyAddRegister(V.BroadcastRegister(*(float*)(a0 + (4 * row))), x3, sum43);
                    if (sizeof(TRows) > 5)
                        sum53 = V.MultiplyAddRegister(V.BroadcastRegister(*(float*)(a0 + fiveRows)), x3, sum53);
                    x += rowOfB;
                    a0 += step;
                }

                if (part == 0)
                {
                    groups = tailRows / 4;
                    x = (byte*)tail;
                    rowOfB = V.Count * sizeof(float);
                }
            }

            int rest = tailRows % 4;
            if (rest > 0)
            {
                R x0 = V.LoadRegister((float*)x);
                sum00 = V.MultiplyAddRegister(V.BroadcastRegister(*(float*)a0), x0, sum00);
                if (sizeof(TRows) > 1)
                    sum10 = V.MultiplyAddRegister(V.BroadcastRegister(*(float*)(a0 + row)), x0, sum10);
                if (sizeof(TRows) > 2)
                    sum20 = V.MultiplyAddRegister(V.BroadcastRegister(*(float*)(a0 + (2 * row))), x0, sum20);
                if (sizeof(TRows) > 3)
                    sum30 = V.MultiplyAddRegister(V.BroadcastRegister(*(float*)(a0 + threeRows)), x0, sum30);
                if (sizeof(TRows) > 4)
                    sum40 = V.MultiplyAddRegister(V.BroadcastRegister(*(float*)(a0 + (4 * row))), x0, sum40);
                if (sizeof(TRows) > 5)
                    sum50 = V.MultiplyAddRegister(V.BroadcastRegister(*(float*)(a0 + fiveRows)), x0, sum50);
                x += rowOfB;
                a0 += step;
            }

            if (rest > 1)
            {
                R x1 = V.LoadRegister((float*)x);
                sum01 = V.MultiplyAddRegister(V.BroadcastRegister(*(float*)a0), x1, sum01);
                if (sizeof(TRows) > 1)
                    sum11 = V.MultiplyAddRegister(V.BroadcastRegister(*(float*)(a0 + row)), x1, sum11);
                if (sizeof(TRows) > 2)
                    sum21 = V.MultiplyAddRegister(V.BroadcastRegister(*(float*)(a0 + (2 * row))), x1, sum21);
                if (sizeof(TRows) > 3)
                    sum31 = V.MultiplyAddRegister(V.BroadcastRegister(*(float*)(a0 + threeRows)), x1, sum31);
                if (sizeof(TRows) > 4)
                    sum41 = V.MultiplyAddRegister(V.BroadcastRegister(*(float*)(a0 + (4 * row))), x1, sum41);
                if (sizeof(TRows) > 5)
                    sum51 = V.MultiplyAddRegister(V.BroadcastRegister(*(float*)(a0 + fiveRows)), x1, sum51);
                x += rowOfB;
                a0 += step;
            }

            if (rest > 2)
            {
                R x2 = V.LoadRegister((float*)x);
                sum02 = V.MultiplyAddRegister(V.BroadcastRegister(*(float*)a0), x2, sum02);
                if (sizeof(TRows) > 1)
                    sum12 = V.MultiplyAddRegister(V.BroadcastRegister(*(float*)(a0 + row)), x2, sum12);
                if (sizeof(TRows) > 2)
                    sum22 = V.MultiplyAddRegister(V.BroadcastRegister(*(float*)(a0 + (2 * row))), x2, sum22);
                if (sizeof(TRows) > 3)
                    sum32 = V.MultiplyAddRegister(V.BroadcastRegister(*(float*)(a0 + threeRows)), x2, sum32);
                if (sizeof(TRows) > 4)
                    sum42 = V.MultiplyAddRegister(V.BroadcastRegister(*(float*)(a0 + (4 * row))), x2, sum42);
                if (sizeof(TRows) > 5)
                    sum52 = V.MultiplyAddRegister(V.BroadcastRegister(*(float*)(a0 + fiveRows)), x2, sum52);
                x += rowOfB;
                a0 += step;
            }

            Store<V, R>(sum00, sum01, sum02, sum03, c, count);
            if (sizeof(TRows) > 1)
                Store<V, R>(sum10, sum11, sum12, sum13, c + (1 * ldc), count);
            if (sizeof(TRows) > 2)
                Store<V, R>(sum20, sum21, sum22, sum23, c + (2 * ldc), count);
            if (sizeof(TRows) > 3)
                Store<V, R>(sum30, sum31, sum32, sum33, c + (3 * ldc), count);
            if (sizeof(TRows) > 4)
                Store<V, R>(sum40, sum41, sum42, sum43, c + (4 * ldc), count);
            if (sizeof(TRows) > 5)
                Store<V, R>(sum50, sum51, sum52, sum53, c + (5 * ldc), count);
            a += sizeof(TRows) * rowStride;
            c += sizeof(TRows) * ldc;
        }
        while (sizeof(TTiles) > 1 && --tiles > 0);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store<V, R>(R chain0, R chain1, R chain2, R chain3, float* c, int count)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct =>
        V.StorePartial((V.Wrap(chain0) + V.Wrap(chain2)) + (V.Wrap(chain1) + V.Wrap(chain3)), c, count);
}
