using System.Runtime.CompilerServices;
using Backprop.Simd.Internal.Elementwise;
using Backprop.Simd.Internal.Simd;

namespace Backprop.Simd.Internal.Activations;

/// <summary>f(x) = ln(1 + e^x) = max(x, 0) + ln(1 + e^-|x|). f'(x) = sigmoid(x).</summary>
internal readonly struct Softplus : IActivation
{
    public static Saved Saves
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Saved.Input;
    }

    public static int SumsInRegisters
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => 0;
    }

    public static bool HasStages
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => true;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V FirstStage<V>(V x, out V other)
        where V : struct, IVectorF32<V>
    {
        other = V.Greater(V.Create(0f), x);
        return Elementary.ExpOfNegative(-V.Abs(x));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V SecondStage<V>(V x, V state, V other)
        where V : struct, IVectorF32<V> => other + Elementary.LogOnePlus(state);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Forward<V>(V x)
        where V : struct, IVectorF32<V> => SecondStage(x, FirstStage(x, out V other), other);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Backward<V>(V saved, V dy)
        where V : struct, IVectorF32<V> => dy * Elementary.Sigmoid(saved);

    public double Reference(double x) => Math.Max(x, 0) + DoubleMath.LogOnePlus(Math.Exp(-Math.Abs(x)));

    public double ReferenceDerivative(double x) => 1 / (1 + Math.Exp(-x));
}
