using System.Runtime.Intrinsics.X86;

namespace Backprop.Simd.Internal.Simd;

/// <summary>What no instruction set tells. It moves the clock, never the bits.</summary>
internal static class CpuModel
{
    private const int Auth = 0x68747541;
    private const int AmdFamilyOfZen4 = 0x19;

    private static readonly bool s_isAmd = X86Base.IsSupported && X86Base.CpuId(0, 0).Ebx == Auth;

    /// <summary>Whether 512-bit vectors go through units of half the width, so that half a vector costs half: AMD Zen 4, not Zen 5, not Intel.</summary>
    public static bool SplitsWideVectors { get; } = s_isAmd && Family(X86Base.CpuId(1, 0).Eax) == AmdFamilyOfZen4;

    /// <summary>Whether AVX's stores with a mask are many operations each: AMD.</summary>
    public static bool MasksStoresSlowly { get; } = s_isAmd;

    // Base family 15 and the extended family.
    private static int Family(int signature) => ((signature >> 8) & 15) + ((signature >> 20) & 255);
}
