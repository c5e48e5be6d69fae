using System.Runtime.InteropServices;
using Backprop.Simd.AotSmoke;
using Xunit;

namespace Backprop.Simd.Tests;

/// <summary>The same bits for every number of threads and every vector width. (.ci/run adds NativeAOT.)</summary>
public sealed class SameBitsTests
{
    [Fact]
    public void Threads_do_not_show()
    {
        string expected = SmokeTraining.Fingerprint(1);
        Assert.Equal(expected, SmokeTraining.Fingerprint(2));
        Assert.Equal(expected, SmokeTraining.Fingerprint(3));
    }

    [Fact]
    public void Widths_do_not_show()
    {
        Assert.SkipUnless(RuntimeInformation.ProcessArchitecture == Architecture.X64, "The knobs of x86-64.");
        (string, string, SimdTier)[] knobs =
        [
            ("DOTNET_EnableAVX512", "0", SimdTier.Vector256),
            ("DOTNET_PreferredVectorBitWidth", "256", SimdTier.Vector256),
            ("DOTNET_PreferredVectorBitWidth", "128", SimdTier.Vector128),
        ];
        string[] bare = Train();
        Assert.SkipUnless(bare[1] == "FMA", "This CPU has no fused multiply-add: outside the promise.");
        foreach ((string variable, string value, SimdTier limit) in knobs)
        {
            string[] narrowed = Train((variable, value));
            Assert.True(Enum.Parse<SimdTier>(narrowed[0]) <= limit, $"{variable}={value} left {narrowed[0]}.");
            Assert.Equal(bare[1..], narrowed[1..]);
        }
    }

    private static string[] Train(params (string Name, string Value)[] environment)
    {
        ChildProcess.Result result = ChildProcess.Run(ReportTraining, environment);
        Assert.True(result.ExitCode == 0, result.Output);
        return result.Report.Split('\n');
    }

    private static void ReportTraining()
    {
        ChildProcess.Report(SimdInfo.Tier.ToString());
        ChildProcess.Report(SimdInfo.FusedMultiplyAdd ? "FMA" : "no FMA");
        ChildProcess.Report(SmokeTraining.Fingerprint(1));
        ChildProcess.Report(SmokeTraining.Fingerprint(2));
    }
}
