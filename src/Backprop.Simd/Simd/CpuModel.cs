using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Backprop.Simd.Internal.Simd;

/// <summary>What no instruction set tells. It moves the clock, never the bits.</summary>
internal static class CpuModel
{
    private const int Auth = 0x68747541;
    private const int AmdFamilyOfZen4 = 0x19;

    private static bool s_splitsWideVectors, s_masksStoresSlowly;

    /// <summary>Whether 512-bit vectors go through units of half the width, so that half a vector costs half: AMD Zen 4, not Zen 5, not Intel.</summary>
    public static bool SplitsWideVectors
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => RuntimeFeature.IsDynamicCodeSupported ? Known.SplitsWideVectors : s_splitsWideVectors;
    }

    /// <summary>Whether AVX's stores with a mask are many operations each: AMD.</summary>
    public static bool MasksStoresSlowly
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => RuntimeFeature.IsDynamicCodeSupported ? Known.MasksStoresSlowly : s_masksStoresSlowly;
    }

    // Kernels are compiled once, when they are first called: what is known by then is a constant to the JIT. Compiled ahead, they load a field that needs no check
    // whether it was set; such a check, a call, would keep the sums of a loop out of the registers. (AVX2, 4 x 20 x 50: 15 to 43 GFLOP/s.)
    [ModuleInitializer]
    [SuppressMessage("Usage", "CA2255:The ModuleInitializer attribute should not be used in libraries", Justification = "A few CPUID instructions.")]
    internal static void Find()
    {
        // To read them initializes their classes.
        bool splits = Known.SplitsWideVectors, masks = Known.MasksStoresSlowly;
        if (!RuntimeFeature.IsDynamicCodeSupported)
            (s_splitsWideVectors, s_masksStoresSlowly) = (splits, masks);
    }

    // Base family 15 and the extended family.
    private static int Family(int signature) => ((signature >> 8) & 15) + ((signature >> 20) & 255);

    private static class Known
    {
        private static readonly bool s_isAmd = X86Base.IsSupported && X86Base.CpuId(0, 0).Ebx == Auth;

        public static bool SplitsWideVectors { get; } = s_isAmd && Family(X86Base.CpuId(1, 0).Eax) == AmdFamilyOfZen4;

        public static bool MasksStoresSlowly { get; } = s_isAmd;
    }
}
