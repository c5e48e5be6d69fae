using Backprop.Simd.Benchmarks;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Running;

// --quick: a stopwatch table in under two minutes. Anything else goes to BenchmarkDotNet, e.g. --filter *Gemm*.
if (args.Contains("--quick"))
{
    Quick.Run();
    return;
}

IConfig config = DefaultConfig.Instance
    .AddDiagnoser(MemoryDiagnoser.Default)
    .AddColumn(new FlopColumn(ofPeak: false), new FlopColumn(ofPeak: true));
BenchmarkSwitcher.FromAssembly(typeof(Work).Assembly).Run(args, config);
