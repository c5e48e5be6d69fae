using System.Runtime.CompilerServices;
using Backprop.Simd.Internal.Simd;

namespace Backprop.Simd.Internal.Losses;

/// <summary>With d = y - t: f = d^2 / 2 where |d| &lt;= delta, else delta (|d| - delta / 2) (P. Huber 1964).</summary>
internal readonly struct Huber(float delta) : IElementLoss
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Loss<V>(V output, V target)
        where V : struct, IVectorF32<V>
    {
        V size = V.Abs(output - target);
        V limit = V.Create(delta);
        V half = V.Create(0.5f);

        // Written as "not below the limit" so that NaN takes the quadratic branch, which keeps it.
        return V.SelectLess(limit, size, limit * (size - (half * limit)), half * size * size);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Derivative<V>(V output, V target)
        where V : struct, IVectorF32<V>
    {
        V d = output - target;
        V limit = V.Create(delta);
        V clampedAbove = V.SelectLess(limit, d, limit, d);
        return V.SelectLess(d, -limit, -limit, clampedAbove);
    }

    public double Reference(double output, double target)
    {
        double d = Math.Abs(output - target);
        return d <= delta ? 0.5 * d * d : delta * (d - (0.5 * delta));
    }

    public double ReferenceDerivative(double output, double target)
    {
        double d = output - target;
        return d > delta ? delta : d < -delta ? -delta : d;
    }
}
