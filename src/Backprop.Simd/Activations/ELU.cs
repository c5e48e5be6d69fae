using System.Runtime.CompilerServices;
using Backprop.Simd.Internal.Elementwise;
using Backprop.Simd.Internal.Simd;

namespace Backprop.Simd.Internal.Activations;

/// <summary>f(x) = alpha (e^x - 1) where x &lt;= 0, else x (D. Clevert et al. 2016). f'(0) = alpha.</summary>
internal readonly struct ELU(float alpha) : IActivation
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

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Forward<V>(V x)
        where V : struct, IVectorF32<V> => V.SelectLessOrEqual(x, V.Create(0f), V.Create(alpha) * Elementary.ExpMinusOneOfNegative(x), x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Backward<V>(V saved, V dy)
        where V : struct, IVectorF32<V> => V.SelectLessOrEqual(saved, V.Create(0f), dy * (V.Create(alpha) * Elementary.ExpOfNegative(saved)), dy);

    public double Reference(double x) => x <= 0 ? alpha * DoubleMath.ExpMinusOne(x) : x;

    public double ReferenceDerivative(double x) => x <= 0 ? alpha * Math.Exp(x) : 1;
}
