using System.Runtime.CompilerServices;

namespace Backprop.Simd.Internal.Simd;

/// <summary>value 2^exponent where the CPU has no instruction for it.</summary>
internal static class PowerOfTwo
{
    /// <summary>In two factors, so that only the product may be denormal or infinite: 2 to half of the exponent, rounded down, and to the rest.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Multiply<V>(V value, V exponent)
        where V : struct, IVectorF32<V>
    {
        // The low bits of the sum, 1.5 2^23 + 2 * 127 and the exponent, hold the exponent and the bias of either factor.
        V sum = exponent + V.Create(12583166f), half = V.ShiftRightArithmeticInt(sum, 1);
        return value * V.ShiftLeftInt(half, 23) * V.ShiftLeftInt(V.SubtractInt(sum, half), 23);
    }
}
