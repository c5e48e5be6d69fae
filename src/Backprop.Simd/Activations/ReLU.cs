using System.Runtime.CompilerServices;
using Backprop.Simd.Internal.Simd;

namespace Backprop.Simd.Internal.Activations;

/// <summary>f(x) = 0 where x &lt;= 0, else x: a NaN stays. f'(0) = 0.</summary>
internal readonly struct ReLU : IActivation
{
    public static Saved Saves
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Saved.Output;
    }

    public static int SumsInRegisters
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => 28;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Forward<V>(V x)
        where V : struct, IVectorF32<V> => V.SelectLessOrEqual(x, default, default, x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Backward<V>(V saved, V dy)
        where V : struct, IVectorF32<V> => V.SelectLessOrEqual(saved, default, default, dy);

    public double Reference(double x) => x <= 0 ? 0 : x;

    public double ReferenceDerivative(double x) => x <= 0 ? 0 : 1;
}
