using System.Diagnostics;
using System.Globalization;
using Backprop.Simd;
using Backprop.Simd.Peers;
using TorchSharp;

// Peers first-step: TorchSharp's first step of 64-64-10, for perf/Backprop.Simd.ColdStart. Peers prepare: what first-step needs once.
// Peers [gemm] [steps] [elementwise] [fashion] [parity] [files] [--only TEXT] [--threads N] [--again PROCESSES] [--seconds S] [--markdown FILE] [--golden FILE]; without a name: gemm and steps.
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
if (args is ["first-step"])
{
    using var first = new TorchStep(new StepShape([64, 64, 10], false, true, 32), adam: true);
    first.Run();
    return 0;
}

if (args is ["prepare"])
    return PrepareTorch() ? 0 : 1;
if (Environment.GetEnvironmentVariable("OMP_NUM_THREADS") != "1" || Blas.HeldBack.Any(name => Environment.GetEnvironmentVariable(name) is not null))
{
    // The native libraries read these when they are loaded, from the environment that the process was started with.
    var self = new ProcessStartInfo(Environment.ProcessPath!, args);
    self.Environment["OMP_NUM_THREADS"] = "1";
    self.Environment["MKL_NUM_THREADS"] = "1";
    self.Environment["OPENBLAS_NUM_THREADS"] = "1";

    foreach (string held in Blas.HeldBack)
        self.Environment.Remove(held);
    using Process child = Process.Start(self)!;
    child.WaitForExit();
    return child.ExitCode;
}

// Cells of the products below this are measured again.
const double Limit = 0.95;
double seconds = 0.3;
string? file = null, golden = null, only = null;
int threads = 1, again = 0;
var wanted = new List<string>();
for (int i = 0; i < args.Length; i++)
{
    switch (args[i])
    {
        case "--seconds" when i + 1 < args.Length: seconds = double.Parse(args[++i], CultureInfo.InvariantCulture); break;
        case "--markdown" when i + 1 < args.Length: file = args[++i]; break;
        case "--only" when i + 1 < args.Length: only = args[++i]; break;
        case "--threads" when i + 1 < args.Length: threads = int.Parse(args[++i], CultureInfo.InvariantCulture); break;
        case "--again" when i + 1 < args.Length: again = int.Parse(args[++i], CultureInfo.InvariantCulture); break;
        case "--golden" when i + 1 < args.Length: golden = args[++i]; break;
        case "gemm" or "steps" or "elementwise" or "fashion" or "parity" or "files": wanted.Add(args[i]); break;
        default: Console.Error.WriteLine($"unknown argument {args[i]}"); return 2;
    }
}

if (wanted.Count == 0)
    wanted.AddRange(["gemm", "steps"]);
string? libtorch = Find("libtorch_cpu.so");
bool torchIsThere = PrepareTorch();
Console.WriteLine($"{Machine.Cpu}; {SimdInfo.Description}; {Environment.Version}");
List<Blas> peers = Blas.Installed(libtorch);
if (threads == 1)
    Machine.PinThisThread();
var markdown = new List<string>();
if (wanted.Contains("gemm"))
{
    List<(string Name, double Ratio)> cells = GemmContest.Run(peers, torchIsThere, only, threads, seconds, markdown);
    if (again > 0)
        FreshProcesses.Run(cells, Limit, again, seconds, markdown);
}

if (wanted.Contains("steps"))
{
    markdown.Add("");
    StepContest.Run(peers, torchIsThere, only, seconds, markdown);
}

if (wanted.Contains("elementwise"))
{
    markdown.Add("");
    ElementwiseContest.Run(torchIsThere, seconds, markdown);
    markdown.Add("");
    UpdateContest.Run(torchIsThere, seconds, markdown);
}

if (wanted.Contains("fashion"))
{
    markdown.Add("");
    if (torchIsThere)
        FashionMnist.Run(markdown);
    else
        Console.WriteLine("fashion: skipped, TorchSharp is missing");
}

int exitCode = 0;
if (wanted.Contains("parity"))
{
    if (torchIsThere)
        exitCode = Parity.Run(markdown);
    else
        Console.WriteLine("parity: skipped, TorchSharp is missing");
}

if (wanted.Contains("files") && torchIsThere)
    exitCode |= TorchFiles.Run(Path.Combine(Path.GetTempPath(), "backprop-torch-files"));

if (golden is not null)
    File.WriteAllLines(golden, Parity.Golden);
if (file is not null)
    File.WriteAllLines(file, markdown);
return exitCode;

static string? Find(string name) =>
    Directory.EnumerateFiles(AppContext.BaseDirectory, name, SearchOption.AllDirectories).FirstOrDefault();

static bool PrepareTorch()
{
    try
    {
        if (Find("libLibTorchSharp.so") is { } path)
            WeakVersion.Mark(path, "GLIBCXX_3.4.32");
        torch.set_num_threads(1);
        return true;
    }
    catch (Exception e) when (e is DllNotFoundException or TypeInitializationException or NotSupportedException or FileNotFoundException)
    {
        Console.WriteLine($"TorchSharp: missing ({e.Message.Split('\n')[0]})");
        return false;
    }
}
