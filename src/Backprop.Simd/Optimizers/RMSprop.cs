using System.Runtime.CompilerServices;
using Backprop.Simd.Internal.Elementwise;
using Backprop.Simd.Internal.Simd;

namespace Backprop.Simd.Internal.Optimizers;

/// <summary>d = g + weightDecay p; v = alpha v + (1 - alpha) d^2; p -= rate d / (sqrt(v) + epsilon) (T. Tieleman, G. Hinton 2012, as in PyTorch).</summary>
internal readonly struct RMSprop(in OptimizerKind kind, double learningRate) : IUpdateOperation
{
    private readonly float _rate = (float)learningRate;
    private readonly float _weightDecay = (float)kind.WeightDecay;
    private readonly float _alpha = (float)kind.Alpha;
    private readonly float _oneMinusAlpha = (float)(1 - kind.Alpha);
    private readonly float _epsilon = (float)kind.Epsilon;

    public static int States => 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Update<V>(V parameter, V gradient, ref V first, ref V second)
        where V : struct, IVectorF32<V> =>
        V.MultiplyAdd(V.Create(-_rate), Direction(parameter, gradient, ref first), parameter);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal V Direction<V>(V parameter, V gradient, ref V first)
        where V : struct, IVectorF32<V>
    {
        V d = V.MultiplyAdd(V.Create(_weightDecay), parameter, gradient);
        first = V.MultiplyAdd(V.Create(_alpha), first, V.Create(_oneMinusAlpha) * d * d);
        return d / (V.Sqrt(first) + V.Create(_epsilon));
    }
}

/// <summary>RMSprop with buffer = momentum buffer + d / (sqrt(v) + epsilon); p -= rate buffer.</summary>
internal readonly struct RMSpropMomentum(in OptimizerKind kind, double learningRate) : IUpdateOperation
{
    private readonly RMSprop _plain = new(kind, learningRate);
    private readonly float _rate = (float)learningRate;
    private readonly float _momentum = (float)kind.Momentum;

    public static int States => 2;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Update<V>(V parameter, V gradient, ref V first, ref V second)
        where V : struct, IVectorF32<V>
    {
        second = V.MultiplyAdd(V.Create(_momentum), second, _plain.Direction(parameter, gradient, ref first));
        return V.MultiplyAdd(V.Create(-_rate), second, parameter);
    }
}
