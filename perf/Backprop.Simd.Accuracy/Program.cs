using System.Diagnostics;
using System.Globalization;
using Backprop.Simd;
using Backprop.Simd.Accuracy;

// Accuracy [--stride N] [--only NAME] [--markdown FILE]: every float (stride 1: minutes a function) against double precision.
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
int stride = 1;
string? only = null, markdown = null;
for (int i = 0; i + 1 < args.Length; i += 2)
{
    switch (args[i])
    {
        case "--stride": stride = int.Parse(args[i + 1], CultureInfo.InvariantCulture); break;
        case "--only": only = args[i + 1]; break;
        case "--markdown": markdown = args[i + 1]; break;
        default: Console.Error.WriteLine($"unknown option {args[i]}"); return 2;
    }
}

Console.WriteLine(SimdInfo.Description);
var lines = new List<string>
{
    "| function | floats tested | max error, ULP | at x | max for x >= -1 | x < -1: max error / (2^-24 abs(x)) | max absolute error / 2^-24 | wrong specials | exactly odd | never falls |",
    "|---|---|---|---|---|---|---|---|---|---|",
};
foreach (Subject subject in Subject.All)
{
    if (only is not null && subject.Name != only)
        continue;
    long started = Stopwatch.GetTimestamp();
    Survey s = Survey.Of(subject, stride);
    string specials = s.WrongSpecials == 0 ? "0" : $"{s.WrongSpecials}, first at {s.FirstWrongSpecial:g9}";
    string odd = subject.Odd ? (s.OddBroken == 0 ? "yes" : $"no ({s.OddBroken})") : "";
    string monotone = subject.Monotone ? (s.MonotoneBroken == 0 ? "yes" : $"no ({s.MonotoneBroken})") : "";
    lines.Add($"| {subject.Name} | {s.Tested:n0} | {s.Worst.Ulp:f3} | {s.Worst.At:g9} | {s.WorstFromMinusOne.Ulp:f3} at {s.WorstFromMinusOne.At:g6} | {s.WorstScaled.Scaled:f3} | {s.WorstAbsolute.Absolute:g4} | {specials} | {odd} | {monotone} |");
    Console.WriteLine($"{lines[^1]} {Stopwatch.GetElapsedTime(started).TotalSeconds:f1} s");
}

if (markdown is not null)
    File.WriteAllLines(markdown, lines);
return 0;
