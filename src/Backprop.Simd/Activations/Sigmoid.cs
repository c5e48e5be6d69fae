using System.Runtime.CompilerServices;
using Backprop.Simd.Internal.Simd;

namespace Backprop.Simd.Internal.Activations;

/// <summary>f(x) = 1 / (1 + e^-x). f'(x) = y (1 - y).</summary>
internal readonly struct Sigmoid : IActivation
{
    public static Saved Saves
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Saved.Output;
    }

    public static int SumsInRegisters
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => 0;
    }

    public static bool HasStages
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Tiers.HasThirtyTwoRegisters;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V FirstStage<V>(V x, out V other)
        where V : struct, IVectorF32<V> => Elementary.SigmoidSixteenths(x, out other);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V SecondStage<V>(V x, V state, V other)
        where V : struct, IVectorF32<V> => Elementary.SigmoidOfSixteenths(state, other);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Forward<V>(V x)
        where V : struct, IVectorF32<V> => Elementary.Sigmoid(x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Backward<V>(V saved, V dy)
        where V : struct, IVectorF32<V> => dy * (saved * (V.Create(1f) - saved));

    public double Reference(double x) => 1 / (1 + Math.Exp(-x));

    public double ReferenceDerivative(double x)
    {
        double e = Math.Exp(-Math.Abs(x));
        return e / ((1 + e) * (1 + e));
    }
}
