using Backprop.Simd.Internal.Layers;
using Backprop.Simd.Internal.Simd;
using Xunit;

namespace Backprop.Simd.Tests;

public sealed unsafe class DropoutTests
{
    private const int Width = 64;

    [Theory]
    [InlineData(0.0)]
    [InlineData(0.1)]
    [InlineData(0.5)]
    [InlineData(0.9)]
    public void The_rate_of_the_mask_is_the_rate(double rate)
    {
        const int Rows = 4096;
        using Trainer trainer = Make(rate, seed: 3, Rows);
        float[] outputs = trainer.Forward(Ones(Rows)).ToArray();
        int dropped = outputs.Count(value => value == 0f);
        float kept = (float)(1 / (1 - rate));
        Assert.DoesNotContain(outputs, value => value != 0f && value != kept);

        // Five standard deviations of the binomial distribution; the seed is fixed, so it holds or it does not.
        double deviation = Math.Sqrt(rate * (1 - rate) * outputs.Length);
        Assert.True(Math.Abs(dropped - (rate * outputs.Length)) <= 5 * deviation, $"{dropped} of {outputs.Length} were dropped.");
    }

    [Fact]
    public void Every_row_and_column_is_dropped_about_equally_often()
    {
        const int Rows = 512;
        using Trainer trainer = Make(0.5, seed: 11, Rows);
        int[] byColumn = new int[Width], byRow = new int[Rows];
        for (int step = 0; step < 20; step++)
        {
            ReadOnlySpan<float> outputs = trainer.Forward(Ones(Rows));
            for (int i = 0; i < outputs.Length; i++)
            {
                if (outputs[i] != 0f)
                    continue;
                byColumn[i % Width]++;
                byRow[i / Width]++;
            }
        }

        Assert.All(byColumn, count => Assert.InRange(count, (20 * Rows / 2) - (6 * Math.Sqrt(20 * Rows / 4)), (20 * Rows / 2) + (6 * Math.Sqrt(20 * Rows / 4))));
        Assert.All(byRow, count => Assert.InRange(count, (20 * Width / 2) - (6 * Math.Sqrt(20 * Width / 4)), (20 * Width / 2) + (6 * Math.Sqrt(20 * Width / 4))));
    }

    [Fact]
    public void A_mask_is_a_function_of_seed_step_and_layer()
    {
        float[] inputs = Ones(8);
        using Trainer one = Make(0.5, seed: 1, 8), same = Make(0.5, seed: 1, 8), other = Make(0.5, seed: 2, 8);
        float[] first = one.Forward(inputs).ToArray(), second = one.Forward(inputs).ToArray();
        Assert.Equal(first, same.Forward(inputs).ToArray());
        Assert.Equal(second, same.Forward(inputs).ToArray());
        Assert.NotEqual(first, second);
        Assert.NotEqual(first, other.Forward(inputs).ToArray());

        // Two layers: were the masks equal, the second one would drop nothing that the first one left.
        Network two = new NetworkBuilder(Width).Dropout(0.5).Dropout(0.5).Build(1);
        using var trainer = new Trainer(two, Loss.MeanSquaredError, Optimizer.Sgd(0), new TrainerOptions { MaxBatchSize = 8, Seed = 1 });
        int left = trainer.Forward(inputs).ToArray().Count(value => value != 0f);
        Assert.InRange(left, 60, 200);
    }

    [Fact]
    public void A_mask_bit_depends_on_its_row_and_column_not_on_the_batch()
    {
        using Trainer large = Make(0.3, seed: 5, 64), small = Make(0.3, seed: 5, 16);
        Assert.Equal(small.Forward(Ones(7)).ToArray(), large.Forward(Ones(64))[..(7 * Width)].ToArray());
    }

    [Fact]
    public void The_backward_pass_uses_the_mask_of_the_forward_pass()
    {
        using Trainer trainer = Make(0.4, seed: 9, 32, inputGradient: true);
        for (int step = 0; step < 3; step++)
        {
            float[] outputs = trainer.Forward(Ones(32)).ToArray();
            trainer.Backward(Ones(32));
            Assert.Equal(outputs, trainer.InputGradient.ToArray());
        }
    }

    [Fact]
    public void Prediction_leaves_the_inputs_as_they_are()
    {
        Network network = new NetworkBuilder(Width).Dropout(0.9).Build(1);
        using Predictor predictor = network.CreatePredictor(4);
        float[] inputs = Shapes.Random(4 * Width, 1);
        Assert.Equal(-1, Tolerance.FirstDifference(inputs, predictor.Predict(inputs)));
    }

    [Fact]
    public void A_dropped_NaN_is_dropped()
    {
        using Trainer trainer = Make(0.5, seed: 3, 8);
        float[] inputs = new float[8 * Width];
        Array.Fill(inputs, float.NaN);
        float[] outputs = trainer.Forward(inputs).ToArray();
        Assert.Contains(outputs, float.IsNaN);
        Assert.Contains(0f, outputs);
    }

    [Theory]
    [MemberData(nameof(Shapes.Lengths), MemberType = typeof(Shapes))]
    public void Every_width_drops_the_same_elements(int length)
    {
        float[]? expected = null;
        foreach (Width width in Enum.GetValues<Width>())
        {
            foreach (Guard guard in Enum.GetValues<Guard>())
            {
                using var inputs = new GuardedSpan(Shapes.Random(length, 2), guard);
                using var outputs = new GuardedSpan(length, guard);
                var loop = new Dropout.MaskLoop(new CounterRandom(0x1234_5678_9ABC_DEF0), 1 << 22, 4f / 3f, inputs.Pointer, outputs.Pointer, length);
                Widths.Invoke(width, ref loop);
                expected ??= [.. outputs.Span];
                Assert.Equal(-1, Tolerance.FirstDifference(expected, outputs.Span));
            }
        }
    }

    [Theory]
    [InlineData(-0.1)]
    [InlineData(1.0)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void A_rate_outside_0_to_below_1_is_refused(double rate) =>
        Assert.Equal("rate", Assert.Throws<ArgumentOutOfRangeException>(() => new NetworkBuilder(3).Dropout(rate)).ParamName);

    private static Trainer Make(double rate, ulong seed, int rows, bool inputGradient = false) =>
        new(new NetworkBuilder(Width).Dropout(rate).Build(1), Loss.MeanSquaredError, Optimizer.Sgd(0),
            new TrainerOptions { MaxBatchSize = rows, Seed = seed, InputGradient = inputGradient });

    private static float[] Ones(int rows)
    {
        float[] ones = new float[rows * Width];
        Array.Fill(ones, 1f);
        return ones;
    }
}
