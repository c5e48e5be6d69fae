using Backprop.Simd.Internal.Activations;
using Backprop.Simd.Kernels;
using BenchmarkDotNet.Attributes;

namespace Backprop.Simd.Benchmarks;

/// <summary>65,536 elements of each activation.</summary>
public class ActivationBenchmarks
{
    private const int Length = 65536;

    private readonly float[] _x = Work.Values(Length, scale: 4f);
    private readonly float[] _dy = Work.Values(Length, seed: 2);
    private readonly float[] _y = new float[Length];
    private readonly float[] _dx = new float[Length];
    private Activation _activation;

    [ParamsSource(nameof(Kinds))]
    public string Kind { get; set; } = nameof(ActivationId.ReLU);

    public static IEnumerable<string> Kinds => ActivationTable.Elementwise.ToArray().Select(kind => kind.Id.ToString());

    [GlobalSetup]
    public void Setup()
    {
        _activation = new Activation(ActivationTable.Elementwise.ToArray().Single(kind => kind.Id.ToString() == Kind));
        Activations.Forward(_activation, _x, _y);
    }

    [Benchmark]
    public void Forward() => Activations.Forward(_activation, _x, _y);

    [Benchmark]
    public void Backward() => Activations.Backward(_activation, _x, _y, _dy, _dx);
}
