using Xunit;

namespace Backprop.Simd.Tests;

public sealed class SimdInfoTests
{
    [Fact]
    public void Description_names_the_tier() =>
        Assert.Contains(SimdInfo.Tier.ToString(), SimdInfo.Description, StringComparison.Ordinal);
}
