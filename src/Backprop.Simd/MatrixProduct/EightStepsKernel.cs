using System.Runtime.CompilerServices;
using Backprop.Simd.Internal.Simd;

namespace Backprop.Simd.Internal.MatrixProduct;

/// <summary>C[rows x n] += A[rows x 8] B[8 x n] for one or two rows, order A: as <see cref="FewRowsKernel"/>, with eight rows of B from their first to their last column at a time, whose factors fill half of thirty-two registers.</summary>
/// <remarks>C is loaded and stored half as often, and of eight rows that begin in other pages the CPU's prefetchers find the start at the same time. (Zen 4, 1 x 784 x 512: 39 to 43 GFLOP/s, 1 x 2048 x 512 38 to 42, 1 x 1000 x 3000 30 to 35, 1 x 1000 x 1000 +4 %, 2 x 784 x 512 77 to 85, 2 x 512 x 2048 +15 %, 2 x 1000 x 1000 -1 %.)</remarks>
internal static unsafe class EightStepsKernel
{
    public const int Steps = 8;
    private const int PageFloats = 1024;

    /// <summary>Whether rows are a page apart or a little more: then four at a time are faster. (2 x 1024 x 1024 would lose 6 to 10 %, 1 x 1024 x 1024 2 %, 1 x 1000 x 1030 7 %; two and four pages gain as others.)</summary>
    public static bool Clashes(nint ldb) => ldb is >= PageFloats and < PageFloats + 64;

    /// <summary>Runs on the first <c>head</c> columns as a part of a vector, and on the others.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public static void Run<V, R, TRows>(nint head, nint n, float alpha, float* a, nint rowStride, nint stepStride, float* b, nint ldb, float* c, nint ldc)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
        where TRows : unmanaged
    {
        // Of the second row the first one's, if there is none.
        float* a4 = a + (4 * stepStride), b4 = b + (4 * ldb), c1 = sizeof(TRows) > 1 ? c + ldc : c;
        nint other = sizeof(TRows) > 1 ? rowStride : 0, twoRows = 2 * ldb, threeRows = 3 * ldb;
        R s0 = V.BroadcastRegister(alpha * a[0]), s1 = V.BroadcastRegister(alpha * a[stepStride]), s2 = V.BroadcastRegister(alpha * a[2 * stepStride]), s3 = V.BroadcastRegister(alpha * a[3 * stepStride]);
        R s4 = V.BroadcastRegister(alpha * a4[0]), s5 = V.BroadcastRegister(alpha * a4[stepStride]), s6 = V.BroadcastRegister(alpha * a4[2 * stepStride]), s7 = V.BroadcastRegister(alpha * a4[3 * stepStride]);
        a += other;
        a4 += other;
        R t0 = V.BroadcastRegister(alpha * a[0]), t1 = V.BroadcastRegister(alpha * a[stepStride]), t2 = V.BroadcastRegister(alpha * a[2 * stepStride]), t3 = V.BroadcastRegister(alpha * a[3 * stepStride]);
        R t4 = V.BroadcastRegister(alpha * a4[0]), t5 = V.BroadcastRegister(alpha * a4[stepStride]), t6 = V.BroadcastRegister(alpha * a4[2 * stepStride]), t7 = V.BroadcastRegister(alpha * a4[3 * stepStride]);
        nint j = 0;
        int rest = (int)Math.Min(head, n);
        do
        {
            if (rest > 0)
            {
                R x0 = V.Unwrap(V.LoadPartial(b + j, rest)), x1 = V.Unwrap(V.LoadPartial(b + ldb + j, rest)), x2 = V.Unwrap(V.LoadPartial(b + twoRows + j, rest)), x3 = V.Unwrap(V.LoadPartial(b + threeRows + j, rest));
                R x4 = V.Unwrap(V.LoadPartial(b4 + j, rest)), x5 = V.Unwrap(V.LoadPartial(b4 + ldb + j, rest)), x6 = V.Unwrap(V.LoadPartial(b4 + twoRows + j, rest)), x7 = V.Unwrap(V.LoadPartial(b4 + threeRows + j, rest));
                V.StorePartial(V.Wrap(Chain<V, R>(V.Unwrap(V.LoadPartial(c + j, rest)), s0, s1, s2, s3, s4, s5, s6, s7, x0, x1, x2, x3, x4, x5, x6, x7)), c + j, rest);
                if (sizeof(TRows) > 1)
                    V.StorePartial(V.Wrap(Chain<V, R>(V.Unwrap(V.LoadPartial(c1 + j, rest)), t0, t1, t2, t3, t4, t5, t6, t7, x0, x1, x2, x3, x4, x5, x6, x7)), c1 + j, rest);
                j += rest;
            }

            float* p = b + j, p4 = b4 + j;
            for (; j <= n - V.Count; j += V.Count, p += V.Count, p4 += V.Count)
            {
                R x0 = V.LoadRegister(p), x1 = V.LoadRegister(p + ldb), x2 = V.LoadRegister(p + twoRows), x3 = V.LoadRegister(p + threeRows);
                R x4 = V.LoadRegister(p4), x5 = V.LoadRegister(p4 + ldb), x6 = V.LoadRegister(p4 + twoRows), x7 = V.LoadRegister(p4 + threeRows);
                V.StoreRegister(Chain<V, R>(V.LoadRegister(c + j), s0, s1, s2, s3, s4, s5, s6, s7, x0, x1, x2, x3, x4, x5, x6, x7), c + j);
                if (sizeof(TRows) > 1)
                    V.StoreRegister(Chain<V, R>(V.LoadRegister(c1 + j), t0, t1, t2, t3, t4, t5, t6, t7, x0, x1, x2, x3, x4, x5, x6, x7), c1 + j);
            }

            rest = (int)(n - j);
        }
        while (rest > 0);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static R Chain<V, R>(R sum, R s0, R s1, R s2, R s3, R s4, R s5, R s6, R s7, R x0, R x1, R x2, R x3, R x4, R x5, R x6, R x7)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
    {
        sum = V.MultiplyAddRegister(s3, x3, V.MultiplyAddRegister(s2, x2, V.MultiplyAddRegister(s1, x1, V.MultiplyAddRegister(s0, x0, sum))));
        return V.MultiplyAddRegister(s7, x7, V.MultiplyAddRegister(s6, x6, V.MultiplyAddRegister(s5, x5, V.MultiplyAddRegister(s4, x4, sum))));
    }
}
