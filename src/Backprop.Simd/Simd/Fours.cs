using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Backprop.Simd.Internal.Simd;

/// <summary>Vectors of two times four floats, one four of each of two rows. For CPUs of which <see cref="FourSteps.IsSupported{V}"/> says that they have the shuffles of F32x8.</summary>
internal static unsafe class Fours
{
    private const byte LowHalvesOf = 0x20;
    private const byte HighHalvesOf = 0x31;

    /// <summary>The same four twice.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x8 Twice(float* four) => F32x8.Wrap(Avx.BroadcastVector128ToVector256(four));

    /// <summary>Up to four floats of each row, +0 in lanes beyond.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x8 LoadPartial(float* left, float* right, int count) => Of(F32x4.LoadPartial(left, count), F32x4.LoadPartial(right, count));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x8 Of(F32x4 left, F32x4 right) => F32x8.Wrap(Vector256.Create(F32x4.Unwrap(left), F32x4.Unwrap(right)));

    /// <summary>The first fours of two vectors.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x8 Low(F32x8 left, F32x8 right) => F32x8.Wrap(Avx.Permute2x128(F32x8.Unwrap(left), F32x8.Unwrap(right), LowHalvesOf));

    /// <summary>The second fours of two vectors.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x8 High(F32x8 left, F32x8 right) => F32x8.Wrap(Avx.Permute2x128(F32x8.Unwrap(left), F32x8.Unwrap(right), HighHalvesOf));

    /// <summary>The sums of four fours, each by its tree of halves.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void SumHalves(F32x8 a, F32x8 b, float* sums)
    {
        Vector256<float> first = F32x8.Unwrap(a), second = F32x8.Unwrap(b);
        F32x4.SumHalves(F32x4.Wrap(first.GetLower()), F32x4.Wrap(first.GetUpper()), F32x4.Wrap(second.GetLower()), F32x4.Wrap(second.GetUpper()), sums);
    }
}
