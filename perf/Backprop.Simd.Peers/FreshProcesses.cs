using System.Diagnostics;
using System.Globalization;

namespace Backprop.Simd.Peers;

/// <summary>Measures single cells of the table of products again, each in processes of its own: where arrays lie and what the JIT chose differ from process to process.</summary>
internal static class FreshProcesses
{
    /// <summary>For every cell below the limit a line with its ratios and their median.</summary>
    public static void Run(IReadOnlyList<(string Name, double Ratio)> cells, double limit, int processes, double seconds, List<string> markdown)
    {
        (string Name, double Ratio)[] missing = [.. cells.Where(cell => cell.Ratio < limit)];
        markdown.Add("");
        markdown.Add(string.Create(CultureInfo.InvariantCulture, $"| below {limit} in the table | in {processes} fresh processes | median |"));
        markdown.Add("|---|---|---|");
        foreach ((string name, double first) in missing)
        {
            double[] ratios = [.. Enumerable.Range(0, processes).Select(_ => Ratio(name, seconds))];
            string all = string.Join(", ", ratios.Select(ratio => ratio.ToString("f2", CultureInfo.InvariantCulture)));
            Array.Sort(ratios);
            markdown.Add(string.Create(CultureInfo.InvariantCulture, $"| {name} ({first:f2}) | {all} | {ratios[processes / 2]:f2} |"));
            Console.WriteLine(markdown[^1]);
        }
    }

    private static double Ratio(string name, double seconds)
    {
        string path = Environment.ProcessPath!;
        string[] program = Path.GetFileNameWithoutExtension(path) == "dotnet" ? [typeof(FreshProcesses).Assembly.Location] : [];
        var self = new ProcessStartInfo(path, [.. program, "gemm", "--only", name, "--seconds", seconds.ToString(CultureInfo.InvariantCulture)]) { RedirectStandardOutput = true };
        Machine.UnpinThisThread();
        using Process child = Process.Start(self)!;
        Machine.PinThisThread();
        string[] lines = child.StandardOutput.ReadToEnd().Split('\n');
        child.WaitForExit();
        int column = Array.FindIndex(Cells(lines.First(line => line.StartsWith("| shape", StringComparison.Ordinal))), cell => cell == "ours / best");
        return double.Parse(Cells(lines.First(line => line.StartsWith($"| {name} |", StringComparison.Ordinal)))[column], CultureInfo.InvariantCulture);
    }

    private static string[] Cells(string line) => line.Split('|', StringSplitOptions.TrimEntries);
}
