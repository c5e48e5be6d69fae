using System.Runtime.CompilerServices;
using Backprop.Simd.Internal.Simd;

namespace Backprop.Simd.Internal.Losses;

/// <summary>f = (y - t)^2.</summary>
internal readonly struct MeanSquaredError : IElementLoss
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Loss<V>(V output, V target)
        where V : struct, IVectorF32<V>
    {
        V d = output - target;
        return d * d;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Derivative<V>(V output, V target)
        where V : struct, IVectorF32<V>
    {
        V d = output - target;
        return d + d;
    }

    public double Reference(double output, double target) => (output - target) * (output - target);

    public double ReferenceDerivative(double output, double target) => 2 * (output - target);
}
