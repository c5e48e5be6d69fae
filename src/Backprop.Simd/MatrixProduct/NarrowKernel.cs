using System.Runtime.CompilerServices;
using Backprop.Simd.Internal.Simd;

namespace Backprop.Simd.Internal.MatrixProduct;

/// <summary>C[rows x one vector] += A[rows x k] B[k x one vector] for k up to 8: B stays in registers, and the rows of C follow one another.</summary>
/// <remarks>Orders A (one chain a sum) and B (four chains by k mod 4): a product of few steps and columns has nothing but rows, so a loop over them must not be interrupted.</remarks>
internal static unsafe class NarrowKernel
{
    public const int MaxSteps = 8;

    /// <summary>Runs on 1 to 8 steps; TChains is N1 for order A, N4 for order B. Rows of the panel are a vector apart; lanes from count on are neither loaded from C nor stored, but for the first <paramref name="whole"/> rows, which store a whole vector.</summary>
    public static void Run<V, R, TChains>(nint rows, nint k, float* a, nint rowStride, nint stepStride, float* panel, float* c, nint ldc, int count, nint whole, bool accumulate)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
        where TChains : unmanaged
    {
        switch (k)
        {
            case 1:
                Rows<V, R, TChains, N1>(rows, a, rowStride, stepStride, panel, c, ldc, count, whole, accumulate);
                break;
            case 2:
                Rows<V, R, TChains, N2>(rows, a, rowStride, stepStride, panel, c, ldc, count, whole, accumulate);
                break;
            case 3:
                Rows<V, R, TChains, N3>(rows, a, rowStride, stepStride, panel, c, ldc, count, whole, accumulate);
                break;
            case 4:
                Rows<V, R, TChains, N4>(rows, a, rowStride, stepStride, panel, c, ldc, count, whole, accumulate);
                break;
            case 5:
                Rows<V, R, TChains, N5>(rows, a, rowStride, stepStride, panel, c, ldc, count, whole, accumulate);
                break;
            case 6:
                Rows<V, R, TChains, N6>(rows, a, rowStride, stepStride, panel, c, ldc, count, whole, accumulate);
                break;
            case 7:
                Rows<V, R, TChains, N7>(rows, a, rowStride, stepStride, panel, c, ldc, count, whole, accumulate);
                break;
            case 8:
                Rows<V, R, TChains, N8>(rows, a, rowStride, stepStride, panel, c, ldc, count, whole, accumulate);
                break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Rows<V, R, TChains, TSteps>(nint rows, float* a, nint rowStride, nint stepStride, float* panel, float* c, nint ldc, int count, nint whole, bool accumulate)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
        where TChains : unmanaged
        where TSteps : unmanaged
    {
        R x0 = V.LoadRegister(panel);
        R x1 = sizeof(TSteps) > 1 ? V.LoadRegister(panel + V.Count) : x0;
        R x2 = sizeof(TSteps) > 2 ? V.LoadRegister(panel + (2 * V.Count)) : x0;
        R x3 = sizeof(TSteps) > 3 ? V.LoadRegister(panel + (3 * V.Count)) : x0;
        R x4 = sizeof(TSteps) > 4 ? V.LoadRegister(panel + (4 * V.Count)) : x0;
        R x5 = sizeof(TSteps) > 5 ? V.LoadRegister(panel + (5 * V.Count)) : x0;
        R x6 = sizeof(TSteps) > 6 ? V.LoadRegister(panel + (6 * V.Count)) : x0;
        R x7 = sizeof(TSteps) > 7 ? V.LoadRegister(panel + (7 * V.Count)) : x0;

        // Three steps from each pointer: plain, and with two index registers.
        nint secondStep = 2 * stepStride;
        float* a0 = a, a3 = a + (3 * stepStride), a6 = a + (6 * stepStride);
        for (rows -= whole; whole > 0; whole--)
        {
            R sum = accumulate ? V.Unwrap(V.LoadPartial(c, count)) : default;
            V.Store(Sum<V, R, TChains, TSteps>(sum, a0, a3, a6, stepStride, secondStep, x0, x1, x2, x3, x4, x5, x6, x7), c);
            a0 += rowStride;
            if (sizeof(TSteps) > 3)
                a3 += rowStride;
            if (sizeof(TSteps) > 6)
                a6 += rowStride;
            c += ldc;
        }

        for (; rows > 0; rows--)
        {
            R sum = accumulate ? V.Unwrap(V.LoadPartial(c, count)) : default;
            V.StorePartial(Sum<V, R, TChains, TSteps>(sum, a0, a3, a6, stepStride, secondStep, x0, x1, x2, x3, x4, x5, x6, x7), c, count);
            a0 += rowStride;
            if (sizeof(TSteps) > 3)
                a3 += rowStride;
            if (sizeof(TSteps) > 6)
                a6 += rowStride;
            c += ldc;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V Sum<V, R, TChains, TSteps>(R sum0, float* a0, float* a3, float* a6, nint stepStride, nint secondStep, R x0, R x1, R x2, R x3, R x4, R x5, R x6, R x7)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
        where TChains : unmanaged
        where TSteps : unmanaged
    {
        R sum1 = default, sum2 = default, sum3 = default;
        sum0 = V.MultiplyAddRegister(V.BroadcastRegister(a0[0]), x0, sum0);
        if (sizeof(TSteps) > 1)
            Add<V, R, TChains>(ref sum0, ref sum1, a0[stepStride], x1);
        if (sizeof(TSteps) > 2)
            Add<V, R, TChains>(ref sum0, ref sum2, a0[secondStep], x2);
        if (sizeof(TSteps) > 3)
            Add<V, R, TChains>(ref sum0, ref sum3, a3[0], x3);
        if (sizeof(TSteps) > 4)
            sum0 = V.MultiplyAddRegister(V.BroadcastRegister(a3[stepStride]), x4, sum0);
        if (sizeof(TSteps) > 5)
            Add<V, R, TChains>(ref sum0, ref sum1, a3[secondStep], x5);
        if (sizeof(TSteps) > 6)
            Add<V, R, TChains>(ref sum0, ref sum2, a6[0], x6);
        if (sizeof(TSteps) > 7)
            Add<V, R, TChains>(ref sum0, ref sum3, a6[stepStride], x7);
        return sizeof(TChains) > 1 ? (V.Wrap(sum0) + V.Wrap(sum2)) + (V.Wrap(sum1) + V.Wrap(sum3)) : V.Wrap(sum0);
    }

    // The next step of a sum's only chain, or of another of its four.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add<V, R, TChains>(ref R only, ref R own, float a, R x)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
        where TChains : unmanaged
    {
        if (sizeof(TChains) > 1)
            own = V.MultiplyAddRegister(V.BroadcastRegister(a), x, own);
        else
            only = V.MultiplyAddRegister(V.BroadcastRegister(a), x, only);
    }
}
