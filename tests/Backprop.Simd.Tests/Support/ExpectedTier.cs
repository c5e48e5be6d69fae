using System.Globalization;
using Xunit;

namespace Backprop.Simd.Tests;

/// <summary>What a run of the suite claims to run on: BACKPROP_EXPECT_TIER (Vector512, ...) and BACKPROP_EXPECT_FMA (1 or 0).</summary>
/// <remarks>A knob that the runtime ignores would otherwise test the default tier twice and nobody would notice.</remarks>
public sealed class ExpectedTier
{
    [Fact]
    public void The_run_is_on_the_tier_that_it_claims()
    {
        string? tier = Environment.GetEnvironmentVariable("BACKPROP_EXPECT_TIER");
        string? fma = Environment.GetEnvironmentVariable("BACKPROP_EXPECT_FMA");
        TestContext.Current.TestOutputHelper?.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{SimdInfo.Description}; expected tier: {tier ?? "any"}, FMA: {fma ?? "any"}"));
        if (!string.IsNullOrEmpty(tier))
            Assert.Equal(tier, SimdInfo.Tier.ToString());
        if (!string.IsNullOrEmpty(fma))
            Assert.Equal(fma == "1", SimdInfo.FusedMultiplyAdd);
    }

    /// <summary>Skips the test, by name, where products are rounded apart.</summary>
    internal static void RequireFusedMultiplyAdd(string what) =>
        Assert.SkipUnless(SimdInfo.FusedMultiplyAdd, $"{what} need fused multiply-add.");
}
