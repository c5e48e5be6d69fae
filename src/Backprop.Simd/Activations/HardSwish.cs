using System.Runtime.CompilerServices;
using Backprop.Simd.Internal.Simd;

namespace Backprop.Simd.Internal.Activations;

/// <summary>f(x) = x min(max(x + 3, 0), 6) / 6 (A. Howard et al. 2019). f'(-3) = 0, f'(3) = 1.</summary>
internal readonly struct HardSwish : IActivation
{
    public static Saved Saves
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Saved.Input;
    }

    public static int SumsInRegisters
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => 12;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Forward<V>(V x)
        where V : struct, IVectorF32<V>
    {
        // (x + 3) / 6 in the form that is rounded least: x + 3 is exact from -6 to -1.5, and from there on x / 6 is small beside 1/2 or has its sign.
        V sixth = V.Create(1f / 6f);
        V gate = V.SelectLess(x, V.Create(-1.5f), (x + V.Create(3f)) * sixth, V.MultiplyAdd(x, sixth, V.Create(0.5f)));
        return x * V.Lesser(V.Create(1f), V.Greater(V.Create(0f), gate));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Backward<V>(V saved, V dy)
        where V : struct, IVectorF32<V>
    {
        V three = V.Create(3f), one = V.Create(1f);
        V slope = V.MultiplyAdd(saved, V.Create(1f / 3f), V.Create(0.5f));
        slope = V.SelectLessOrEqual(three, saved, one, slope);
        slope = V.SelectLessOrEqual(saved, -three, V.Create(0f), slope);
        return dy * slope;
    }

    public double Reference(double x) => x * Math.Min(Math.Max(x + 3, 0), 6) / 6;

    public double ReferenceDerivative(double x) => x <= -3 ? 0 : x >= 3 ? 1 : (x / 3) + 0.5;
}
