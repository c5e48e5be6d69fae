using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Backprop.Simd;
using Backprop.Simd.Conformance;

// backprop-conformance [--threads N] [--write FILE]: exit code 0 if every bit is as recorded.
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
    Console.WriteLine($"{subject.Name,-32} {Hash(lines)[..16]}");
}

Console.WriteLine($"{"all",-32} {Hash(recorded)}");
if (file is not null)
{
    File.WriteAllLines(file, recorded);
    return 0;
}

List<string> expected = Expected();
for (int i = 0; i < Math.Max(expected.Count, recorded.Count); i++)
{
    string want = i < expected.Count ? expected[i] : "(nothing)", got = i < recorded.Count ? recorded[i] : "(nothing)";
    if (want == got)
        continue;
    string[] wanted = want.Split("; "), given = got.Split("; ");
    string part = wanted.Length == 3 && given.Length == 3
        ? given[2].Split(", ").Zip(wanted[2].Split(", ")).Where(pair => pair.First != pair.Second).Select(pair => $"{pair.First}, recorded {pair.Second}").FirstOrDefault() ?? "(another number of parts)"
        : got;
    Console.WriteLine($"DIFFERENT: the bits part in network \"{given[0]}\", step {(given.Length > 1 ? given[1] : "?")}, at {part}");
    return 1;
}

Console.WriteLine("this machine agrees");
return 0;

static string Hash(List<string> lines) =>
    Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', lines))));

static List<string> Expected()
{
    using Stream? stream = typeof(Cases).Assembly.GetManifestResourceStream("expected.txt");
    var lines = new List<string>();
    if (stream is null)
        return lines;
    using var reader = new StreamReader(stream);
    while (reader.ReadLine() is { } line)
        lines.Add(line);
    return lines;
}
