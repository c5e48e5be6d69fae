using Backprop.Simd.Fuzz;
using Backprop.Simd.Tests;
using Xunit;

namespace Backprop.Simd.Onnx.Tests;

/// <summary>A sample of what tests/Backprop.Simd.Fuzz gives the importer by the million.</summary>
public class FuzzTests
{
    private const int Sample = 2000;

    [Fact]
    public void Damaged_models_are_refused_as_documented()
    {
        using var folder = new TemporaryFolder();
        FuzzResult result = Fuzzing.Run(OnnxTarget.Onnx, first: 0, Sample, folder["input"]);
        Assert.Empty(result.Faults);
        Assert.True(result.Refused > Sample / 2, $"only {result.Refused} of {Sample} were refused");
        Assert.True(result.Accepted > 0, "none was read: the mutations are too coarse");
    }
}
