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

    public static bool IsCheap
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => false;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Forward<V>(V x)
        where V : struct, IVectorF32<V>
    {
        V e = Elementary.ExpOfNegative(-V.Abs(x));
        return V.Greater(V.Create(0f), x) + Elementary.LogOnePlus(e);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Backward<V>(V saved, V dy)
        where V : struct, IVectorF32<V> => dy * Elementary.Sigmoid(saved);

    public double Reference(double x) => Math.Max(x, 0) + DoubleMath.LogOnePlus(Math.Exp(-Math.Abs(x)));

    public double ReferenceDerivative(double x) => 1 / (1 + Math.Exp(-x));
}
