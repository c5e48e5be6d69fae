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
        where V : struct, IVectorF32<V> => new Lanes<V>(this).Update(parameter, gradient, ref first, ref second);

    public void InLanes<V, TAction>(ref TAction action)
        where V : struct, IVectorF32<V>
        where TAction : struct, IUpdateLanesAction<V> => action.Invoke<RMSprop, Lanes<V>>(in this);

    [method: MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal readonly struct Lanes<V>(in RMSprop of) : IUpdateLanes<Lanes<V>, RMSprop, V>
        where V : struct, IVectorF32<V>
    {
        private readonly V _minusRate = V.Create(-of._rate);
        private readonly V _weightDecay = V.Create(of._weightDecay);
        private readonly V _alpha = V.Create(of._alpha);
        private readonly V _oneMinusAlpha = V.Create(of._oneMinusAlpha);
        private readonly V _epsilon = V.Create(of._epsilon);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Lanes<V> Of(in RMSprop operation) => new(in operation);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public V Update(V parameter, V gradient, ref V first, ref V second) => V.MultiplyAdd(_minusRate, Direction(parameter, gradient, ref first), parameter);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public V Direction(V parameter, V gradient, ref V first)
        {
            V d = V.MultiplyAdd(_weightDecay, parameter, gradient);
            first = V.MultiplyAdd(_alpha, first, _oneMinusAlpha * d * d);
            return d / (V.Sqrt(first) + _epsilon);
        }
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
        where V : struct, IVectorF32<V> => new Lanes<V>(this).Update(parameter, gradient, ref first, ref second);

    public void InLanes<V, TAction>(ref TAction action)
        where V : struct, IVectorF32<V>
        where TAction : struct, IUpdateLanesAction<V> => action.Invoke<RMSpropMomentum, Lanes<V>>(in this);

    [method: MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly struct Lanes<V>(in RMSpropMomentum of) : IUpdateLanes<Lanes<V>, RMSpropMomentum, V>
        where V : struct, IVectorF32<V>
    {
        private readonly RMSprop.Lanes<V> _plain = new(of._plain);
        private readonly V _minusRate = V.Create(-of._rate);
        private readonly V _momentum = V.Create(of._momentum);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Lanes<V> Of(in RMSpropMomentum operation) => new(in operation);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public V Update(V parameter, V gradient, ref V first, ref V second)
        {
            second = V.MultiplyAdd(_momentum, second, _plain.Direction(parameter, gradient, ref first));
            return V.MultiplyAdd(_minusRate, second, parameter);
        }
    }
}
