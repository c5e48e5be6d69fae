using System.Runtime.CompilerServices;
using Backprop.Simd.Internal.Simd;

namespace Backprop.Simd.Internal.MatrixProduct;

/// <summary>C[1 or 2 rows x up to 8 vectors] += A B, all sums in registers for all of k: order A where B comes from the L2 cache.</summary>
/// <remarks>A row of B is used once, so the loop must not spend more on C than the loads of B cost: here C is loaded and stored once.</remarks>
internal static unsafe class StripKernel
{
    public const int MaxRows = 2;
    public const int MaxVectors = 8;

    /// <summary>Runs on 1 or 2 rows and 1 to 8 vectors, the last of which begins so far after the first. If not <c>accumulate</c>, the sums start from +0 and C is not read.</summary>
    public static void Run<V, R>(int rows, int vectors, nint last, nint k, float alpha, float* a, nint rowStride, nint stepStride, float* b, nint ldb, float* c, nint ldc, bool accumulate)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
    {
        if (rows == 1)
            Run<V, R, N1>(vectors, last, k, alpha, a, rowStride, stepStride, b, ldb, c, ldc, accumulate);
        else
            Run<V, R, N2>(vectors, last, k, alpha, a, rowStride, stepStride, b, ldb, c, ldc, accumulate);
    }

    private static void Run<V, R, TRows>(int vectors, nint last, nint k, float alpha, float* a, nint rowStride, nint stepStride, float* b, nint ldb, float* c, nint ldc, bool accumulate)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
        where TRows : unmanaged
    {
        switch (vectors)
        {
            case 1:
                Strip<V, R, TRows, N1, N1, N1>(last, k, alpha, a, rowStride, stepStride, b, ldb, c, ldc, accumulate);
                break;
            case 2:
                Strip<V, R, TRows, N1, N2, N1>(last, k, alpha, a, rowStride, stepStride, b, ldb, c, ldc, accumulate);
                break;
            case 3:
                Strip<V, R, TRows, N1, N3, N1>(last, k, alpha, a, rowStride, stepStride, b, ldb, c, ldc, accumulate);
                break;
            case 4:
                Strip<V, R, TRows, N1, N4, N1>(last, k, alpha, a, rowStride, stepStride, b, ldb, c, ldc, accumulate);
                break;
            case 5:
                Strip<V, R, TRows, N2, N4, N1>(last, k, alpha, a, rowStride, stepStride, b, ldb, c, ldc, accumulate);
                break;
            case 6:
                Strip<V, R, TRows, N2, N4, N2>(last, k, alpha, a, rowStride, stepStride, b, ldb, c, ldc, accumulate);
                break;
            case 7:
                Strip<V, R, TRows, N2, N4, N3>(last, k, alpha, a, rowStride, stepStride, b, ldb, c, ldc, accumulate);
                break;
            case 8:
                Strip<V, R, TRows, N2, N4, N4>(last, k, alpha, a, rowStride, stepStride, b, ldb, c, ldc, accumulate);
                break;
        }
    }

    // A strip is one part of up to four vectors, or one of four and another.
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Strip<V, R, TRows, TParts, TLeft, TRight>(nint last, nint k, float alpha, float* a, nint rowStride, nint stepStride, float* b, nint ldb, float* c, nint ldc, bool accumulate)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
        where TRows : unmanaged
        where TParts : unmanaged
        where TLeft : unmanaged
        where TRight : unmanaged
    {
        nint right = sizeof(TLeft) * V.Count, lastOfLeft = sizeof(TParts) > 1 ? right - V.Count : last, lastOfRight = sizeof(TRight) > 1 ? last - right : 0;
        if (sizeof(TParts) > 1 && sizeof(TRight) == 1)
            right = last;
        RowOfVectors<V, R, TLeft> left0 = RowOfVectors<V, R, TLeft>.Zero, left1 = RowOfVectors<V, R, TLeft>.Zero;
        RowOfVectors<V, R, TRight> right0 = RowOfVectors<V, R, TRight>.Zero, right1 = RowOfVectors<V, R, TRight>.Zero;
        if (accumulate)
        {
            left0.Load(c, lastOfLeft);
            if (sizeof(TRows) > 1)
                left1.Load(c + ldc, lastOfLeft);
            if (sizeof(TParts) > 1)
                right0.Load(c + right, lastOfRight);
            if (sizeof(TParts) > 1 && sizeof(TRows) > 1)
                right1.Load(c + ldc + right, lastOfRight);
        }

        for (; k > 0; k--)
        {
            R s0 = V.BroadcastRegister(alpha * a[0]), s1 = sizeof(TRows) > 1 ? V.BroadcastRegister(alpha * a[rowStride]) : s0;
            RowOfVectors<V, R, TLeft> x = RowOfVectors<V, R, TLeft>.Zero;
            x.Load(b, lastOfLeft);
            left0.MultiplyAdd(s0, in x);
            if (sizeof(TRows) > 1)
                left1.MultiplyAdd(s1, in x);
            if (sizeof(TParts) > 1)
            {
                RowOfVectors<V, R, TRight> y = RowOfVectors<V, R, TRight>.Zero;
                y.Load(b + right, lastOfRight);
                right0.MultiplyAdd(s0, in y);
                if (sizeof(TRows) > 1)
                    right1.MultiplyAdd(s1, in y);
            }

            a += stepStride;
            b += ldb;
        }

        left0.Store(c, lastOfLeft);
        if (sizeof(TRows) > 1)
            left1.Store(c + ldc, lastOfLeft);
        if (sizeof(TParts) > 1)
            right0.Store(c + right, lastOfRight);
        if (sizeof(TParts) > 1 && sizeof(TRows) > 1)
            right1.Store(c + ldc + right, lastOfRight);
    }
}
