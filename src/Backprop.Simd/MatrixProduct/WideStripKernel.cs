using System.Runtime.CompilerServices;
using Backprop.Simd.Internal.Simd;

namespace Backprop.Simd.Internal.MatrixProduct;

/// <summary>C[1 row x 16 vectors] += A B, all sums in registers for all of k: order A where B comes from the L2 cache and the registers are 32.</summary>
/// <remarks>Twice as wide as the widest of <see cref="StripKernel"/>: 1 KB of a row of B at a time streams as fast as the cache reads (1.3 us for 256 KB against 1.9).</remarks>
internal static unsafe class WideStripKernel
{
    public const int Vectors = 16;

    /// <summary>If not <paramref name="accumulate"/>, the sums start from +0 and C is not read.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public static void Run<V, R>(nint k, float alpha, float* a, nint stepStride, float* b, nint ldb, float* c, bool accumulate)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
    {
        R sum0 = Start<V, R>(c, accumulate), sum1 = Start<V, R>(c + V.Count, accumulate), sum2 = Start<V, R>(c + (2 * V.Count), accumulate), sum3 = Start<V, R>(c + (3 * V.Count), accumulate);
        R sum4 = Start<V, R>(c + (4 * V.Count), accumulate), sum5 = Start<V, R>(c + (5 * V.Count), accumulate), sum6 = Start<V, R>(c + (6 * V.Count), accumulate), sum7 = Start<V, R>(c + (7 * V.Count), accumulate);
        R sum8 = Start<V, R>(c + (8 * V.Count), accumulate), sum9 = Start<V, R>(c + (9 * V.Count), accumulate), sum10 = Start<V, R>(c + (10 * V.Count), accumulate), sum11 = Start<V, R>(c + (11 * V.Count), accumulate);
        R sum12 = Start<V, R>(c + (12 * V.Count), accumulate), sum13 = Start<V, R>(c + (13 * V.Count), accumulate), sum14 = Start<V, R>(c + (14 * V.Count), accumulate), sum15 = Start<V, R>(c + (15 * V.Count), accumulate);
        for (; k > 0; k--, a += stepStride, b += ldb)
        {
            R s = V.BroadcastRegister(alpha * a[0]);
            sum0 = V.MultiplyAddRegister(s, V.LoadRegister(b), sum0);
            sum1 = V.MultiplyAddRegister(s, V.LoadRegister(b + V.Count), sum1);
            sum2 = V.MultiplyAddRegister(s, V.LoadRegister(b + (2 * V.Count)), sum2);
            sum3 = V.MultiplyAddRegister(s, V.LoadRegister(b + (3 * V.Count)), sum3);
            sum4 = V.MultiplyAddRegister(s, V.LoadRegister(b + (4 * V.Count)), sum4);
            sum5 = V.MultiplyAddRegister(s, V.LoadRegister(b + (5 * V.Count)), sum5);
            sum6 = V.MultiplyAddRegister(s, V.LoadRegister(b + (6 * V.Count)), sum6);
            sum7 = V.MultiplyAddRegister(s, V.LoadRegister(b + (7 * V.Count)), sum7);
            sum8 = V.MultiplyAddRegister(s, V.LoadRegister(b + (8 * V.Count)), sum8);
            sum9 = V.MultiplyAddRegister(s, V.LoadRegister(b + (9 * V.Count)), sum9);
            sum10 = V.MultiplyAddRegister(s, V.LoadRegister(b + (10 * V.Count)), sum10);
            sum11 = V.MultiplyAddRegister(s, V.LoadRegister(b + (11 * V.Count)), sum11);
            sum12 = V.MultiplyAddRegister(s, V.LoadRegister(b + (12 * V.Count)), sum12);
            sum13 = V.MultiplyAddRegister(s, V.LoadRegister(b + (13 * V.Count)), sum13);
            sum14 = V.MultiplyAddRegister(s, V.LoadRegister(b + (14 * V.Count)), sum14);
            sum15 = V.MultiplyAddRegister(s, V.LoadRegister(b + (15 * V.Count)), sum15);
        }

        V.StoreRegister(sum0, c);
        V.StoreRegister(sum1, c + V.Count);
        V.StoreRegister(sum2, c + (2 * V.Count));
        V.StoreRegister(sum3, c + (3 * V.Count));
        V.StoreRegister(sum4, c + (4 * V.Count));
        V.StoreRegister(sum5, c + (5 * V.Count));
        V.StoreRegister(sum6, c + (6 * V.Count));
        V.StoreRegister(sum7, c + (7 * V.Count));
        V.StoreRegister(sum8, c + (8 * V.Count));
        V.StoreRegister(sum9, c + (9 * V.Count));
        V.StoreRegister(sum10, c + (10 * V.Count));
        V.StoreRegister(sum11, c + (11 * V.Count));
        V.StoreRegister(sum12, c + (12 * V.Count));
        V.StoreRegister(sum13, c + (13 * V.Count));
        V.StoreRegister(sum14, c + (14 * V.Count));
        V.StoreRegister(sum15, c + (15 * V.Count));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static R Start<V, R>(float* c, bool isThere)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct => isThere ? V.LoadRegister(c) : default;
}
