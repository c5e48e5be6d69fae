using System.Runtime.CompilerServices;
using Backprop.Simd.Internal.Simd;

namespace Backprop.Simd.Internal.MatrixProduct;

/// <summary>C[rows x n] += A[rows x k] B[k x n] for up to 4 rows: order A for products that do little more than read B.</summary>
/// <remarks>
/// Four rows of B are read from their first to their last column at a time, as the prefetchers of the CPU like it, and each vector that is read serves all rows of C.
/// Each element still adds its products in ascending k.
/// </remarks>
internal static unsafe class FewRowsKernel
{
    public const int MaxRows = 4;

    /// <summary>Steps that are added between a load and a store of C.</summary>
    public const int MaxSteps = 4;

    /// <summary>Columns before the first address that a full vector reaches without crossing a cache line.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static nint Head<V>(float* start)
        where V : struct, IVectorF32<V> => ((nint)start & (sizeof(float) - 1)) != 0 ? 0 : -((nint)start / sizeof(float)) & (V.Count - 1);

    /// <summary>Runs on groups of 1 to 4 rows, one below the other, the first <c>head</c> columns as a part of a vector (in further groups those before a whole one of C). If not <c>accumulate</c>, the sums start from +0 and C is not read, and may go <c>around</c> the caches; vectors of its rows are aligned then.</summary>
    public static void Run<V, R>(nint groups, int rows, nint head, nint n, nint k, float alpha, float* a, nint rowStride, nint stepStride, float* b, nint ldb, float* c, nint ldc, bool accumulate, bool around)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
    {
        switch (rows)
        {
            case 1:
                Rows<V, R, N1>(groups, head, n, k, alpha, a, rowStride, stepStride, b, ldb, c, ldc, accumulate, around);
                break;
            case 2:
                Rows<V, R, N2>(groups, head, n, k, alpha, a, rowStride, stepStride, b, ldb, c, ldc, accumulate, around);
                break;
            case 3:
                Rows<V, R, N3>(groups, head, n, k, alpha, a, rowStride, stepStride, b, ldb, c, ldc, accumulate, around);
                break;
            case 4:
                Rows<V, R, N4>(groups, head, n, k, alpha, a, rowStride, stepStride, b, ldb, c, ldc, accumulate, around);
                break;
        }
    }

    private static void Rows<V, R, TRows>(nint groups, nint head, nint n, nint k, float alpha, float* a, nint rowStride, nint stepStride, float* b, nint ldb, float* c, nint ldc, bool accumulate, bool around)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
        where TRows : unmanaged
    {
        while (k > 0)
        {
            nint steps = Math.Min(k, MaxSteps);
            if (sizeof(TRows) <= 2 && Tiers.HasThirtyTwoRegisters && accumulate && groups == 1 && k >= EightStepsKernel.Steps && !EightStepsKernel.Clashes(ldb))
            {
                steps = EightStepsKernel.Steps;
                EightStepsKernel.Run<V, R, TRows>(head, n, alpha, a, rowStride, stepStride, b, ldb, c, ldc);
            }
            else if (accumulate)
                Steps<V, R, TRows, N2>(steps, groups, head, n, alpha, a, rowStride, stepStride, b, ldb, c, ldc);
            else if (NonTemporal.IsSupported<V>() && around)
                Steps<V, R, TRows, N3>(steps, groups, head, n, alpha, a, rowStride, stepStride, b, ldb, c, ldc);
            else
                Steps<V, R, TRows, N1>(steps, groups, head, n, alpha, a, rowStride, stepStride, b, ldb, c, ldc);
            a += steps * stepStride;
            b += steps * ldb;
            k -= steps;
            accumulate = true;
        }
    }

