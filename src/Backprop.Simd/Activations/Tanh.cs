using System.Runtime.CompilerServices;
using Backprop.Simd.Internal.Simd;

namespace Backprop.Simd.Internal.Activations;

/// <summary>f(x) = tanh(x). f'(x) = 1 - y^2.</summary>
internal readonly struct Tanh : IActivation
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
        where V : struct, IVectorF32<V> => Elementary.TanhPlace(x, out other);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V SecondStage<V>(V x, V state, V other)
        where V : struct, IVectorF32<V> => Elementary.TanhAbout(x, state, other);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Forward<V>(V x)
        where V : struct, IVectorF32<V> => Elementary.Tanh(x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Backward<V>(V saved, V dy)
        where V : struct, IVectorF32<V> => dy * V.MultiplySubtractFrom(saved, saved, V.Create(1f));

    public double Reference(double x) => Math.Tanh(x);

    public double ReferenceDerivative(double x)
    {
        double y = Math.Tanh(x);
        return (1 - y) * (1 + y);
    }
}
