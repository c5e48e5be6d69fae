using System.Runtime.CompilerServices;
using Backprop.Simd.Internal.Simd;

namespace Backprop.Simd.Internal.Activations;

/// <summary>f(x) = x sigmoid(2 u), u = sqrt(2 / pi) (x + 0.044715 x^3): GELU's approximation by tanh (D. Hendrycks, K. Gimpel 2016).</summary>
internal readonly struct GELUTanh : IActivation
{
    /// <summary>2 sqrt(2 / pi) and 0.044715 times it.</summary>
    private const float Linear = 1.59576912f;
    private const float Cubic = 0.0713548163f;

    /// <summary>These times 16 / ln 2, in two parts each; the first is a multiple of 2^-16.</summary>
    private const float LinearHigh = 36.8353271f;
    private const float LinearLow = 4.02187152e-6f;
    private const float CubicHigh = 1.64709187f;
    private const float CubicLow = -3.22591767e-8f;

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

    public static bool HasStages
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Tiers.HasThirtyTwoRegisters;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V FirstStage<V>(V x, out V other)
        where V : struct, IVectorF32<V>
    {
        // e^u multiplies an error of u by |u|, so 16 u / ln 2 = x (Linear + Cubic z), z = x^2, is carried in two floats. slope - LinearHigh is exact: both are multiples of 2^-16, slope is below 256.
        V held = V.Lesser(V.Create(6f), V.Greater(V.Create(-11.105f), x));
        V z = held * held, linear = V.Create(LinearHigh), cubic = V.Create(CubicHigh);
        V slope = V.MultiplyAdd(cubic, z, linear);
        V slopeLow = V.MultiplyAdd(cubic, z, linear - slope);
        slopeLow += V.MultiplySubtractFrom(cubic, V.MultiplySubtractFrom(held, held, z), V.MultiplyAdd(V.Create(CubicLow), z, V.Create(LinearLow)));
        return Elementary.SigmoidSixteenths(held, slope, slopeLow, out other);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V SecondStage<V>(V x, V state, V other)
        where V : struct, IVectorF32<V> => Elementary.TimesSigmoid(x, state, other, 6f);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Forward<V>(V x)
        where V : struct, IVectorF32<V> => SecondStage(x, FirstStage(x, out V other), other);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Backward<V>(V saved, V dy)
        where V : struct, IVectorF32<V>
    {
        // Beyond 12 sigmoid is 0 or 1, and its factor must not become infinity times 0.
        V x = V.Lesser(V.Create(12f), V.Greater(V.Create(-12f), saved));
        V s = Elementary.Sigmoid(Argument(x), out V complement);
        V slope = V.MultiplyAdd(V.Create(3 * Cubic), x * x, V.Create(Linear));
        return dy * (s * V.MultiplyAdd(x * slope, complement, V.Create(1f)));
    }

    public double Reference(double x) => x / (1 + Math.Exp(-2 * Math.Sqrt(2 / Math.PI) * (x + (0.044715 * x * x * x))));

    public double ReferenceDerivative(double x)
    {
        if (double.IsInfinity(x))
            return x > 0 ? 1 : 0;
        double root = 2 * Math.Sqrt(2 / Math.PI), s = 1 / (1 + Math.Exp(-root * (x + (0.044715 * x * x * x))));
        return s + (x * s * (1 - s) * root * (1 + (3 * 0.044715 * x * x)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V Argument<V>(V x)
        where V : struct, IVectorF32<V> => x * V.MultiplyAdd(V.Create(Cubic), x * x, V.Create(Linear));
}
