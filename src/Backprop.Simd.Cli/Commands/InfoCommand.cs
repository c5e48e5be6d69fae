using System.CommandLine;
using System.Diagnostics;
using System.Reflection;
using System.Runtime.InteropServices;
using Backprop.Simd.Cli.Reports;
using Backprop.Simd.Cli.SelfTests;
using Backprop.Simd.Kernels;

namespace Backprop.Simd.Cli.Commands;

/// <summary>What runs here, how fast, and whether it is right.</summary>
internal static class InfoCommand
{
    private static readonly TimeSpan s_budget = TimeSpan.FromMilliseconds(300);

    public static Command Create(Option<bool> plain)
    {
        var command = new Command("info", "Says what the kernels run on, measures the FMA peak of a core, and tests every kernel against plain double-precision code.");
        command.SetAction(arguments => Run(Screen.Create(arguments.GetValue(plain))));
        return command;
    }

    private static int Run(Screen screen)
    {
        string version = typeof(Network).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;
        screen.Heading($"Backprop.Simd {version.Split('+')[0]}");
        screen.Line($"Runtime: {RuntimeInformation.FrameworkDescription} on {RuntimeInformation.OSDescription}, {RuntimeInformation.ProcessArchitecture}");
        screen.Line($"Tier: {SimdInfo.Tier}");
        screen.Line($"Kernels: {SimdInfo.Description}");
        screen.Line(FormattableString.Invariant($"Logical cores: {Environment.ProcessorCount}"));

        // The peak after the product too: a machine that is busy, or changes its clock, shows in the difference.
        double before = FmaPeak.MeasureGFlops(s_budget), product = MeasureProduct(s_budget), after = FmaPeak.MeasureGFlops(s_budget);
        double peak = Math.Max(before, after);
        screen.Line(FormattableString.Invariant($"FMA peak of one core: {peak:F1} GFLOP/s"));
        screen.Line(FormattableString.Invariant($"Matrix product 512 x 512 x 512, one thread: {product:F1} GFLOP/s, {100 * product / peak:F0} % of the peak"));
        screen.Line($"Embedded data: {DigitsData.Attribution}");
        screen.Line();

        SelfTestResult[] results = [.. SelfTest.RunAll()];
        screen.Heading("Self-test against double precision");
        screen.Table(["kernel", "worst error", "limit", "unit", "result"], [.. results.Select(Row)]);
        int failed = results.Count(result => !result.Passed);
        screen.Line(failed == 0
            ? FormattableString.Invariant($"Self-test: ok ({results.Length} kernels)")
            : FormattableString.Invariant($"Self-test: FAILED ({failed} of {results.Length} kernels)"));
        return failed == 0 ? ExitCode.Success : ExitCode.Failure;
    }

    private static IReadOnlyList<Cell> Row(SelfTestResult result) =>
    [
        result.Name,
        FormattableString.Invariant($"{result.WorstError:0.###}"),
        FormattableString.Invariant($"{result.Limit:0.###}"),
        new Cell(result.Unit, Tone.Faint),
        result.Passed ? new Cell("ok", Tone.Good) : new Cell("FAILED", Tone.Bad),
    ];

    /// <summary>The fastest of the samples.</summary>
    private static double MeasureProduct(TimeSpan budget)
    {
        const int N = 512;
        float[] a = new float[N * N], b = new float[N * N], c = new float[N * N];
        Array.Fill(a, 0.5f);
        Array.Fill(b, 0.25f);
        double fastest = double.PositiveInfinity;
        long end = Stopwatch.GetTimestamp() + (long)(budget.TotalSeconds * Stopwatch.Frequency);
        do
        {
            long start = Stopwatch.GetTimestamp();
            Gemm.Multiply(N, N, N, a, b, c);
            fastest = Math.Min(fastest, Stopwatch.GetElapsedTime(start).TotalSeconds);
        }
        while (Stopwatch.GetTimestamp() < end);
        return 2.0 * N * N * N / fastest / 1e9;
    }
}
