using BenchmarkDotNet.Attributes;

namespace Backprop.Simd.Benchmarks;

/// <summary>A whole training step with Adam and softmax cross-entropy.</summary>
public class StepBenchmarks : ICountsFlops
{
    private Trainer? _trainer;
    private float[] _inputs = [];
    private int[] _labels = [];

    [ParamsSource(nameof(Shapes))]
    public string Shape { get; set; } = "64-64-10";

    [Params(1, 32, 128)]
    public int Rows { get; set; }

    public static IEnumerable<string> Shapes => Work.Networks;

    public double Flops => Work.StepFlops(Work.Build(Shape), Rows);

    [GlobalSetup]
    public void Setup()
    {
        Network network = Work.Build(Shape);
        _trainer = new Trainer(network, Loss.SoftmaxCrossEntropy, Optimizer.Adam(1e-4), new TrainerOptions { MaxBatchSize = Rows });
        _inputs = Work.Values(Rows * network.InputSize);
        _labels = Work.Labels(Rows, network.OutputSize);
    }

    [GlobalCleanup]
    public void Cleanup() => _trainer!.Dispose();

    [Benchmark]
    public float Step() => _trainer!.Step(_inputs, _labels);
}

/// <summary>A prediction.</summary>
public class PredictBenchmarks : ICountsFlops
{
    private Predictor? _predictor;
    private float[] _inputs = [];

    [ParamsSource(nameof(Shapes))]
    public string Shape { get; set; } = "64-64-10";

    [Params(1, 32, 128)]
    public int Rows { get; set; }

    public static IEnumerable<string> Shapes => Work.Networks;

    public double Flops => Work.ForwardFlops(Work.Build(Shape), Rows);

    [GlobalSetup]
    public void Setup()
    {
        Network network = Work.Build(Shape);
        _predictor = network.CreatePredictor(Rows);
        _inputs = Work.Values(Rows * network.InputSize);
    }

    [GlobalCleanup]
    public void Cleanup() => _predictor!.Dispose();

    [Benchmark]
    public float Predict() => _predictor!.Predict(_inputs)[0];
}
