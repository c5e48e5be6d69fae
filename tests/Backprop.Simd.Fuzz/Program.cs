using System.Diagnostics;
using System.Globalization;
using Backprop.Simd.Fuzz;

// Fuzz [TARGET|all] [COUNT] [FIRST]: gives a reader the inputs FIRST to FIRST + COUNT - 1; exit code 1 if it did what it must not.
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
Target[] targets = [.. ModelTargets.All, .. DataTargets.All, OnnxTarget.Onnx];
string name = args.Length > 0 ? args[0] : "all";
int count = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 10_000;
ulong first = args.Length > 2 ? ulong.Parse(args[2], CultureInfo.InvariantCulture) : 0;
Target[] wanted = [.. targets.Where(target => name == "all" || name == target.Name)];
if (wanted.Length == 0)
{
    Console.Error.WriteLine($"no reader {name}; there are: all {string.Join(' ', targets.Select(target => target.Name))}");
    return 2;
}

// In memory where the system has such a folder: a million files.
string folder = Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath();
string path = Path.Combine(folder, $"backprop-fuzz-{Environment.ProcessId}");
int faults = 0;
try
{
    foreach (Target target in wanted)
    {
        long start = Stopwatch.GetTimestamp();
        FuzzResult result = Fuzzing.Run(target, first, count, path);
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        Console.WriteLine($"{target.Name,-12} {result.Accepted + result.Refused} inputs from {first}, {(result.Accepted + result.Refused) / seconds:0}/s: {result.Accepted} read, {result.Refused} refused, {result.Faults.Count} faults; most allocated beyond 4 x file {result.MostAllocated} bytes");
        foreach (string fault in result.Faults)
            Console.WriteLine(fault);
        faults += result.Faults.Count;
    }
}
finally
{
    File.Delete(path);
}

return faults == 0 ? 0 : 1;
