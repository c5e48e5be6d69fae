using System.Runtime.CompilerServices;
using Backprop.Simd.Internal.Elementwise;
using Backprop.Simd.Internal.Simd;

namespace Backprop.Simd.Internal.Activations;

/// <summary>f(x) = x Phi(x), Phi the distribution function of the normal distribution (D. Hendrycks, K. Gimpel 2016, erf form). f'(x) = Phi(x) + x phi(x).</summary>
internal readonly struct GELU : IActivation
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
        get => Tiers.HasThirtyTwoRegisters;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V FirstStage<V>(V x, out V other)
        where V : struct, IVectorF32<V> => Elementary.NormalTailExponent(x, out other);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V SecondStage<V>(V x, V state, V other)
        where V : struct, IVectorF32<V> => Elementary.WithoutNormalTail(x, state, other);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Forward<V>(V x)
        where V : struct, IVectorF32<V> => SecondStage(x, FirstStage(x, out V other), other);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Backward<V>(V saved, V dy)
        where V : struct, IVectorF32<V> => dy * Elementary.TimesNormalDistributionSlope(saved);

    public double Reference(double x) => x * 0.5 * DoubleMath.ComplementaryErf(-x / Math.Sqrt(2));

    public double ReferenceDerivative(double x) => double.IsInfinity(x) ? (x > 0 ? 1 : 0) : (0.5 * DoubleMath.ComplementaryErf(-x / Math.Sqrt(2))) + (x * Math.Exp(-0.5 * x * x) / Math.Sqrt(2 * Math.PI));
}
