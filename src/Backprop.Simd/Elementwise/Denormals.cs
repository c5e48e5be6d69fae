using System.Runtime.CompilerServices;
using Backprop.Simd.Internal.Simd;

namespace Backprop.Simd.Internal.Elementwise;

/// <summary>Stops denormals where training makes them: many CPUs take a hundred times as long for them, and .NET cannot switch them off.</summary>
internal static class Denormals
{
    private const float SmallestNormal = 1.17549435e-38f;

    /// <summary>+0 for |value| &lt; 2^-126, else the value; NaN stays.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V ToZero<V>(V value)
        where V : struct, IVectorF32<V> => V.SelectLess(V.Abs(value), V.Create(SmallestNormal), V.Create(0f), value);
}
