using Backprop.Simd.Internal.Activations;
using Backprop.Simd.Internal.Elementwise;
using Backprop.Simd.Internal.Simd;
using Backprop.Simd.Kernels;
using Xunit;

namespace Backprop.Simd.Tests;

/// <summary>Every elementwise kernel at every width in one process: the same bits as one lane at a time, and nothing beside the span touched.</summary>
public sealed unsafe class LoopTests
{
    [Theory]
    [MemberData(nameof(Widths.All), MemberType = typeof(Widths))]
    public void Elementary_functions_have_the_same_bits_at_every_width(Width width)
    {
        Same(width, default(VectorMath.ExpOperation));
        Same(width, default(VectorMath.LogOperation));
        Same(width, default(VectorMath.ErfOperation));
    }

    [Theory]
    [MemberData(nameof(Widths.All), MemberType = typeof(Widths))]
    public void Activations_and_derivatives_have_the_same_bits_at_every_width(Width width)
    {
        foreach (ActivationKind kind in ActivationTable.Elementwise)
        {
            var compare = new CompareActivation(width);
            ActivationTable.Dispatch(kind, ref compare);
        }
    }

    [Theory]
    [MemberData(nameof(Widths.All), MemberType = typeof(Widths))]
    public void Every_length_and_offset_touches_exactly_its_floats(Width width)
    {
        for (int length = 0; length <= 131; length++)
        {
            foreach (Guard guard in Enum.GetValues<Guard>())
            {
                float[] x = Shapes.Random(length, seed: length);
                using var input = new GuardedSpan(x, guard);
                using var other = new GuardedSpan(x, guard);
                using var output = new GuardedSpan(length, guard);
                var unary = new Map.UnaryLoop<ActivationForward<Tanh>>(default, input.Pointer, output.Pointer, length);
                Widths.Invoke(width, ref unary);
                float[] expected = new float[length];
                VectorMath.Tanh(x, expected);
                Assert.Equal(-1, Tolerance.FirstDifference(output.Span, expected));

                var stages = new Map.UnaryLoop<ActivationForward<GELU>>(default, input.Pointer, output.Pointer, length);
                Widths.Invoke(width, ref stages);
                var single = new Map.UnaryLoop<ActivationForward<GELU>>(default, input.Pointer, other.Pointer, length);
                Widths.Invoke(Width.F32x1, ref single);
                Assert.Equal(-1, Tolerance.FirstDifference(output.Span, other.Span));

                // With sixteen registers it has stages, unlike GELU.
                var erf = new Map.UnaryLoop<VectorMath.ErfOperation>(default, input.Pointer, output.Pointer, length);
                Widths.Invoke(width, ref erf);
                VectorMath.Erf(x, expected);
                Assert.Equal(-1, Tolerance.FirstDifference(output.Span, expected));

                x.CopyTo(other.Span);
                var binary = new Map.BinaryLoop<ActivationBackward<Sigmoid>>(default, input.Pointer, other.Pointer, output.Pointer, length);
                Widths.Invoke(width, ref binary);
                Activations.Backward(Activation.Sigmoid, x, x, x, expected);
                Assert.Equal(-1, Tolerance.FirstDifference(output.Span, expected));
            }
        }
    }

    [Fact]
    public void In_place_calls_give_what_calls_apart_give()
    {
        float[] x = Shapes.Random(1003, seed: 3, scale: 4), y = new float[x.Length];
        VectorMath.Exp(x, y);
        VectorMath.Exp(x, x);
        Assert.Equal(y, x);
        Activations.Forward(Activation.GELU, x, y);
        Activations.Forward(Activation.GELU, x, x);
        Assert.Equal(y, x);
        VectorMath.Erf(x, y);
        VectorMath.Erf(x, x);
        Assert.Equal(y, x);
    }

    [Fact]
    public void Public_kernels_allocate_nothing()
    {
        float[] x = Shapes.Random(1003, seed: 3), y = new float[x.Length], probabilities = new float[1000];
        void Call()
        {
            VectorMath.Exp(x, y);
            Activations.Forward(Activation.GELU, x, y);
            Activations.Backward(Activation.GELU, x, y, x, y);
            Softmax.Forward(x.AsSpan(0, 1000), 10, probabilities);
        }

        Call();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++)
            Call();
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    private static void Same<TOperation>(Width width, TOperation operation)
        where TOperation : struct, IUnaryOperation
    {
        float[] x = Inputs(), expected = new float[x.Length], y = new float[x.Length];
        fixed (float* from = x, to = y, model = expected)
        {
            var one = new Map.UnaryLoop<TOperation>(operation, from, model, x.Length);
            one.Invoke<F32x1>();
            var loop = new Map.UnaryLoop<TOperation>(operation, from, to, x.Length);
            Widths.Invoke(width, ref loop);
        }

        int difference = Tolerance.FirstDifference(y, expected);
        Assert.True(difference < 0, difference < 0 ? "" : $"{typeof(TOperation).Name} at {x[difference]:g9}: {y[difference]:g9}, one lane alone: {expected[difference]:g9}");
    }

    private static float[] Inputs() =>
        [.. Shapes.Specials, .. Shapes.Random(1000, seed: 1, scale: 1), .. Shapes.Random(1000, seed: 2, scale: 12), .. Shapes.Random(1000, seed: 3, scale: 120), .. Shapes.Random(37, seed: 4, scale: 1e-30f)];

    private readonly struct CompareActivation(Width width) : IActivationAction
    {
        public void Invoke<TActivation>(TActivation activation)
            where TActivation : struct, IActivation
        {
            Same(width, new ActivationForward<TActivation>(activation));
            float[] x = Inputs(), dy = Shapes.Random(x.Length, seed: 5), expected = new float[x.Length], dx = new float[x.Length];
            fixed (float* saved = x, gradient = dy, to = dx, model = expected)
            {
                var operation = new ActivationBackward<TActivation>(activation);
                var one = new Map.BinaryLoop<ActivationBackward<TActivation>>(operation, saved, gradient, model, x.Length);
                one.Invoke<F32x1>();
                var loop = new Map.BinaryLoop<ActivationBackward<TActivation>>(operation, saved, gradient, to, x.Length);
                Widths.Invoke(width, ref loop);
            }

            Assert.Equal(-1, Tolerance.FirstDifference(dx, expected));
        }
    }
}
