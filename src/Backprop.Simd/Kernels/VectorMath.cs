using System.Runtime.CompilerServices;
using Backprop.Simd.Internal.Activations;
using Backprop.Simd.Internal.Elementwise;
using Backprop.Simd.Internal.Memory;
using Backprop.Simd.Internal.Simd;

namespace Backprop.Simd.Kernels;

/// <summary>Elementary functions over spans: at most 2 ULP (docs/accuracy.md), denormals kept, the same bits at every vector width. Nothing is allocated.</summary>
/// <remarks>Input and output may be the same span. Every function overwrites all of y, and throws <see cref="ArgumentException"/> if the lengths differ or the spans overlap in part.</remarks>
public static unsafe class VectorMath
{
    /// <summary>y[i] = e^x[i]; 0 at -infinity.</summary>
    /// <exception cref="ArgumentException">Lengths differ, or the spans overlap in part.</exception>
    public static void Exp(ReadOnlySpan<float> x, Span<float> y) => Run(default(ExpOperation), x, y);

    /// <summary>y[i] = ln x[i]; -infinity at 0, NaN below.</summary>
    /// <exception cref="ArgumentException">Lengths differ, or the spans overlap in part.</exception>
    public static void Log(ReadOnlySpan<float> x, Span<float> y) => Run(default(LogOperation), x, y);

    /// <summary>y[i] = tanh x[i].</summary>
    /// <exception cref="ArgumentException">Lengths differ, or the spans overlap in part.</exception>
    public static void Tanh(ReadOnlySpan<float> x, Span<float> y) => Run(default(ActivationForward<Tanh>), x, y);

    /// <summary>y[i] = 1 / (1 + e^-x[i]).</summary>
    /// <exception cref="ArgumentException">Lengths differ, or the spans overlap in part.</exception>
    public static void Sigmoid(ReadOnlySpan<float> x, Span<float> y) => Run(default(ActivationForward<Sigmoid>), x, y);

    /// <summary>y[i] = erf x[i] = 2 / sqrt(pi) times the integral of e^(-t^2) from 0 to x[i].</summary>
    /// <exception cref="ArgumentException">Lengths differ, or the spans overlap in part.</exception>
    public static void Erf(ReadOnlySpan<float> x, Span<float> y) => Run(default(ErfOperation), x, y);

    private static void Run<TOperation>(TOperation operation, ReadOnlySpan<float> x, Span<float> y)
        where TOperation : struct, IUnaryOperation
    {
        SpanChecks.SameLength(y.Length, x.Length, nameof(y), nameof(x));
        SpanChecks.SameOrApart(x, y, nameof(y), nameof(x));
        fixed (float* from = x, to = y)
            Map.Unary(operation, from, to, x.Length);
    }

    internal readonly struct ExpOperation : IUnaryOperation
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public V Invoke<V>(V x)
            where V : struct, IVectorF32<V> => Elementary.Exp(x);
    }

    internal readonly struct LogOperation : IUnaryOperation
    {
        public static bool HasStages
        {
            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            get => true;
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static V FirstStage<V>(V x, out V other)
            where V : struct, IVectorF32<V> => Elementary.LogFraction(x, out other);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static V SecondStage<V>(V x, V state, V other)
            where V : struct, IVectorF32<V> => Elementary.LogOfFraction(x, state, other);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public V Invoke<V>(V x)
            where V : struct, IVectorF32<V> => Elementary.Log(x);
    }

    internal readonly struct ErfOperation : IUnaryOperation
    {
        public static bool HasStages
        {
            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            get => true;
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static V FirstStage<V>(V x, out V other)
            where V : struct, IVectorF32<V>
        {
            other = x;
            return Elementary.ErfExponent(x);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static V SecondStage<V>(V x, V state, V other)
            where V : struct, IVectorF32<V> => Elementary.ErfOfExponent(x, state);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public V Invoke<V>(V x)
            where V : struct, IVectorF32<V> => Elementary.Erf(x);
    }
}
