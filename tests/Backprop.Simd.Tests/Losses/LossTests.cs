using Backprop.Simd.Internal.Elementwise;
using Backprop.Simd.Internal.Losses;
using Backprop.Simd.Internal.Simd;
using FsCheck.Xunit;
using Xunit;

namespace Backprop.Simd.Tests;

/// <summary>Every loss and its gradient against formulas in double precision, written here a second time with PyTorch's mean reduction.</summary>
public sealed unsafe class LossTests
{
    private const double U = Tolerance.UnitRoundoff;
    private const double SmallestNormal = 1.0 / (1UL << 63) / (1UL << 63);

    public static TheoryData<int> Kinds => new(Enumerable.Range(0, LossTable.All.Length));

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Loss_and_gradient_are_those_of_the_formula(int kind)
    {
        for (int size = 1; size <= 67; size++)
        {
            int rows = 1 + (size % 5);
            float[] outputs = Shapes.Random(rows * size, size, 8f);
            Check(LossTable.All[kind], outputs, TargetsFor(LossTable.All[kind], rows, size, size + 100), null, rows, size);
        }
    }

    [Property(Arbitrary = [typeof(Shapes)], MaxTest = 200)]
    public void Loss_and_gradient_hold_for_any_finite_outputs(Floats outputs)
    {
        int size = outputs.Values.Length;
        if (size == 0)
            return;
        foreach (LossKind kind in LossTable.All)
            Check(kind, outputs.Values, TargetsFor(kind, 1, size, size), null, 1, size);
        Check(new LossKind(LossId.SoftmaxCrossEntropy, 0), outputs.Values, null, [size / 2], 1, size);
    }

    [Fact]
    public void A_label_is_the_one_hot_target()
    {
        var kind = new LossKind(LossId.SoftmaxCrossEntropy, 0);
        for (int size = 1; size <= 67; size++)
        {
            const int Rows = 3;
            float[] outputs = Shapes.Random(Rows * size, size, 8f);
            int[] labels = Shapes.RandomLabels(Rows, size, size);
            float[] oneHot = new float[Rows * size];
            for (int row = 0; row < Rows; row++)
                oneHot[(row * size) + labels[row]] = 1f;
            Check(kind, outputs, null, labels, Rows, size);
            Check(kind, outputs, oneHot, null, Rows, size);
        }
    }

