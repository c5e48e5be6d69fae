using Backprop.Simd.Internal.Losses;
using BenchmarkDotNet.Attributes;

namespace Backprop.Simd.Benchmarks;

/// <summary>Loss and gradient of 128 x 64 outputs in one pass.</summary>
public unsafe class LossBenchmarks
{
    private const int Rows = 128, Size = 64;

    private readonly float[] _outputs = Work.Values(Rows * Size, scale: 4f);
    private readonly float[] _targets = Array.ConvertAll(Work.Values(Rows * Size, seed: 2), value => 0.5f + (0.5f * value));
    private readonly float[] _gradient = new float[Rows * Size];
    private readonly float[] _rowLosses = new float[2 * Rows];
    private LossKind _kind;

    [ParamsSource(nameof(Kinds))]
    public string Kind { get; set; } = nameof(LossId.MeanSquaredError);

    public static IEnumerable<string> Kinds => LossTable.All.ToArray().Select(kind => kind.Id.ToString());

    [GlobalSetup]
    public void Setup() => _kind = LossTable.All.ToArray().Single(kind => kind.Id.ToString() == Kind);

    [Benchmark]
    public float LossAndGradient()
    {
        fixed (float* y = _outputs, t = _targets, g = _gradient, r = _rowLosses)
            return LossTable.Run(_kind, y, t, null, g, r, null, Rows, Size);
    }
}
