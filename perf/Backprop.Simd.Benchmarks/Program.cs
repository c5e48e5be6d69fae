using Backprop.Simd.Benchmarks;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Running;

// --quick [text]: a stopwatch table in under two minutes, or its rows that contain the text. Anything else goes to BenchmarkDotNet, e.g. --filter *Gemm*.
if (args is ["--quick", ..])
{
    Quick.Run(args.ElementAtOrDefault(1) ?? string.Empty);
    return;
}

IConfig config = DefaultConfig.Instance
    .AddDiagnoser(MemoryDiagnoser.Default)
    .AddColumn(new FlopColumn(ofPeak: false), new FlopColumn(ofPeak: true));
BenchmarkSwitcher.FromAssembly(typeof(Work).Assembly).Run(args, config);