    private static void Steps<V, R, TRows, TStart>(nint steps, nint groups, nint head, nint n, float alpha, float* a, nint rowStride, nint stepStride, float* b, nint ldb, float* c, nint ldc)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
        where TRows : unmanaged
        where TStart : unmanaged
    {
        switch (steps)
        {
            case 1:
                Steps<V, R, TRows, N1, TStart>(groups, head, n, alpha, a, rowStride, stepStride, b, ldb, c, ldc);
                break;
            case 2:
                Steps<V, R, TRows, N2, TStart>(groups, head, n, alpha, a, rowStride, stepStride, b, ldb, c, ldc);
                break;
            case 3:
                Steps<V, R, TRows, N3, TStart>(groups, head, n, alpha, a, rowStride, stepStride, b, ldb, c, ldc);
                break;
            case 4:
                Steps<V, R, TRows, N4, TStart>(groups, head, n, alpha, a, rowStride, stepStride, b, ldb, c, ldc);
                break;
        }
    }

    // TStart: sums start from +0 (N1, N3) or from C (N2), and go around the caches (N3). Asked for each vector, it was two jumps: dW of one to four examples 15 to 70 % slower (AMD Zen 3).
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Steps<V, R, TRows, TSteps, TStart>(nint groups, nint head, nint n, float alpha, float* a, nint rowStride, nint stepStride, float* b, nint ldb, float* c, nint ldc)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
        where TRows : unmanaged
        where TSteps : unmanaged
        where TStart : unmanaged
    {
        while (true)
        {
            // sRP: row R, step P.
            R s00 = V.BroadcastRegister(alpha * a[0]);
            R s01 = sizeof(TSteps) > 1 ? V.BroadcastRegister(alpha * a[stepStride]) : default;
            R s02 = sizeof(TSteps) > 2 ? V.BroadcastRegister(alpha * a[(2 * stepStride)]) : default;
            R s03 = sizeof(TSteps) > 3 ? V.BroadcastRegister(alpha * a[(3 * stepStride)]) : default;
            R s10 = sizeof(TRows) > 1 ? V.BroadcastRegister(alpha * a[rowStride]) : default;
            R s11 = sizeof(TRows) > 1 && sizeof(TSteps) > 1 ? V.BroadcastRegister(alpha * a[rowStride + stepStride]) : default;
            R s12 = sizeof(TRows) > 1 && sizeof(TSteps) > 2 ? V.BroadcastRegister(alpha * a[rowStride + (2 * stepStride)]) : default;
            R s13 = sizeof(TRows) > 1 && sizeof(TSteps) > 3 ? V.BroadcastRegister(alpha * a[rowStride + (3 * stepStride)]) : default;
            R s20 = sizeof(TRows) > 2 ? V.BroadcastRegister(alpha * a[(2 * rowStride)]) : default;
            R s21 = sizeof(TRows) > 2 && sizeof(TSteps) > 1 ? V.BroadcastRegister(alpha * a[(2 * rowStride) + stepStride]) : default;
            R s22 = sizeof(TRows) > 2 && sizeof(TSteps) > 2 ? V.BroadcastRegister(alpha * a[(2 * rowStride) + (2 * stepStride)]) : default;
            R s23 = sizeof(TRows) > 2 && sizeof(TSteps) > 3 ? V.BroadcastRegister(alpha * a[(2 * rowStride) + (3 * stepStride)]) : default;
            R s30 = sizeof(TRows) > 3 ? V.BroadcastRegister(alpha * a[(3 * rowStride)]) : default;
            R s31 = sizeof(TRows) > 3 && sizeof(TSteps) > 1 ? V.BroadcastRegister(alpha * a[(3 * rowStride) + stepStride]) : default;
            R s32 = sizeof(TRows) > 3 && sizeof(TSteps) > 2 ? V.BroadcastRegister(alpha * a[(3 * rowStride) + (2 * stepStride)]) : default;
            R s33 = sizeof(TRows) > 3 && sizeof(TSteps) > 3 ? V.BroadcastRegister(alpha * a[(3 * rowStride) + (3 * stepStride)]) : default;

            float* b1 = b + ldb, b2 = b1 + ldb, b3 = b2 + ldb;
            float* c1 = c + ldc, c2 = c1 + ldc, c3 = c2 + ldc;
            nint j = 0;
            int rest = (int)Math.Min(head, n);
            do
            {
                if (rest > 0)
                {
                    R x0 = V.Unwrap(V.LoadPartial(b + j, rest));
                    R x1 = sizeof(TSteps) > 1 ? V.Unwrap(V.LoadPartial(b1 + j, rest)) : x0;
                    R x2 = sizeof(TSteps) > 2 ? V.Unwrap(V.LoadPartial(b2 + j, rest)) : x0;
                    R x3 = sizeof(TSteps) > 3 ? V.Unwrap(V.LoadPartial(b3 + j, rest)) : x0;
                    V.StorePartial(V.Wrap(Chain<V, R, TSteps>(sizeof(TStart) == 2 ? V.Unwrap(V.LoadPartial(c + j, rest)) : default, s00, s01, s02, s03, x0, x1, x2, x3)), c + j, rest);
                    if (sizeof(TRows) > 1)
                        V.StorePartial(V.Wrap(Chain<V, R, TSteps>(sizeof(TStart) == 2 ? V.Unwrap(V.LoadPartial(c1 + j, rest)) : default, s10, s11, s12, s13, x0, x1, x2, x3)), c1 + j, rest);
                    if (sizeof(TRows) > 2)
                        V.StorePartial(V.Wrap(Chain<V, R, TSteps>(sizeof(TStart) == 2 ? V.Unwrap(V.LoadPartial(c2 + j, rest)) : default, s20, s21, s22, s23, x0, x1, x2, x3)), c2 + j, rest);
                    if (sizeof(TRows) > 3)
                        V.StorePartial(V.Wrap(Chain<V, R, TSteps>(sizeof(TStart) == 2 ? V.Unwrap(V.LoadPartial(c3 + j, rest)) : default, s30, s31, s32, s33, x0, x1, x2, x3)), c3 + j, rest);
                    j += rest;
                }

                for (; j <= n - V.Count; j += V.Count)
                {
                    R x0 = V.LoadRegister(b + j);
                    R x1 = sizeof(TSteps) > 1 ? V.LoadRegister(b1 + j) : x0;
                    R x2 = sizeof(TSteps) > 2 ? V.LoadRegister(b2 + j) : x0;
                    R x3 = sizeof(TSteps) > 3 ? V.LoadRegister(b3 + j) : x0;
                    Store<V, R, TStart>(Chain<V, R, TSteps>(sizeof(TStart) == 2 ? V.LoadRegister(c + j) : default, s00, s01, s02, s03, x0, x1, x2, x3), c + j);
                    if (sizeof(TRows) > 1)
                        Store<V, R, TStart>(Chain<V, R, TSteps>(sizeof(TStart) == 2 ? V.LoadRegister(c1 + j) : default, s10, s11, s12, s13, x0, x1, x2, x3), c1 + j);
                    if (sizeof(TRows) > 2)
                        Store<V, R, TStart>(Chain<V, R, TSteps>(sizeof(TStart) == 2 ? V.LoadRegister(c2 + j) : default, s20, s21, s22, s23, x0, x1, x2, x3), c2 + j);
                    if (sizeof(TRows) > 3)
                        Store<V, R, TStart>(Chain<V, R, TSteps>(sizeof(TStart) == 2 ? V.LoadRegister(c3 + j) : default, s30, s31, s32, s33, x0, x1, x2, x3), c3 + j);
                }

                rest = (int)(n - j);
            }
            while (rest > 0);

            if (--groups == 0)
                return;
            a += sizeof(TRows) * rowStride;
            c += sizeof(TRows) * ldc;
            head = Head<V>(c);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store<V, R, TStart>(R sum, float* c)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
        where TStart : unmanaged
    {
        if (sizeof(TStart) == 3)
            NonTemporal.Store(V.Wrap(sum), c);
        else
            V.StoreRegister(sum, c);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static R Chain<V, R, TSteps>(R sum, R s0, R s1, R s2, R s3, R x0, R x1, R x2, R x3)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
        where TSteps : unmanaged
    {
        sum = V.MultiplyAddRegister(s0, x0, sum);
        if (sizeof(TSteps) > 1)
            sum = V.MultiplyAddRegister(s1, x1, sum);
        if (sizeof(TSteps) > 2)
            sum = V.MultiplyAddRegister(s2, x2, sum);
        if (sizeof(TSteps) > 3)
            sum = V.MultiplyAddRegister(s3, x3, sum);
        return sum;
    }
}
