using Backprop.Simd.Fuzz;
using Xunit;

namespace Backprop.Simd.Tests;

/// <summary>A sample of what tests/Backprop.Simd.Fuzz gives the readers by the million: damaged files are refused as documented, without a large allocation or a hang.</summary>
public class FuzzTests
{
    private const int Sample = 2000;

    public static TheoryData<string> Readers => [.. Targets.Select(target => target.Name)];

    [Theory]
    [MemberData(nameof(Readers))]
    public void Damaged_files_are_refused_as_documented(string reader)
    {
        Target target = Targets.Single(one => one.Name == reader);
        using var folder = new TemporaryFolder();
        FuzzResult result = Fuzzing.Run(target, first: 0, Sample, folder["input"]);
        Assert.Empty(result.Faults);
        Assert.True(result.Refused > Sample / 2, $"only {result.Refused} of {Sample} were refused");
        Assert.True(result.Accepted > 0, "none was read: the mutations are too coarse");
    }

    [Fact]
    public void A_fault_is_found()
    {
        using var folder = new TemporaryFolder();
        var careless = new Target("careless", [[1, 2, 3, 4]], path => _ = new byte[File.ReadAllBytes(path)[3] << 16], ["\0"]);
        FuzzResult result = Fuzzing.Run(careless, first: 0, Sample, folder["input"]);
        Assert.Contains(result.Faults, fault => fault.Contains(nameof(IndexOutOfRangeException), StringComparison.Ordinal));
        Assert.Contains(result.Faults, fault => fault.Contains("bytes were allocated", StringComparison.Ordinal));
    }

    private static Target[] Targets => [.. ModelTargets.All, .. DataTargets.All];
}
