using Backprop.Simd.Internal.Optimizers;
using BenchmarkDotNet.Attributes;

namespace Backprop.Simd.Benchmarks;

/// <summary>One update of 101,770 parameters (784-128-10) with gradients put in place, since an update clears them.</summary>
public unsafe class OptimizerBenchmarks
{
    private const int Length = 101_770;

    private readonly float[] _parameters = Work.Values(Length);
    private readonly float[] _source = Work.Values(Length, seed: 2);
    private readonly float[] _gradients = new float[Length];
    private readonly float[] _states = new float[2 * Length];

    [Params(0, 1, 2, 3, 4, 5, 6)]
    public int Kind { get; set; }

    [Benchmark]
    public void Step()
    {
        OptimizerKind kind = OptimizerTable.All[Kind];
        _source.CopyTo(_gradients, 0);
        fixed (float* p = _parameters, g = _gradients, s = _states)
            OptimizerTable.Step(kind, kind.LearningRate, 1, p, g, s, Length, Length, clear: true, null);
    }
}
