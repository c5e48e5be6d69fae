using System.Runtime.CompilerServices;
using Backprop.Simd.Internal.Elementwise;
using Backprop.Simd.Internal.Simd;

namespace Backprop.Simd.Internal.Optimizers;

/// <summary>p -= rate (g + weightDecay p).</summary>
internal readonly struct Sgd(float rate, float weightDecay) : IUpdateOperation
{
    private readonly float _rate = rate;
    private readonly float _weightDecay = weightDecay;

    public static int States => 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Update<V>(V parameter, V gradient, ref V first, ref V second)
        where V : struct, IVectorF32<V> => new Lanes<V>(this).Update(parameter, gradient, ref first, ref second);

    public void InLanes<V, TAction>(ref TAction action)
        where V : struct, IVectorF32<V>
        where TAction : struct, IUpdateLanesAction<V> => action.Invoke<Sgd, Lanes<V>>(in this);

    [method: MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly struct Lanes<V>(in Sgd of) : IUpdateLanes<Lanes<V>, Sgd, V>
        where V : struct, IVectorF32<V>
    {
        private readonly V _minusRate = V.Create(-of._rate);
        private readonly V _weightDecay = V.Create(of._weightDecay);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Lanes<V> Of(in Sgd operation) => new(in operation);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public V Update(V parameter, V gradient, ref V first, ref V second) => V.MultiplyAdd(_minusRate, V.MultiplyAdd(_weightDecay, parameter, gradient), parameter);
    }
}

/// <summary>d = g + weightDecay p; buffer = momentum buffer + d; p -= rate buffer, or rate (d + momentum buffer) with Nesterov's form (I. Sutskever et al. 2013, as in PyTorch).</summary>
internal readonly struct SgdMomentum(float rate, float weightDecay, float momentum, bool nesterov) : IUpdateOperation
{
    private readonly float _rate = rate;
    private readonly float _weightDecay = weightDecay;
    private readonly float _momentum = momentum;
    private readonly bool _nesterov = nesterov;

    public static int States => 1;

    public static bool TakesPairs => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Update<V>(V parameter, V gradient, ref V first, ref V second)
        where V : struct, IVectorF32<V> => new Lanes<V>(this).Update(parameter, gradient, ref first, ref second);

    public void InLanes<V, TAction>(ref TAction action)
        where V : struct, IVectorF32<V>
        where TAction : struct, IUpdateLanesAction<V> => action.Invoke<SgdMomentum, Lanes<V>>(in this);

    [method: MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly struct Lanes<V>(in SgdMomentum of) : IUpdateLanes<Lanes<V>, SgdMomentum, V>
        where V : struct, IVectorF32<V>
    {
        private readonly V _minusRate = V.Create(-of._rate);
        private readonly V _weightDecay = V.Create(of._weightDecay);
        private readonly V _momentum = V.Create(of._momentum);
        private readonly bool _nesterov = of._nesterov;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Lanes<V> Of(in SgdMomentum operation) => new(in operation);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public V Update(V parameter, V gradient, ref V first, ref V second)
        {
            V g = V.MultiplyAdd(_weightDecay, parameter, gradient);
            first = V.MultiplyAdd(_momentum, first, g);
            V direction = _nesterov ? V.MultiplyAdd(_momentum, first, g) : first;
            return V.MultiplyAdd(_minusRate, direction, parameter);
        }
    }
}
