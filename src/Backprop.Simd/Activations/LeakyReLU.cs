using System.Runtime.CompilerServices;
using Backprop.Simd.Internal.Simd;

namespace Backprop.Simd.Internal.Activations;

/// <summary>f(x) = slope x where x &lt;= 0, else x (A. Maas et al. 2013). f'(0) = slope.</summary>
internal readonly struct LeakyReLU(float slope) : IActivation
{
    public static Saved Saves
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Saved.Input;
    }

    public static int SumsInRegisters
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => 14;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Forward<V>(V x)
        where V : struct, IVectorF32<V> => V.SelectLessOrEqual(x, V.Create(0f), x * V.Create(slope), x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Backward<V>(V saved, V dy)
        where V : struct, IVectorF32<V> => V.SelectLessOrEqual(saved, V.Create(0f), dy * V.Create(slope), dy);

    public double Reference(double x) => x <= 0 ? slope * x : x;

    public double ReferenceDerivative(double x) => x <= 0 ? slope : 1;
}
