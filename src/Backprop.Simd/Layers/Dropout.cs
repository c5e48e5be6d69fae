using System.Globalization;
using System.Runtime.CompilerServices;
using Backprop.Simd.Internal.Simd;

namespace Backprop.Simd.Internal.Layers;

/// <summary>
/// Training: y = 0 with probability rate, else x / (1 - rate); the backward pass does the same to dy (N. Srivastava et al. 2014). Otherwise y = x.
/// An element is dropped where the upper 24 bits of Draw(row size + column), keyed by (seed, step, layer), are below rate 2^24.
/// </summary>
internal sealed unsafe partial class Dropout(int size, double rate) : Layer(size, size)
{
    private readonly int _threshold = (int)Math.Floor((rate * (1 << 24)) + 0.5);
    private readonly float _scale = (float)(1 / (1 - rate));

    public double Rate { get; } = rate;

    public override bool IsIdentityInInference => true;

    public override string Description =>
        string.Create(CultureInfo.InvariantCulture, $"Dropout({InputSize},{BitConverter.DoubleToInt64Bits(Rate):x16})");

    public override void Forward(in LayerPass pass)
    {
        if (pass.Training)
            Run(pass, pass.Input, pass.Output);
        else
            new ReadOnlySpan<float>(pass.Input, pass.Rows * InputSize).CopyTo(new Span<float>(pass.Output, pass.Rows * InputSize));
    }

    public override void Backward(in LayerPass pass)
    {
        if (pass.InputGradient is not null)
            Run(pass, pass.OutputGradient, pass.InputGradient);
    }

    private void Run(in LayerPass pass, float* x, float* y)
    {
        var loop = new MaskLoop(new CounterRandom(pass.Key), _threshold, _scale, x, y, pass.Rows * InputSize);
        Tiers.Dispatch(ref loop);
    }

    internal readonly struct MaskLoop(CounterRandom random, int threshold, float scale, float* x, float* y, int length) : IVectorAction
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
        public void Invoke<V>()
            where V : struct, IVectorF32<V>
        {
            CounterRandom generator = random;
            float* from = x, to = y;
            V limit = V.CreateInt(threshold), scales = V.Create(scale), zero = V.Create(0f);
            V counters = V.IndicesInt, step = V.CreateInt(V.Count);
            for (int i = 0; i < length; i += V.Count)
            {
                V dropped = V.LessThanInt(V.ShiftRightLogicalInt(generator.Draw(counters), 8), limit);
                counters = V.AddInt(counters, step);
                if (i <= length - V.Count)
                    V.Store(V.Select(dropped, zero, V.Load(from + i) * scales), to + i);
                else
                    V.StorePartial(V.Select(dropped, zero, V.LoadPartial(from + i, length - i) * scales), to + i, length - i);
            }
        }
    }
}
