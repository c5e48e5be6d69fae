using System.Runtime.CompilerServices;
using Backprop.Simd.Internal.Elementwise;
using Backprop.Simd.Internal.Simd;

namespace Backprop.Simd.Internal.Optimizers;

/// <summary>
/// m += (1 - beta1)(g - m); v = beta2 v + (1 - beta2) g^2; p -= rate / (1 - beta1^t) * m / (sqrt(v) / sqrt(1 - beta2^t) + epsilon)
/// (D. Kingma, J. Ba 2015, as in PyTorch). Adam adds weightDecay p to g; AdamW (I. Loshchilov, F. Hutter 2019) shrinks p by rate weightDecay first.
/// </summary>
internal readonly struct Adam : IUpdateOperation
{
    private readonly float _gradientDecay;
    private readonly float _shrink;
    private readonly float _oneMinusBeta1;
    private readonly float _beta2;
    private readonly float _oneMinusBeta2;
    private readonly float _rate;
    private readonly float _rootCorrection;
    private readonly float _epsilon;

    /// <param name="kind">Adam or AdamW.</param>
    /// <param name="learningRate">Of this step.</param>
    /// <param name="step">1 for the first update.</param>
    public Adam(in OptimizerKind kind, double learningRate, long step)
    {
        bool decoupled = kind.Id == OptimizerId.AdamW;
        _gradientDecay = decoupled ? 0f : (float)kind.WeightDecay;
        _shrink = decoupled ? (float)(1 - (learningRate * kind.WeightDecay)) : 1f;
        _oneMinusBeta1 = (float)(1 - kind.Beta1);
        _beta2 = (float)kind.Beta2;
        _oneMinusBeta2 = (float)(1 - kind.Beta2);
        _rate = (float)(learningRate / IntegerPower.OneMinus(kind.Beta1, step));
        _rootCorrection = (float)(1 / Math.Sqrt(IntegerPower.OneMinus(kind.Beta2, step)));
        _epsilon = (float)kind.Epsilon;
    }

    public static int States => 2;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Update<V>(V parameter, V gradient, ref V first, ref V second)
        where V : struct, IVectorF32<V>
    {
        V g = V.MultiplyAdd(V.Create(_gradientDecay), parameter, gradient);
        first = V.MultiplyAdd(V.Create(_oneMinusBeta1), g - first, first);
        second = V.MultiplyAdd(V.Create(_beta2), second, V.Create(_oneMinusBeta2) * g * g);
        V denominator = V.MultiplyAdd(V.Sqrt(second), V.Create(_rootCorrection), V.Create(_epsilon));
        return V.MultiplyAdd(V.Create(-_rate), first / denominator, parameter * V.Create(_shrink));
    }
}
