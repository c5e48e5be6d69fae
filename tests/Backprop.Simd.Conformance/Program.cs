using System.Globalization;
using Backprop.Simd;
using Backprop.Simd.Conformance;

// Conformance [--threads N] [--write FILE]: exit code 0 if every bit is as recorded.
int threads = 1;
string? file = null;
for (int i = 0; i + 1 < args.Length; i += 2)
{
    if (args[i] == "--threads")
        threads = int.Parse(args[i + 1], CultureInfo.InvariantCulture);
    else if (args[i] == "--write")
        file = args[i + 1];
}

Console.WriteLine(SimdInfo.Description);
using WorkerPool? workers = threads > 1 ? new WorkerPool(threads) : null;
var recorded = new List<string>();
foreach (Case subject in Cases.All)
{
    List<string> lines = Recording.Of(subject, workers);
    recorded.AddRange(lines);
    Console.WriteLine($"{subject.Name,-32} {Comparison.Hash(lines)[..16]}");
}

Console.WriteLine($"{$"all of {Comparison.Set}",-32} {Comparison.Hash(recorded)}");
if (file is not null)
{
    File.WriteAllLines(file, [Comparison.Set, .. recorded]);
    return 0;
}

if (Comparison.FirstDifference(Comparison.Expected(), recorded) is { } difference)
{
    Console.WriteLine($"DIFFERENT: {difference}");
    return 1;
}

Console.WriteLine("this machine agrees");
return 0;
