using System.CommandLine;
using Backprop.Simd.Cli.Reports;
using Backprop.Simd.Conformance;

namespace Backprop.Simd.Cli.Commands;

/// <summary>Whether this machine gives the bits that every machine should give.</summary>
internal static class ConformCommand
{
    public static Command Create(Option<bool> plain)
    {
        var threads = new Option<int>("--threads") { Description = "Threads to train on; the bits do not depend on them.", DefaultValueFactory = _ => 1 };
        var command = new Command("conform", "Trains a fixed set of networks and compares every bit with the recorded ones.") { threads };
        command.SetAction(arguments => Run(Screen.Create(arguments.GetValue(plain)), arguments.GetValue(threads)));
        return command;
    }

    private static int Run(Screen screen, int threads)
    {
        if (threads is < 1 or > 1024)
            throw new UserErrorException($"--threads takes 1 to 1024; it was given {threads}.");
        using WorkerPool? workers = threads > 1 ? new WorkerPool(threads) : null;
        screen.Heading("Same bits on every machine");
        screen.Line($"Kernels: {SimdInfo.Description}");
        screen.Line();
        List<string> expected = Comparison.Expected(), recorded = [];
        var rows = new List<IReadOnlyList<Cell>>();
        foreach (Case subject in Cases.All)
        {
            List<string> lines = Recording.Of(subject, workers);
            bool same = Comparison.FirstDifference([.. expected.Skip(recorded.Count).Take(lines.Count)], lines) is null;
            recorded.AddRange(lines);
            rows.Add([subject.Name, Comparison.Hash(lines)[..16], same ? new Cell("same", Tone.Good) : new Cell("DIFFERENT", Tone.Bad)]);
        }

        screen.Table(["network", "fingerprint", "bits"], rows);
        string? difference = Comparison.FirstDifference(expected, recorded);
        screen.Line($"Fingerprint of all, {Comparison.Set}: {Comparison.Hash(recorded)}");
        screen.Line(difference is null ? "this machine agrees" : $"DIFFERENT: {difference}");
        return difference is null ? ExitCode.Success : ExitCode.Failure;
    }
}
