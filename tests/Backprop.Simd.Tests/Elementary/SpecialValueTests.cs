using Backprop.Simd.Kernels;
using Xunit;

namespace Backprop.Simd.Tests;

public sealed class SpecialValueTests
{
    private const float Infinity = float.PositiveInfinity;

    [Fact]
    public void Exp()
    {
        Check((x, y) => VectorMath.Exp(x, y),
            (0f, 1f), (-0f, 1f), (Infinity, Infinity), (-Infinity, 0f), (float.NaN, float.NaN), (89f, Infinity), (float.MaxValue, Infinity), (-104f, 0f), (float.MinValue, 0f),
            (-103f, float.Epsilon), (float.Epsilon, 1f));
    }

    [Fact]
    public void Log()
    {
        Check((x, y) => VectorMath.Log(x, y),
            (1f, 0f), (0f, -Infinity), (-0f, -Infinity), (Infinity, Infinity), (-1f, float.NaN), (-Infinity, float.NaN), (float.NaN, float.NaN),
            (-float.Epsilon, float.NaN), (float.Epsilon, -103.2789307f), (float.MaxValue, 88.7228394f));
    }

    [Fact]
    public void Tanh()
    {
        Check((x, y) => VectorMath.Tanh(x, y),
            (0f, 0f), (-0f, -0f), (Infinity, 1f), (-Infinity, -1f), (float.NaN, float.NaN), (float.Epsilon, float.Epsilon), (-1e-30f, -1e-30f), (10f, 1f));
    }

    [Fact]
    public void Sigmoid()
    {
        Check((x, y) => VectorMath.Sigmoid(x, y),
            (0f, 0.5f), (-0f, 0.5f), (Infinity, 1f), (-Infinity, 0f), (float.NaN, float.NaN), (-200f, 0f), (200f, 1f), (-103f, float.Epsilon));
    }

    [Fact]
    public void Erf()
    {
        Check((x, y) => VectorMath.Erf(x, y),
            (0f, 0f), (-0f, -0f), (Infinity, 1f), (-Infinity, -1f), (float.NaN, float.NaN), (5f, 1f), (-5f, -1f), (float.Epsilon, float.Epsilon));
    }

    [Fact]
    public void Some_activations_give_NaN_at_minus_infinity_as_in_PyTorch()
    {
        foreach (Activation activation in (Activation[])[Activation.SiLU, Activation.HardSwish, Activation.GELU, Activation.GELUTanh])
            Check((x, y) => Activations.Forward(activation, x, y), (-Infinity, float.NaN), (Infinity, Infinity), (float.NaN, float.NaN), (0f, 0f));
    }

    [Fact]
    public void Smooth_gates_shut_to_minus_zero_and_open_to_x()
    {
        foreach (Activation activation in (Activation[])[Activation.SiLU, Activation.GELU, Activation.GELUTanh])
            Check((x, y) => Activations.Forward(activation, x, y), (-120f, -0f), (-1e30f, -0f), (float.MinValue, -0f), (120f, 120f), (float.MaxValue, float.MaxValue));
    }

    [Fact]
    public void Slopes_of_smooth_gates_end_in_0_and_1()
    {
        foreach (Activation activation in (Activation[])[Activation.SiLU, Activation.GELU, Activation.GELUTanh, Activation.HardSwish])
        {
            float[] x = [-1e30f, float.MinValue, 1e30f, float.MaxValue, float.NaN], dy = [1, 1, 1, 1, 1], dx = new float[5];
            Activations.Backward(activation, x, x, dy, dx);
            Assert.Equal([0f, 0f, 1f, 1f, float.NaN], dx);
        }
    }

    [Fact]
    public void Relu_keeps_NaN_and_turns_minus_zero_into_zero() =>
        Check((x, y) => Activations.Forward(Activation.ReLU, x, y), (float.NaN, float.NaN), (-0f, 0f), (-1f, 0f), (Infinity, Infinity), (-Infinity, 0f), (float.Epsilon, float.Epsilon));

    [Fact]
    public void Softplus_and_ELU_at_the_ends()
    {
        Check((x, y) => Activations.Forward(Activation.Softplus, x, y), (Infinity, Infinity), (-Infinity, 0f), (float.NaN, float.NaN), (100f, 100f), (-103f, float.Epsilon));
        Check((x, y) => Activations.Forward(Activation.ELU(2), x, y), (Infinity, Infinity), (-Infinity, -2f), (float.NaN, float.NaN), (3f, 3f), (-1e-30f, -2e-30f));
    }

    private static void Check(Action<float[], float[]> function, params (float X, float Y)[] pairs)
    {
        float[] x = [.. pairs.Select(pair => pair.X)], y = new float[x.Length];
        function(x, y);
        for (int i = 0; i < x.Length; i++)
            Assert.True(Tolerance.SameBits(pairs[i].Y, y[i]), $"f({x[i]:g9}) is {y[i]:g9}, expected {pairs[i].Y:g9}");
    }
}
