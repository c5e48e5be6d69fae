using System.Runtime.CompilerServices;
using Backprop.Simd.Internal.Simd;

namespace Backprop.Simd.Internal.MatrixProduct;

/// <summary>C[1 or 2 rows x up to 8 vectors] += A B, all sums in registers for all of k: order A where B comes from the L2 cache.</summary>
/// <remarks>A row of B is used once, so the loop must not spend more on C than the loads of B cost: here C is loaded and stored once.</remarks>
internal static unsafe class StripKernel
{
    public const int MaxRows = 2;
    public const int MaxVectors = 8;

    /// <summary>Runs on 1 or 2 rows and 8, 4, 2 or 1 vectors. If not <c>accumulate</c>, the sums start from +0 and C is not read.</summary>
    public static void Run<V, R>(int rows, int vectors, nint k, float alpha, float* a, nint rowStride, nint stepStride, float* b, nint ldb, float* c, nint ldc, bool accumulate)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
    {
        if (rows == 1)
            Run<V, R, N1>(vectors, k, alpha, a, rowStride, stepStride, b, ldb, c, ldc, accumulate);
        else
            Run<V, R, N2>(vectors, k, alpha, a, rowStride, stepStride, b, ldb, c, ldc, accumulate);
    }

    private static void Run<V, R, TRows>(int vectors, nint k, float alpha, float* a, nint rowStride, nint stepStride, float* b, nint ldb, float* c, nint ldc, bool accumulate)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
        where TRows : unmanaged
    {
        switch (vectors)
        {
            case 8:
                Strip<V, R, TRows, N8>(k, alpha, a, rowStride, stepStride, b, ldb, c, ldc, accumulate);
                break;
            case 4:
                Strip<V, R, TRows, N4>(k, alpha, a, rowStride, stepStride, b, ldb, c, ldc, accumulate);
                break;
            case 2:
                Strip<V, R, TRows, N2>(k, alpha, a, rowStride, stepStride, b, ldb, c, ldc, accumulate);
                break;
            case 1:
                Strip<V, R, TRows, N1>(k, alpha, a, rowStride, stepStride, b, ldb, c, ldc, accumulate);
                break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Strip<V, R, TRows, TVectors>(nint k, float alpha, float* a, nint rowStride, nint stepStride, float* b, nint ldb, float* c, nint ldc, bool accumulate)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
        where TRows : unmanaged
        where TVectors : unmanaged
    {
        // sumRV: row R, vector V.
        R sum00 = Start<V, R>(c, accumulate);
        R sum10 = Start<V, R>(c + ldc, sizeof(TRows) > 1 && accumulate);
        R sum01 = Start<V, R>(c + V.Count, sizeof(TVectors) > 1 && accumulate);
        R sum11 = Start<V, R>(c + ldc + V.Count, sizeof(TVectors) > 1 && sizeof(TRows) > 1 && accumulate);
        R sum02 = Start<V, R>(c + (2 * V.Count), sizeof(TVectors) > 2 && accumulate);
        R sum12 = Start<V, R>(c + ldc + (2 * V.Count), sizeof(TVectors) > 2 && sizeof(TRows) > 1 && accumulate);
        R sum03 = Start<V, R>(c + (3 * V.Count), sizeof(TVectors) > 3 && accumulate);
        R sum13 = Start<V, R>(c + ldc + (3 * V.Count), sizeof(TVectors) > 3 && sizeof(TRows) > 1 && accumulate);
        R sum04 = Start<V, R>(c + (4 * V.Count), sizeof(TVectors) > 4 && accumulate);
        R sum14 = Start<V, R>(c + ldc + (4 * V.Count), sizeof(TVectors) > 4 && sizeof(TRows) > 1 && accumulate);
        R sum05 = Start<V, R>(c + (5 * V.Count), sizeof(TVectors) > 5 && accumulate);
        R sum15 = Start<V, R>(c + ldc + (5 * V.Count), sizeof(TVectors) > 5 && sizeof(TRows) > 1 && accumulate);
        R sum06 = Start<V, R>(c + (6 * V.Count), sizeof(TVectors) > 6 && accumulate);
        R sum16 = Start<V, R>(c + ldc + (6 * V.Count), sizeof(TVectors) > 6 && sizeof(TRows) > 1 && accumulate);
        R sum07 = Start<V, R>(c + (7 * V.Count), sizeof(TVectors) > 7 && accumulate);
        R sum17 = Start<V, R>(c + ldc + (7 * V.Count), sizeof(TVectors) > 7 && sizeof(TRows) > 1 && accumulate);
        for (; k > 0; k--)
        {
            R s0 = V.BroadcastRegister(alpha * a[0]), s1 = sizeof(TRows) > 1 ? V.BroadcastRegister(alpha * a[rowStride]) : s0;
            a += stepStride;
            R x0 = V.LoadRegister(b);
            sum00 = V.MultiplyAddRegister(s0, x0, sum00);
            if (sizeof(TRows) > 1)
                sum10 = V.MultiplyAddRegister(s1, x0, sum10);

            if (sizeof(TVectors) > 1)
            {
                R x1 = V.LoadRegister(b + V.Count);
                sum01 = V.MultiplyAddRegister(s0, x1, sum01);
                if (sizeof(TRows) > 1)
                    sum11 = V.MultiplyAddRegister(s1, x1, sum11);
            }

            if (sizeof(TVectors) > 2)
            {
                R x2 = V.LoadRegister(b + (2 * V.Count));
                sum02 = V.MultiplyAddRegister(s0, x2, sum02);
                if (sizeof(TRows) > 1)
                    sum12 = V.MultiplyAddRegister(s1, x2, sum12);
            }

            if (sizeof(TVectors) > 3)
            {
                R x3 = V.LoadRegister(b + (3 * V.Count));
                sum03 = V.MultiplyAddRegister(s0, x3, sum03);
                if (sizeof(TRows) > 1)
                    sum13 = V.MultiplyAddRegister(s1, x3, sum13);
            }

            if (sizeof(TVectors) > 4)
            {
                R x4 = V.LoadRegister(b + (4 * V.Count));
                sum04 = V.MultiplyAddRegister(s0, x4, sum04);
                if (sizeof(TRows) > 1)
                    sum14 = V.MultiplyAddRegister(s1, x4, sum14);
            }

            if (sizeof(TVectors) > 5)
            {
                R x5 = V.LoadRegister(b + (5 * V.Count));
                sum05 = V.MultiplyAddRegister(s0, x5, sum05);
                if (sizeof(TRows) > 1)
                    sum15 = V.MultiplyAddRegister(s1, x5, sum15);
            }

            if (sizeof(TVectors) > 6)
            {
                R x6 = V.LoadRegister(b + (6 * V.Count));
                sum06 = V.MultiplyAddRegister(s0, x6, sum06);
                if (sizeof(TRows) > 1)
                    sum16 = V.MultiplyAddRegister(s1, x6, sum16);
            }

            if (sizeof(TVectors) > 7)
            {
                R x7 = V.LoadRegister(b + (7 * V.Count));
                sum07 = V.MultiplyAddRegister(s0, x7, sum07);
                if (sizeof(TRows) > 1)
                    sum17 = V.MultiplyAddRegister(s1, x7, sum17);
            }

            b += ldb;
        }

        V.StoreRegister(sum00, c);
        if (sizeof(TRows) > 1)
            V.StoreRegister(sum10, c + ldc);
        if (sizeof(TVectors) > 1)
            V.StoreRegister(sum01, c + V.Count);
        if (sizeof(TVectors) > 1 && sizeof(TRows) > 1)
            V.StoreRegister(sum11, c + ldc + V.Count);
        if (sizeof(TVectors) > 2)
            V.StoreRegister(sum02, c + (2 * V.Count));
        if (sizeof(TVectors) > 2 && sizeof(TRows) > 1)
            V.StoreRegister(sum12, c + ldc + (2 * V.Count));
        if (sizeof(TVectors) > 3)
            V.StoreRegister(sum03, c + (3 * V.Count));
        if (sizeof(TVectors) > 3 && sizeof(TRows) > 1)
            V.StoreRegister(sum13, c + ldc + (3 * V.Count));
        if (sizeof(TVectors) > 4)
            V.StoreRegister(sum04, c + (4 * V.Count));
        if (sizeof(TVectors) > 4 && sizeof(TRows) > 1)
            V.StoreRegister(sum14, c + ldc + (4 * V.Count));
        if (sizeof(TVectors) > 5)
            V.StoreRegister(sum05, c + (5 * V.Count));
        if (sizeof(TVectors) > 5 && sizeof(TRows) > 1)
            V.StoreRegister(sum15, c + ldc + (5 * V.Count));
        if (sizeof(TVectors) > 6)
            V.StoreRegister(sum06, c + (6 * V.Count));
        if (sizeof(TVectors) > 6 && sizeof(TRows) > 1)
            V.StoreRegister(sum16, c + ldc + (6 * V.Count));
        if (sizeof(TVectors) > 7)
            V.StoreRegister(sum07, c + (7 * V.Count));
        if (sizeof(TVectors) > 7 && sizeof(TRows) > 1)
            V.StoreRegister(sum17, c + ldc + (7 * V.Count));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static R Start<V, R>(float* c, bool isThere)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct => isThere ? V.LoadRegister(c) : V.ZeroRegister;
}
