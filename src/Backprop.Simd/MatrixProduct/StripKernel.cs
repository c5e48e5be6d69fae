using System.Runtime.CompilerServices;
using Backprop.Simd.Internal.Simd;

namespace Backprop.Simd.Internal.MatrixProduct;

/// <summary>C[1 or 2 rows x up to 8 vectors] += A B, all sums in registers for all of k: order A where B comes from the L2 cache.</summary>
/// <remarks>A row of B is used once, so the loop must not spend more on C than the loads of B cost: here C is loaded and stored once.</remarks>
internal static unsafe class StripKernel
{
    public const int MaxRows = 2;
    private const int MaxVectors = 8;
    private const int StepsAhead = 8;

    /// <summary>Vectors of a strip of so many rows whose sums the registers hold. (AVX2, 2 x 100 x 128: 4 vectors 66 GFLOP/s, 8 48.)</summary>
    public static int Vectors(nint rows) => Tiers.HasThirtyTwoRegisters ? MaxVectors : MaxVectors / (int)rows;

    /// <summary>Runs on 1 or 2 rows and 1 to 8 vectors, the first of which begins so far after c, the last so far. If not <c>accumulate</c>, the sums start from +0 and C is not read. If <c>asksAhead</c>, rows of B are asked for.</summary>
    public static void Run<V, R>(int rows, int vectors, nint first, nint last, nint k, float alpha, float* a, nint rowStride, nint stepStride, float* b, nint ldb, float* c, nint ldc, bool accumulate, bool asksAhead)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
    {
        if (rows == 1)
            Run<V, R, N1>(vectors, first, last, k, alpha, a, rowStride, stepStride, b, ldb, c, ldc, accumulate, asksAhead);
        else
            Run<V, R, N2>(vectors, first, last, k, alpha, a, rowStride, stepStride, b, ldb, c, ldc, accumulate, asksAhead);
    }

    private static void Run<V, R, TRows>(int vectors, nint first, nint last, nint k, float alpha, float* a, nint rowStride, nint stepStride, float* b, nint ldb, float* c, nint ldc, bool accumulate, bool asksAhead)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
        where TRows : unmanaged
    {
        switch (vectors)
        {
            case 1:
                Strip<V, R, TRows, N1, N1, N1>(first, last, k, alpha, a, rowStride, stepStride, b, ldb, c, ldc, accumulate, asksAhead);
                break;
            case 2:
                Strip<V, R, TRows, N1, N2, N1>(first, last, k, alpha, a, rowStride, stepStride, b, ldb, c, ldc, accumulate, asksAhead);
                break;
            case 3:
                Strip<V, R, TRows, N1, N3, N1>(first, last, k, alpha, a, rowStride, stepStride, b, ldb, c, ldc, accumulate, asksAhead);
                break;
            case 4:
                Strip<V, R, TRows, N1, N4, N1>(first, last, k, alpha, a, rowStride, stepStride, b, ldb, c, ldc, accumulate, asksAhead);
                break;
            case 5:
                Strip<V, R, TRows, N2, N4, N1>(first, last, k, alpha, a, rowStride, stepStride, b, ldb, c, ldc, accumulate, asksAhead);
                break;
            case 6:
                Strip<V, R, TRows, N2, N4, N2>(first, last, k, alpha, a, rowStride, stepStride, b, ldb, c, ldc, accumulate, asksAhead);
                break;
            case 7:
                Strip<V, R, TRows, N2, N4, N3>(first, last, k, alpha, a, rowStride, stepStride, b, ldb, c, ldc, accumulate, asksAhead);
                break;
            case 8:
                Strip<V, R, TRows, N2, N4, N4>(first, last, k, alpha, a, rowStride, stepStride, b, ldb, c, ldc, accumulate, asksAhead);
                break;
        }
    }

    // A strip is one part of up to four vectors, or one of four and another.
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Strip<V, R, TRows, TParts, TLeft, TRight>(nint first, nint last, nint k, float alpha, float* a, nint rowStride, nint stepStride, float* b, nint ldb, float* c, nint ldc, bool accumulate, bool asksAhead)
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
        RowOfVectors<V, R, TLeft> left0 = default, left1 = default;
        RowOfVectors<V, R, TRight> right0 = default, right1 = default;
        if (accumulate)
        {
            left0.Load(c, first, lastOfLeft);
            if (sizeof(TRows) > 1)
                left1.Load(c + ldc, first, lastOfLeft);
            if (sizeof(TParts) > 1)
                right0.Load(c + right, 0, lastOfRight);
            if (sizeof(TParts) > 1 && sizeof(TRows) > 1)
                right1.Load(c + ldc + right, 0, lastOfRight);
        }

        for (; k > 0; k--)
        {
            R s0 = V.BroadcastRegister(alpha * a[0]), s1 = sizeof(TRows) > 1 ? V.BroadcastRegister(alpha * a[rowStride]) : s0;
            if (!Tiers.HasThirtyTwoRegisters && asksAhead)
            {
                float* ahead = b + (StepsAhead * ldb);
                Prefetch.Near(ahead);
                if (sizeof(TLeft) * V.Count > GemmBlocking.CacheLineFloats)
                    Prefetch.Near(ahead + GemmBlocking.CacheLineFloats);
                if (sizeof(TParts) > 1)
                    Prefetch.Near(ahead + right);
                if (sizeof(TParts) > 1 && sizeof(TRight) * V.Count > GemmBlocking.CacheLineFloats)
                    Prefetch.Near(ahead + right + GemmBlocking.CacheLineFloats);
            }

            RowOfVectors<V, R, TLeft> x = default;
            x.Load(b, first, lastOfLeft);
            left0.MultiplyAdd(s0, in x);
            if (sizeof(TRows) > 1)
                left1.MultiplyAdd(s1, in x);
            if (sizeof(TParts) > 1)
            {
                RowOfVectors<V, R, TRight> y = default;
                y.Load(b + right, 0, lastOfRight);
                right0.MultiplyAdd(s0, in y);
                if (sizeof(TRows) > 1)
                    right1.MultiplyAdd(s1, in y);
            }

            a += stepStride;
            b += ldb;
        }

        left0.Store(c, first, lastOfLeft);
        if (sizeof(TRows) > 1)
            left1.Store(c + ldc, first, lastOfLeft);
        if (sizeof(TParts) > 1)
            right0.Store(c + right, 0, lastOfRight);
        if (sizeof(TParts) > 1 && sizeof(TRows) > 1)
            right1.Store(c + ldc + right, 0, lastOfRight);
    }
}
