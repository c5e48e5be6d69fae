using System.Runtime.CompilerServices;
using Backprop.Simd.Internal.Simd;

namespace Backprop.Simd.Internal.Activations;

/// <summary>f(x) = x sigmoid(x) (S. Elfwing et al. 2018). f'(x) = s (1 + x (1 - s)).</summary>
internal readonly struct SiLU : IActivation
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
        where V : struct, IVectorF32<V> => Elementary.SigmoidSixteenths(x, out other);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V SecondStage<V>(V x, V state, V other)
        where V : struct, IVectorF32<V> => Elementary.TimesSigmoid(x, state, other, 40f);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Forward<V>(V x)
        where V : struct, IVectorF32<V> => SecondStage(x, FirstStage(x, out V other), other);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Backward<V>(V saved, V dy)
        where V : struct, IVectorF32<V>
    {
        // Beyond 40 sigmoid is 1, and its complement must not be met by more; beyond -104 it is 0.
        V x = V.Lesser(V.Create(40f), V.Greater(V.Create(-104f), saved));
        V s = Elementary.Sigmoid(x, out V complement);
        return dy * (s * V.MultiplyAdd(x, complement, V.Create(1f)));
    }

    public double Reference(double x) => x / (1 + Math.Exp(-x));

    public double ReferenceDerivative(double x)
    {
        if (double.IsInfinity(x))
            return x > 0 ? 1 : 0;
        double s = 1 / (1 + Math.Exp(-x));
        return s * (1 + (x * (1 - s)));
    }
}
