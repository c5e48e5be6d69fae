using System.Runtime.CompilerServices;
using Backprop.Simd.Internal.Simd;

namespace Backprop.Simd.Internal.Losses;

/// <summary>f = |y - t|; the derivative at y = t is 0.</summary>
internal readonly struct MeanAbsoluteError : IElementLoss
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Loss<V>(V output, V target)
        where V : struct, IVectorF32<V> => V.Abs(output - target);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Derivative<V>(V output, V target)
        where V : struct, IVectorF32<V>
    {
        V d = output - target;
        V one = V.Create(1f);
        V sign = V.SelectLess(d, V.Create(0f), -one, one);

        // d itself where it is 0 or NaN: +0 and NaN are the derivatives there.
        return V.SelectLess(V.Create(0f), V.Abs(d), sign, V.Abs(d));
    }

    public double Reference(double output, double target) => Math.Abs(output - target);

    public double ReferenceDerivative(double output, double target) =>
        double.IsNaN(output - target) ? double.NaN : Math.Sign(output - target);
}
