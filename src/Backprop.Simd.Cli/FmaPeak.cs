using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Backprop.Simd.Cli;

/// <summary>How many floating-point operations one core can do: the roof that products are measured against.</summary>
/// <remarks>
/// 12 independent chains of multiply-add in registers: two units with a latency of four need eight to be busy, and 12 and the two
/// constants fit into the 16 registers of AVX2. Without FMA the roof is that of a multiplication and an addition.
/// </remarks>
internal static class FmaPeak
{
    private const int Chains = 12;
    private const int FlopsPerMultiplyAdd = 2;

    /// <summary>The fastest of many samples of a fraction of a millisecond, on the calling thread.</summary>
    public static double MeasureGFlops(TimeSpan budget)
    {
        if (Vector512.IsHardwareAccelerated)
            return Measure<Of512, Vector512<float>>(Vector512<float>.Count, budget);
        if (Vector256.IsHardwareAccelerated)
            return Measure<Of256, Vector256<float>>(Vector256<float>.Count, budget);
        return Measure<Of128, Vector128<float>>(Vector128<float>.Count, budget);
    }

    private static double Measure<TOperations, R>(int lanes, TimeSpan budget)
        where TOperations : IOperations<R>
        where R : struct
    {
        const int Rounds = 20_000;
        long end = Stopwatch.GetTimestamp() + (long)(budget.TotalSeconds * Stopwatch.Frequency);
        long fastest = long.MaxValue;
        do
        {
            long start = Stopwatch.GetTimestamp();
            Run<TOperations, R>(Rounds);
            fastest = Math.Min(fastest, Stopwatch.GetTimestamp() - start);
        }
        while (Stopwatch.GetTimestamp() < end);

        double operations = (double)Rounds * Chains * lanes * FlopsPerMultiplyAdd;
        return operations / ((double)fastest / Stopwatch.Frequency) / 1e9;
    }

    // Every chain tends to 1, so no sample meets a denormal or an infinity. A chain may not start as another does: the JIT would merge them.
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static R Run<TOperations, R>(int rounds)
        where TOperations : IOperations<R>
        where R : struct
    {
        R factor = TOperations.Create(0.75f), addend = TOperations.Create(0.25f);
        R c0 = TOperations.Create(0f), c1 = TOperations.Create(1f), c2 = TOperations.Create(2f), c3 = TOperations.Create(3f);
        R c4 = TOperations.Create(4f), c5 = TOperations.Create(5f), c6 = TOperations.Create(6f), c7 = TOperations.Create(7f);
        R c8 = TOperations.Create(8f), c9 = TOperations.Create(9f), c10 = TOperations.Create(10f), c11 = TOperations.Create(11f);
        for (int i = 0; i < rounds; i++)
        {
            c0 = TOperations.MultiplyAdd(c0, factor, addend);
            c1 = TOperations.MultiplyAdd(c1, factor, addend);
            c2 = TOperations.MultiplyAdd(c2, factor, addend);
            c3 = TOperations.MultiplyAdd(c3, factor, addend);
            c4 = TOperations.MultiplyAdd(c4, factor, addend);
            c5 = TOperations.MultiplyAdd(c5, factor, addend);
            c6 = TOperations.MultiplyAdd(c6, factor, addend);
            c7 = TOperations.MultiplyAdd(c7, factor, addend);
            c8 = TOperations.MultiplyAdd(c8, factor, addend);
            c9 = TOperations.MultiplyAdd(c9, factor, addend);
            c10 = TOperations.MultiplyAdd(c10, factor, addend);
            c11 = TOperations.MultiplyAdd(c11, factor, addend);
        }

        R even = TOperations.MultiplyAdd(TOperations.MultiplyAdd(c0, c2, c4), c6, TOperations.MultiplyAdd(c8, c10, factor));
        R odd = TOperations.MultiplyAdd(TOperations.MultiplyAdd(c1, c3, c5), c7, TOperations.MultiplyAdd(c9, c11, factor));
        return TOperations.MultiplyAdd(even, odd, addend);
    }

    private interface IOperations<R>
    {
        static abstract R Create(float value);

        static abstract R MultiplyAdd(R a, R b, R c);
    }

    private readonly struct Of512 : IOperations<Vector512<float>>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<float> Create(float value) => Vector512.Create(value);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<float> MultiplyAdd(Vector512<float> a, Vector512<float> b, Vector512<float> c) => Vector512.MultiplyAddEstimate(a, b, c);
    }

    private readonly struct Of256 : IOperations<Vector256<float>>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<float> Create(float value) => Vector256.Create(value);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<float> MultiplyAdd(Vector256<float> a, Vector256<float> b, Vector256<float> c) => Vector256.MultiplyAddEstimate(a, b, c);
    }

    private readonly struct Of128 : IOperations<Vector128<float>>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector128<float> Create(float value) => Vector128.Create(value);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector128<float> MultiplyAdd(Vector128<float> a, Vector128<float> b, Vector128<float> c) => Vector128.MultiplyAddEstimate(a, b, c);
    }
}