    /// <summary>Probabilities of 1e-38 to 1e-44, by labels and by targets, in every form of row.</summary>
    [Theory]
    [InlineData(10)]
    [InlineData(16)]
    [InlineData(41)]
    public void Gradients_of_saturated_rows_are_never_denormal(int size)
    {
        float[] outputs = new float[size], targets = new float[size];
        for (int i = 1; i < size; i++)
            outputs[i] = -87f - (i % 15);
        targets[0] = 1;
        foreach (int rows in (int[])[1, 8])
        {
            float[] y = [.. Enumerable.Repeat(outputs, rows).SelectMany(row => row)], t = [.. Enumerable.Repeat(targets, rows).SelectMany(row => row)];
            float[] gradient = new float[rows * size];
            Run(new(LossId.SoftmaxCrossEntropy, 0), y, null, new int[rows], gradient, rows, size);
            Assert.DoesNotContain(gradient, float.IsSubnormal);
            Run(new(LossId.SoftmaxCrossEntropy, 0), y, t, null, gradient, rows, size);
            Assert.DoesNotContain(gradient, float.IsSubnormal);
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void The_loss_alone_is_the_loss_with_the_gradient(int kind)
    {
        float[] outputs = Shapes.Random(5 * 37, 1, 5f), targets = TargetsFor(LossTable.All[kind], 5, 37, 2);
        float with = Run(LossTable.All[kind], outputs, targets, null, new float[5 * 37], 5, 37);
        Assert.Equal(with, Run(LossTable.All[kind], outputs, targets, null, null, 5, 37));
    }

    [Fact]
    public void A_labelled_row_has_the_same_bits_among_any_number_of_rows()
    {
        const int MostRows = 135;
        foreach (int size in (int[])[2, 3, 10, 15, 16, 17, 40])
        {
            float[] outputs = Shapes.Random(MostRows * size, size, 6f), expectedGradient = new float[outputs.Length], expectedLosses = new float[MostRows];
            int[] labels = Shapes.RandomLabels(MostRows, size, size);
            for (int row = 0; row < MostRows; row++)
                RowLosses(outputs, labels, expectedGradient, expectedLosses, row, 1, size);
            foreach (int rows in (int[])[2, 3, 4, 5, 7, 8, 63, 64, 65, 68, 128, MostRows])
            {
                float[] gradient = new float[rows * size], losses = new float[rows];
                RowLosses(outputs, labels, gradient, losses, 0, rows, size);
                Assert.Equal(-1, Tolerance.FirstDifference(gradient, expectedGradient.AsSpan(0, gradient.Length)));
                Assert.Equal(-1, Tolerance.FirstDifference(losses, expectedLosses.AsSpan(0, rows)));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Widths.All), MemberType = typeof(Widths))]
    public void Short_rows_of_cross_entropy_in_lanes_have_the_same_bits_at_every_width(Width width)
    {
        for (int size = 1; size <= SoftmaxLanes.MaxClasses; size++)
        {
            foreach (int rows in (int[])[1, 8, 37, 64, 135])
            {
                float[] outputs = Shapes.Random(rows * size, size, 6f), expectedGradient = new float[outputs.Length], expectedLosses = new float[rows];
                int[] labels = Shapes.RandomLabels(rows, size, size);
                for (int row = 0; row < rows; row++)
                    RowLosses(outputs, labels, expectedGradient, expectedLosses, row, 1, size);
                using var input = new GuardedSpan(outputs);
                using var gradient = new GuardedSpan(outputs.Length);
                float[] sumsAndShifts = new float[2 * rows];
                fixed (float* sums = sumsAndShifts)
                fixed (int* l = labels)
                {
                    var lanes = new SoftmaxCrossEntropyLanes(input.Pointer, l, gradient.Pointer, sums, sums + rows, rows, size, 1f);
                    Widths.Invoke(width, ref lanes);
                    SoftmaxCrossEntropy.FinishLosses(sums, rows);
                    Assert.InRange(lanes.RowsDone, rows - 31, rows);
                    Assert.Equal(-1, Tolerance.FirstDifference(gradient.Span[..(lanes.RowsDone * size)], expectedGradient.AsSpan(0, lanes.RowsDone * size)));
                    Assert.Equal(-1, Tolerance.FirstDifference(sumsAndShifts.AsSpan(0, lanes.RowsDone), expectedLosses.AsSpan(0, lanes.RowsDone)));
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Widths.All), MemberType = typeof(Widths))]
    public void Short_rows_of_element_losses_in_lanes_have_the_same_bits_at_every_width(Width width)
    {
        foreach (LossKind kind in LossTable.All)
        {
            for (int size = 1; size < SoftmaxLanes.MaxClasses && kind.Id != LossId.SoftmaxCrossEntropy; size++)
            {
                foreach (int rows in (int[])[1, 2, 7, 37, 64, 135])
                {
                    float[] outputs = Shapes.Random(rows * size, size, 6f), targets = TargetsFor(kind, rows, size, 3), expected = new float[rows];
                    (outputs[0], outputs[^1], outputs[rows / 2]) = (float.NaN, -0f, float.NegativeInfinity);
                    targets[^1] = 0;
                    RunAt(Width.F32x16, kind, outputs, targets, expected, new float[outputs.Length], rows, size);
                    using var y = new GuardedSpan(outputs);
                    using var t = new GuardedSpan(targets);
                    using var losses = new GuardedSpan(rows);
                    var action = new LanesAtWidth { Width = width, Y = y.Pointer, T = t.Pointer, R = losses.Pointer, Rows = rows, Size = size };
                    LossTable.Dispatch(kind, ref action);
                    Assert.Equal(-1, Tolerance.FirstDifference(losses.Span, expected));
                }
            }
        }
    }

    private static void RowLosses(float[] outputs, int[] labels, float[] gradient, float[] losses, int first, int rows, int size)
    {
        float[] sumsAndShifts = new float[2 * rows];
        fixed (float* z = outputs, dz = gradient, r = sumsAndShifts, s = new float[size])
        fixed (int* l = labels)
        {
            var softmax = new SoftmaxCrossEntropyRows(z + (first * size), null, l + first, dz + (first * size), r, r + rows, s, rows, size, 1f);
            Tiers.DispatchSixteenLanes(ref softmax);
            SoftmaxCrossEntropy.FinishLosses(r, rows);
        }

        sumsAndShifts.AsSpan(0, rows).CopyTo(losses.AsSpan(first));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Every_type_of_sixteen_lanes_gives_the_same_bits(int kindIndex)
    {
        LossKind kind = LossTable.All[kindIndex];
        foreach (int size in (int[])[1, 10, 16, 33, 67])
        {
            const int Rows = 4;
            float[] outputs = Shapes.Random(Rows * size, 3, 6f), targets = TargetsFor(kind, Rows, size, 4);
            float[] expectedRows = new float[Rows], expectedGradient = new float[Rows * size];
            RunAt(Width.F32x16, kind, outputs, targets, expectedRows, expectedGradient, Rows, size);
            foreach (Width width in (Width[])[Width.PairOfF32x8, Width.PairOfPairOfF32x4, Width.SixteenScalars])
            {
                float[] rowLosses = new float[Rows], gradient = new float[Rows * size];
                RunAt(width, kind, outputs, targets, rowLosses, gradient, Rows, size);
                Assert.Equal(-1, Tolerance.FirstDifference(expectedRows, rowLosses));
                Assert.Equal(-1, Tolerance.FirstDifference(expectedGradient, gradient));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Nothing_is_touched_beside_the_arrays(int kindIndex)
    {
        LossKind kind = LossTable.All[kindIndex];
        for (int size = 1; size <= 35; size++)
        {
            const int Rows = 2;
            foreach (Guard guard in Enum.GetValues<Guard>())
            {
                using var outputs = new GuardedSpan(Shapes.Random(Rows * size, size), guard);
                using var targets = new GuardedSpan(TargetsFor(kind, Rows, size, 5), guard);
                using var gradient = new GuardedSpan(Rows * size, guard);
                using var rowLosses = new GuardedSpan(2 * Rows, guard);
                using var scratch = new GuardedSpan(size, guard);
                LossTable.Run(kind, outputs.Pointer, targets.Pointer, null, gradient.Pointer, rowLosses.Pointer, scratch.Pointer, Rows, size);
                LossTable.Run(kind, outputs.Pointer, targets.Pointer, null, null, rowLosses.Pointer, scratch.Pointer, Rows, size);
            }
        }
    }

    [Fact]
    public void Values_that_can_be_worked_out_by_hand()
    {
        Assert.Equal(2.5f, Run(new(LossId.MeanSquaredError, 0), [1f, -2f], [0f, 0f], null, null, 1, 2));
        Assert.Equal(1.5f, Run(new(LossId.MeanAbsoluteError, 0), [1f, -2f], [0f, 0f], null, null, 1, 2));
        Assert.Equal(1f, Run(new(LossId.Huber, 1f), [1f, -2f], [0f, 0f], null, null, 2, 1)); // (1/2 + (2 - 1/2)) / 2
        Assert.Equal(MathF.Log(2), Run(new(LossId.BinaryCrossEntropyWithLogits, 0), [0f], [0.5f], null, null, 1, 1), 1e-7f);
        Assert.Equal(MathF.Log(8), Run(new(LossId.SoftmaxCrossEntropy, 0), new float[8], null, [3], null, 1, 8), 3e-7f);
    }

    [Fact]
    public void Large_logits_do_not_overflow()
    {
        float[] gradient = new float[2];
        Assert.Equal(0f, Run(new(LossId.SoftmaxCrossEntropy, 0), [1e4f, -1e4f], null, [0], gradient, 1, 2));
        Assert.Equal([0f, 0f], gradient);
        Assert.Equal(2e4f, Run(new(LossId.SoftmaxCrossEntropy, 0), [1e4f, -1e4f], null, [1], gradient, 1, 2));
        Assert.Equal([1f, -1f], gradient);
        Assert.Equal(5e3f, Run(new(LossId.BinaryCrossEntropyWithLogits, 0), [1e4f, -1e4f], [0f, 0f], null, gradient, 1, 2));
        Assert.Equal([0.5f, 0f], gradient);
    }

    [Fact]
    public void A_class_of_probability_zero_may_have_a_logit_of_minus_infinity()
    {
        float[] gradient = new float[2];
        Assert.Equal(0f, Run(new(LossId.SoftmaxCrossEntropy, 0), [3f, float.NegativeInfinity], [1f, 0f], null, gradient, 1, 2));
        Assert.Equal([0f, 0f], gradient);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void NaN_is_neither_lost_nor_spread_over_rows(int kindIndex)
    {
        LossKind kind = LossTable.All[kindIndex];
        float[] outputs = Shapes.Random(3 * 20, 1), gradient = new float[3 * 20];
        outputs[27] = float.NaN;
        Assert.True(float.IsNaN(Run(kind, outputs, TargetsFor(kind, 3, 20, 2), null, gradient, 3, 20)));
        Assert.True(float.IsNaN(gradient[27]));
        Assert.DoesNotContain(gradient[..20], float.IsNaN);
        Assert.DoesNotContain(gradient[40..], float.IsNaN);
    }

    [Fact]
    public void Kinks_have_the_derivatives_that_the_documentation_says()
    {
        float[] gradient = new float[1];
        Run(new(LossId.MeanAbsoluteError, 0), [2f], [2f], null, gradient, 1, 1);
        Assert.Equal(0f, gradient[0]);
        Run(new(LossId.Huber, 0.5f), [2.5f], [2f], null, gradient, 1, 1);
        Assert.Equal(0.5f, gradient[0]);
    }

    private static void Check(LossKind kind, float[] outputs, float[]? targets, int[]? labels, int rows, int size)
    {
        float[] gradient = new float[rows * size];
        double[] expectedGradient = new double[rows * size], gradientBound = new double[rows * size];
        float loss = Run(kind, outputs, targets, labels, gradient, rows, size);
        (double expected, double bound) = Reference(kind, outputs, targets, labels, rows, size, expectedGradient, gradientBound);
        Assert.True(Math.Abs(loss - expected) <= bound, $"{kind}, {rows} x {size}: {loss:R}, expected {expected:R} +- {bound:R}");
        for (int i = 0; i < gradient.Length; i++)
        {
            // The softmax loss makes +0 of what would be denormal.
            bool flushed = kind.Id == LossId.SoftmaxCrossEntropy && gradient[i] == 0 && Math.Abs(expectedGradient[i]) < SmallestNormal + gradientBound[i];
            Assert.True(flushed || Math.Abs(gradient[i] - expectedGradient[i]) <= gradientBound[i],
                $"{kind}, {rows} x {size}, gradient {i}: {gradient[i]:R}, expected {expectedGradient[i]:R} +- {gradientBound[i]:R}");
        }
    }

    /// <summary>Loss and bound; gradients and their bounds into the arrays.</summary>
    private static (double Loss, double Bound) Reference(LossKind kind, float[] y, float[]? t, int[]? labels, int rows, int size, double[] gradient, double[] gradientBound)
    {
        double loss = 0, elementError = 0, count = kind.Id == LossId.SoftmaxCrossEntropy ? rows : (double)rows * size;
        for (int row = 0; row < rows; row++)
        {
            int start = row * size;
            if (kind.Id == LossId.SoftmaxCrossEntropy)
            {
                double max = double.NegativeInfinity, min = double.PositiveInfinity, sum = 0;
                for (int j = 0; j < size; j++)
                {
                    max = Math.Max(max, y[start + j]);
                    min = Math.Min(min, y[start + j]);
                }

                for (int j = 0; j < size; j++)
                    sum += Math.Exp(y[start + j] - max);

                double total = 0;
                for (int j = 0; j < size; j++)
                    total += labels is null ? t![start + j] : j == labels[row] ? 1 : 0;

                // exp: its own ULPs, and the rounding of z - max, which counts relatively; beyond 104 exp is 0 anyway.
                double relative = Tolerance.Gamma(size + 4) + (U * ((2 * Tolerance.ElementaryUlp) + Math.Min(max - min, 104)));
                for (int j = 0; j < size; j++)
                {
                    double target = labels is not null ? (labels[row] == j ? 1 : 0) : t![start + j];
                    double softmax = Math.Exp(y[start + j] - max) / sum;
                    double term = max + Math.Log(sum) - y[start + j];
                    loss += target * term;
                    elementError += target * (relative + (U * 4 * (Math.Abs(max) + Math.Abs(y[start + j]) + (Tolerance.ElementaryUlp * Math.Log(sum)) + 1)));
                    gradient[start + j] = ((softmax * total) - target) / count;
                    gradientBound[start + j] = ((softmax * total * (relative + Tolerance.Gamma(size + 12))) + (8 * U * target) + Tolerance.SmallestUlp) / count;
                }

                continue;
            }

            for (int j = 0; j < size; j++)
            {
                double output = y[start + j], target = t![start + j], d = output - target, derivative;
                switch (kind.Id)
                {
                    case LossId.MeanSquaredError:
                        loss += d * d;
                        derivative = 2 * d;
                        gradientBound[start + j] = 4 * U * Math.Abs(derivative) / count;
                        break;
                    case LossId.MeanAbsoluteError:
                        loss += Math.Abs(d);
                        derivative = Math.Sign(d);
                        gradientBound[start + j] = 4 * U / count;
                        break;
                    case LossId.Huber:
                        double delta = kind.Parameter;
                        loss += Math.Abs(d) <= delta ? d * d / 2 : delta * (Math.Abs(d) - (delta / 2));
                        derivative = Math.Clamp(d, -delta, delta);
                        elementError += 2 * U * delta * Math.Abs(d);
                        gradientBound[start + j] = 4 * U * Math.Abs(derivative) / count;
                        break;
                    case LossId.BinaryCrossEntropyWithLogits:
                        loss += Math.Max(output, 0) - (output * target) + Math.Log(1 + Math.Exp(-Math.Abs(output)));
                        derivative = (1 / (1 + Math.Exp(-output))) - target;
                        elementError += U * ((4 * Math.Abs(output)) + (2 * Tolerance.ElementaryUlp));
                        gradientBound[start + j] = U * (4 + (2 * Tolerance.ElementaryUlp)) / count;
                        break;
                    default:
                        throw new InvalidOperationException($"Write the reference of {kind.Id} here.");
                }

                gradient[start + j] = derivative / count;
            }
        }

        // Terms are not negative, so summing them errs relatively; 8 covers the formula's own roundings and the division.
        return (loss / count, ((Tolerance.Gamma(size + rows + 8) * loss) + elementError + Tolerance.SmallestUlp) / count);
    }

    private static float[] TargetsFor(LossKind kind, int rows, int size, int seed)
    {
        float[] targets = Shapes.Random(rows * size, seed, 8f);
        if (kind.Id is LossId.BinaryCrossEntropyWithLogits or LossId.SoftmaxCrossEntropy)
        {
            for (int i = 0; i < targets.Length; i++)
                targets[i] = (targets[i] + 8f) / 16f;
        }

        return targets;
    }

    private static float Run(LossKind kind, float[] outputs, float[]? targets, int[]? labels, float[]? gradient, int rows, int size)
    {
        fixed (float* y = outputs, t = targets, g = gradient, r = new float[2 * rows], s = new float[size])
        fixed (int* l = labels)
            return LossTable.Run(kind, y, t, l, g, r, s, rows, size);
    }

    private static void RunAt(Width width, LossKind kind, float[] outputs, float[] targets, float[] rowLosses, float[] gradient, int rows, int size)
    {
        fixed (float* y = outputs, t = targets, g = gradient, r = rowLosses)
        {
            if (kind.Id == LossId.SoftmaxCrossEntropy)
            {
                var softmax = new SoftmaxCrossEntropyRows(y, t, null, g, r, null, null, rows, size, 1f / rows);
                Widths.Invoke(width, ref softmax);
                return;
            }

            var action = new AtWidth { Width = width, Y = y, T = t, G = g, R = r, Rows = rows, Size = size };
            LossTable.Dispatch(kind, ref action);
        }
    }

    private struct AtWidth : ILossAction
    {
        public Width Width;
        public float* Y, T, G, R;
        public int Rows, Size;

        public readonly void Invoke<TLoss>(TLoss loss)
            where TLoss : struct, IElementLoss
        {
            var rows = new ElementLossRows<TLoss>(loss, Y, T, R, Rows, Size);
            Widths.Invoke(Width, ref rows);
            var derivative = new Map.BinaryLoop<ScaledDerivative<TLoss>>(new(loss, 1f / (Rows * Size)), Y, T, G, Rows * Size);
            Widths.Invoke(Width, ref derivative);
        }
    }

    private struct LanesAtWidth : ILossAction
    {
        public Width Width;
        public float* Y, T, R;
        public int Rows, Size;

        public readonly void Invoke<TLoss>(TLoss loss)
            where TLoss : struct, IElementLoss
        {
            var lanes = new ElementLossLanes<TLoss>(loss, Y, T, R, Rows, Size);
            Widths.Invoke(Width, ref lanes);
        }
    }
}
