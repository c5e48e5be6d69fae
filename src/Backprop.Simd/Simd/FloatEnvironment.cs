using System.Runtime.CompilerServices;

namespace Backprop.Simd.Internal.Simd;

/// <summary>Host code may have set flush-to-zero or another rounding mode on a thread; results then differ from those of other machines.</summary>
internal static class FloatEnvironment
{
    private static volatile string? s_problem;

    /// <summary>What was found on some thread that computed here, or null.</summary>
    public static string? Problem => s_problem;

    /// <summary>Tests the calling thread; called once by every trainer, predictor and worker.</summary>
    public static void Observe() => s_problem ??= Test();

    /// <summary>What is unusual on the calling thread, or null.</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.NoOptimization)]
    public static string? Test()
    {
        float smallestNormal = BitConverter.Int32BitsToSingle(0x0080_0000);
        float denormal = BitConverter.Int32BitsToSingle(1);
        float half = 0.5f, one = 1f, justUnderHalfUlp = 4.5e-8f, justOverHalfUlp = 7.5e-8f;
        if (smallestNormal * half == 0f || denormal * one == 0f)
            return "this process flushes denormals to zero";
        bool nearest = one + justUnderHalfUlp == one && one + justOverHalfUlp > one
            && -one - justUnderHalfUlp == -one && -one - justOverHalfUlp < -one;
        return nearest ? null : "this process does not round to nearest";
    }
}
