using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Xunit;

namespace Backprop.Simd.Tests;

public sealed class SimdInfoTests
{
    [Fact]
    public void Description_names_tier_lanes_and_promise()
    {
        string lanes = SimdInfo.Tier switch
        {
            SimdTier.Vector512 => "(16 floats)",
            SimdTier.Vector256 => "(8 floats)",
            SimdTier.Vector128 => "(4 floats)",
            _ => "floats)",
        };
        Assert.Contains(SimdInfo.Tier.ToString(), SimdInfo.Description, StringComparison.Ordinal);
        Assert.Contains(lanes, SimdInfo.Description, StringComparison.Ordinal);
        Assert.Contains(SimdInfo.FusedMultiplyAdd ? "inside the same-bits promise" : "OUTSIDE the same-bits promise: no fused multiply-add",
            SimdInfo.Description, StringComparison.Ordinal);
    }

    [Fact]
    public void Tier_is_the_widest_accelerated_vector()
    {
        Assert.Equal(Vector512.IsHardwareAccelerated, SimdInfo.Tier == SimdTier.Vector512);
        Assert.Equal(!Vector512.IsHardwareAccelerated && Vector256.IsHardwareAccelerated, SimdInfo.Tier == SimdTier.Vector256);
        Assert.Equal(!Vector128.IsHardwareAccelerated, SimdInfo.Tier == SimdTier.Portable);
    }

    [Theory]
    [InlineData("DOTNET_EnableAVX512", "0", SimdTier.Vector256)]
    [InlineData("DOTNET_PreferredVectorBitWidth", "256", SimdTier.Vector256)]
    [InlineData("DOTNET_PreferredVectorBitWidth", "128", SimdTier.Vector128)]
    [InlineData("DOTNET_EnableAVX2", "0", SimdTier.Vector128)]
    [InlineData("DOTNET_EnableHWIntrinsic", "0", SimdTier.Portable)]
    public void A_knob_lowers_the_tier(string variable, string value, SimdTier limit)
    {
        Assert.SkipUnless(RuntimeInformation.ProcessArchitecture == Architecture.X64, "The knobs of x86-64.");
        SimdTier bare = TierOfChild(), lowered = TierOfChild((variable, value));
        Assert.Equal((SimdTier)Math.Min((int)limit, (int)bare), lowered);
    }

    private static SimdTier TierOfChild(params (string Name, string Value)[] environment)
    {
        ChildProcess.Result result = ChildProcess.Run(ReportTier, environment);
        Assert.True(Enum.TryParse(result.Report.Trim(), out SimdTier tier), result.Output);
        return tier;
    }

    private static void ReportTier() => ChildProcess.Report(SimdInfo.Tier.ToString());
}
