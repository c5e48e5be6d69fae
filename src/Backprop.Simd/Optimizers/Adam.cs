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
        where V : struct, IVectorF32<V> => new Lanes<V>(this).Update(parameter, gradient, ref first, ref second);

    public void InLanes<V, TAction>(ref TAction action)
        where V : struct, IVectorF32<V>
        where TAction : struct, IUpdateLanesAction<V> => action.Invoke<Adam, Lanes<V>>(in this);

    [method: MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly struct Lanes<V>(in Adam of) : IUpdateLanes<Lanes<V>, Adam, V>
        where V : struct, IVectorF32<V>
    {
        private readonly V _gradientDecay = V.Create(of._gradientDecay);
        private readonly V _shrink = V.Create(of._shrink);
        private readonly V _oneMinusBeta1 = V.Create(of._oneMinusBeta1);
        private readonly V _beta2 = V.Create(of._beta2);
        private readonly V _oneMinusBeta2 = V.Create(of._oneMinusBeta2);
        private readonly V _minusRate = V.Create(-of._rate);
        private readonly V _rootCorrection = V.Create(of._rootCorrection);
        private readonly V _epsilon = V.Create(of._epsilon);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Lanes<V> Of(in Adam operation) => new(in operation);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public V Update(V parameter, V gradient, ref V first, ref V second)
        {
            V g = V.MultiplyAdd(_gradientDecay, parameter, gradient);
            first = V.MultiplyAdd(_oneMinusBeta1, g - first, first);
            second = V.MultiplyAdd(_beta2, second, _oneMinusBeta2 * g * g);
            V denominator = V.MultiplyAdd(V.Sqrt(second), _rootCorrection, _epsilon);
            return V.MultiplyAdd(_minusRate, first / denominator, parameter * _shrink);
        }
    }
}
