using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;
using Backprop.Simd.Internal.Simd;

namespace Backprop.Simd;

/// <summary>What the kernels run on in this process, and whether it is inside the same-bits promise.</summary>
public static class SimdInfo
{
    /// <summary>The vector width in use.</summary>
    public static SimdTier Tier => Tiers.Best;

    /// <summary>Whether multiply-add is rounded once, by the CPU. Without it the kernels work, but their bits are outside the promise.</summary>
    public static bool FusedMultiplyAdd => Fma.IsSupported || AdvSimd.IsSupported;

    /// <summary>Tier, instruction sets, and whether this process gives the same bits as every other machine, and if not, why not.</summary>
    public static string Description
    {
        get
        {
            string architecture = RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant();
            string sets = InstructionSets();
            string problem = Problem();
            string promise = problem.Length == 0 ? "inside the same-bits promise" : $"OUTSIDE the same-bits promise: {problem}";
            return $"{Tier} ({Lanes()} floats) on {architecture}, {sets}; {promise}";
        }
    }

    private static int Lanes() => Tier switch
    {
        SimdTier.Vector512 => 16,
        SimdTier.Vector256 => 8,
        SimdTier.Vector128 => 4,
        _ => System.Numerics.Vector<float>.Count,
    };

    private static string InstructionSets()
    {
        var sets = new List<string>();
        if (AdvSimd.IsSupported)
            sets.Add("AdvSimd");
        if (Sse2.IsSupported)
            sets.Add(Avx.IsSupported ? "AVX" : Sse41.IsSupported ? "SSE4.1" : "SSE2");
        if (Avx2.IsSupported)
            sets.Add("AVX2");
        if (Fma.IsSupported)
            sets.Add("FMA");
        if (Avx512F.IsSupported)
            sets.Add("AVX-512");
        return sets.Count == 0 ? "no known instruction set" : string.Join(" ", sets);
    }

    private static string Problem()
    {
        if (!FusedMultiplyAdd)
        {
            return "no fused multiply-add (an old CPU, DOTNET_EnableAVX2=0, or NativeAOT built for the x86-64 baseline: set IlcInstructionSet)";
        }

        if (Type.GetType("Mono.RuntimeStructs") is not null)
            return "the Mono runtime";
        return FloatEnvironment.Problem ?? FloatEnvironment.Test() ?? string.Empty;
    }
}
