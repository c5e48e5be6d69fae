using Backprop.Simd.Internal.Activations;
using Backprop.Simd.Internal.Elementwise;
using Backprop.Simd.Kernels;
using FsCheck;
using FsCheck.Xunit;
using Xunit;

namespace Backprop.Simd.Tests;

public sealed unsafe class ActivationTests
{
    public static TheoryData<string> Names
    {
        get
        {
            var names = new TheoryData<string>();
            foreach (ActivationKind kind in ActivationTable.Elementwise)
                names.Add(kind.Id.ToString());
            return names;
        }
    }

    /// <summary>The reference derivative is the slope of the reference: central differences with h = 2^-17 err by h^2 f'''/6 + 2^-52 |f| / h, together below 1e-9 here.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public void Reference_derivatives_are_slopes_of_the_references(string name)
    {
        var check = new SlopeCheck();
        ActivationTable.Dispatch(Kind(name), ref check);
        Assert.True(check.Worst < 1e-9, $"{name}: off by {check.Worst} at {check.At}");
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Backward_multiplies_by_the_derivative(string name)
    {
        var activation = new Activation(Kind(name));
        float[] x = Shapes.Random(500, seed: 8, scale: 5), dy = Shapes.Random(500, seed: 9), y = new float[500], ones = new float[500], slope = new float[500], dx = new float[500];
        Array.Fill(ones, 1f);
        Activations.Forward(activation, x, y);
        Activations.Backward(activation, x, y, ones, slope);
        Activations.Backward(activation, x, y, dy, dx);
        for (int i = 0; i < x.Length; i++)
        {
            // Slope and product are each rounded once more than in the kernel.
            double tolerance = 2 * Tolerance.UnitRoundoff * Math.Abs((double)slope[i] * dy[i]);
            Assert.True(Math.Abs(dx[i] - ((double)slope[i] * dy[i])) <= tolerance + Tolerance.SmallestUlp, $"{name} at {x[i]}");
        }
    }

    [Fact]
    public void The_public_activations_and_the_table_are_the_same_set()
    {
        string[] table = [.. ActivationTable.Elementwise.ToArray().Select(kind => kind.Id.ToString()), nameof(Activation.Softmax)];
        string[] facade = [.. typeof(Activation).GetProperties(System.Reflection.BindingFlags.Static | System.Reflection.BindingFlags.Public).Select(p => p.Name), nameof(Activation.LeakyReLU), nameof(Activation.ELU)];
        Assert.Equal(table.Order(StringComparer.Ordinal), facade.Order(StringComparer.Ordinal));
        Assert.Equal(default, Activation.Identity);
    }

    [Property(Arbitrary = [typeof(Shapes)])]
    public void Softmax_rows_are_distributions_and_ignore_shifts(Floats floats, PositiveInt classes)
    {
        int n = Math.Min(classes.Get, Math.Max(1, floats.Values.Length));
        int rows = floats.Values.Length / n;
        float[] z = floats.Values[..(rows * n)], p = new float[z.Length];
        Softmax.Forward(z, n, p);
        for (int row = 0; row < rows; row++)
        {
            double sum = 0;
            double[] exact = Reference(z.AsSpan(row * n, n));
            for (int j = 0; j < n; j++)
            {
                float value = p[(row * n) + j];
                sum += value;

                // exp of a rounded difference |d| <= 128: u |d|, itself 2 ULP, the sum's tree, the division.
                double difference = z[(row * n) + j] - (double)z.AsSpan(row * n, n).ToArray().Max();
                double relative = Tolerance.Gamma(8 + n) + (Tolerance.UnitRoundoff * Math.Abs(difference));
                Assert.True(Math.Abs(value - exact[j]) <= (relative * exact[j]) + (8 * Tolerance.SmallestUlp), $"{value} instead of {exact[j]}");
            }

            Assert.Equal(1, sum, Tolerance.Gamma(2 * (n + 8)));
        }
    }

    /// <summary>Integers and their differences are exact, so nothing but the differences may enter.</summary>
    [Property(Arbitrary = [typeof(Shapes)])]
    public void Softmax_of_shifted_integers_has_the_same_bits(SmallIntegers integers, int shift)
    {
        float[] z = integers.Values, shifted = Array.ConvertAll(z, value => value + (shift % 1000)), p = new float[z.Length], q = new float[z.Length];
        Softmax.Forward(z, Math.Max(1, z.Length), p);
        Softmax.Forward(shifted, Math.Max(1, z.Length), q);
        Assert.Equal(p, q);
    }

    [Property(Arbitrary = [typeof(Shapes)])]
    public void The_derivative_of_softmax_sums_to_zero(Floats logits)
    {
        float[] z = logits.Values, dy = Shapes.Random(z.Length, seed: 2), p = new float[z.Length], dx = new float[z.Length];
        Softmax.Forward(z, Math.Max(1, z.Length), p);
        fixed (float* y = p, gradient = dy, to = dx)
            RowSoftmax.Backward(y, gradient, to, z.Length == 0 ? 0 : 1, z.Length);

        // |dy| <= 1 and the projection are off by gamma(n) each, the probabilities sum to 1 within gamma(2 (n + 8)).
        double sum = 0;
        foreach (float value in dx)
            sum += value;
        Assert.True(Math.Abs(sum) <= 2 * Tolerance.Gamma(3 * (z.Length + 8)), $"{sum}");
    }

    [Theory]
    [MemberData(nameof(Widths.SixteenLanes), MemberType = typeof(Widths))]
    public void Softmax_and_its_derivative_have_the_same_bits_at_every_width(Width width)
    {
        foreach (int classes in (int[])[1, 2, 3, 10, 15, 16, 17, 31, 32, 33, 100])
        {
            const int Rows = 5;
            float[] z = Shapes.Random(Rows * classes, seed: classes, scale: 6), dy = Shapes.Random(Rows * classes, seed: 1);
            float[] p = new float[z.Length], expected = new float[z.Length], dx = new float[z.Length], expectedDx = new float[z.Length];
            using var input = new GuardedSpan(z);
            using var output = new GuardedSpan(z.Length);
            var forward = new RowSoftmax.ForwardRows(input.Pointer, output.Pointer, Rows, classes);
            Widths.Invoke(width, ref forward);
            Softmax.Forward(z, classes, expected);
            Assert.Equal(-1, Tolerance.FirstDifference(output.Span, expected));
            fixed (float* y = expected, gradient = dy, to = dx, model = expectedDx)
            {
                var backward = new RowSoftmax.BackwardRows(y, gradient, to, Rows, classes);
                Widths.Invoke(width, ref backward);
                RowSoftmax.Backward(y, gradient, model, Rows, classes);
            }

            Assert.Equal(-1, Tolerance.FirstDifference(dx, expectedDx));
        }
    }

    [Theory]
    [MemberData(nameof(Widths.All), MemberType = typeof(Widths))]
    public void Short_rows_of_softmax_in_lanes_have_the_same_bits_at_every_width(Width width)
    {
        for (int classes = 1; classes <= SoftmaxLanes.MaxClasses; classes++)
        {
            foreach (int rows in (int[])[1, 8, 16, 37, 64, 135, 300])
            {
                float[] z = Shapes.Random(rows * classes, seed: classes, scale: 6), expected = new float[z.Length];
                using var input = new GuardedSpan(z);
                using var output = new GuardedSpan(z.Length);
                var lanes = new SoftmaxLanes.ForwardRows(input.Pointer, output.Pointer, rows, classes);
                Widths.Invoke(width, ref lanes);
                Assert.InRange(lanes.RowsDone, rows - 31, rows);
                for (int row = 0; row < lanes.RowsDone; row++)
                    Softmax.Forward(z.AsSpan(row * classes, classes), classes, expected.AsSpan(row * classes, classes));
                Assert.Equal(-1, Tolerance.FirstDifference(output.Span[..(lanes.RowsDone * classes)], expected.AsSpan(0, lanes.RowsDone * classes)));
            }
        }
    }

    [Fact]
    public void A_row_of_softmax_has_the_same_bits_among_any_number_of_rows()
    {
        const int MostRows = 135;
        foreach (int classes in (int[])[1, 2, 3, 10, 15, 16, 17, 33, 70, 131])
        {
            float[] z = Shapes.Random(MostRows * classes, seed: classes, scale: 6), expected = new float[z.Length];
            for (int row = 0; row < MostRows; row++)
                Softmax.Forward(z.AsSpan(row * classes, classes), classes, expected.AsSpan(row * classes, classes));
            foreach (int rows in (int[])[1, 2, 3, 4, 5, 7, 8, 63, 64, 65, 68, 128, MostRows])
            {
                using var input = new GuardedSpan(z.AsSpan(0, rows * classes));
                using var output = new GuardedSpan(rows * classes);
                Softmax.Forward(input.Span, classes, output.Span);
                Assert.Equal(-1, Tolerance.FirstDifference(output.Span, expected.AsSpan(0, rows * classes)));
                Softmax.Forward(input.Span, classes, input.Span);
                Assert.Equal(-1, Tolerance.FirstDifference(input.Span, output.Span));
            }
        }
    }

    [Fact]
    public void Softmax_of_a_row_with_NaN_or_infinity_is_NaN_there_and_nowhere_else()
    {
        float[] z = [1, 2, float.NaN, 4, 5, 6, float.PositiveInfinity, 0, 0], p = new float[9];
        Softmax.Forward(z, 3, p);
        Assert.All(p[..3], value => Assert.True(float.IsNaN(value)));
        Assert.All(p[3..6], value => Assert.True(value is > 0 and < 1));
        Assert.True(float.IsNaN(p[6]));
    }

    private static ActivationKind Kind(string name)
    {
        foreach (ActivationKind kind in ActivationTable.Elementwise)
        {
            if (kind.Id.ToString() == name)
                return kind;
        }

        throw new ArgumentException(name, nameof(name));
    }

    private static double[] Reference(ReadOnlySpan<float> z)
    {
        double max = double.NegativeInfinity, sum = 0;
        foreach (float value in z)
            max = Math.Max(max, value);
        double[] p = new double[z.Length];
        for (int i = 0; i < p.Length; i++)
            sum += p[i] = Math.Exp(z[i] - max);
        for (int i = 0; i < p.Length; i++)
            p[i] /= sum;
        return p;
    }

    private struct SlopeCheck : IActivationAction
    {
        public double Worst { get; private set; }

        public double At { get; private set; }

        public void Invoke<TActivation>(TActivation activation)
            where TActivation : struct, IActivation
        {
            const double H = 1.0 / (1 << 17);

            // Kinks lie on multiples of 1; these points do not come near them.
            for (double x = -7.97; x < 8; x += 0.0613)
            {
                double slope = (activation.Reference(x + H) - activation.Reference(x - H)) / (2 * H);
                double error = Math.Abs(slope - activation.ReferenceDerivative(x));
                if (error > Worst)
                {
                    Worst = error;
                    At = x;
                }
            }
        }
    }
}
