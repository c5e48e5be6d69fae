using Backprop.Simd.Benchmarks;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Running;

// --quick [text]: a stopwatch table in under two minutes, or its rows that contain the text. --latency, --endurance, --fixed-batch, --denormals, --scaling, --order-cost, --hand-over:
// one question each. Anything else goes to BenchmarkDotNet, e.g. --filter *Gemm*.
switch (args.FirstOrDefault())
{
    case "--quick": Quick.Run(args.ElementAtOrDefault(1) ?? string.Empty); return;
    case "--latency": Latency.Run(); return;
    case "--endurance": Endurance.Run(); return;
    case "--fixed-batch": FixedBatch.Run(); return;
    case "--denormals": Denormals.Run(); return;
    case "--scaling": Scaling.Run(args.ElementAtOrDefault(1) ?? string.Empty); return;
    case "--order-cost": OrderCost.Run(); return;
    case "--hand-over": HandOver.Run(); return;
}

IConfig config = DefaultConfig.Instance
    .AddDiagnoser(MemoryDiagnoser.Default)
    .AddColumn(new FlopColumn(ofPeak: false), new FlopColumn(ofPeak: true));
BenchmarkSwitcher.FromAssembly(typeof(Work).Assembly).Run(args, config);
