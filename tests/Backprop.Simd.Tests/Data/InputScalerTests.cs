using Xunit;

namespace Backprop.Simd.Tests;

public sealed class InputScalerTests
{
    private const int Inputs = 3;

    // Small, large and constant; more examples than are read at a time.
    private static readonly float[] s_values = [.. Enumerable.Range(0, 150).SelectMany(i => (float[])[i * 37 % 150 * 0.01f, 7000 + (i * 53 % 149), 5])];

    [Fact]
    public void Standardized_inputs_have_mean_0_and_deviation_1()
    {
        float[] scaled = InputScaler.Standardize(Labelled()).Apply(Labelled()).Inputs.ToArray();
        for (int column = 0; column < 2; column++)
        {
            double[] values = [.. Enumerable.Range(0, 150).Select(row => (double)scaled[(row * Inputs) + column])];
            double mean = values.Sum() / 150, deviation = Math.Sqrt(values.Sum(value => (value - mean) * (value - mean)) / 150);

            // The mean is rounded to a float, by up to 2^-24 of 7,075, of which the deviation is 43; the factor and two operations by 2^-24 each.
            Assert.Equal(0, mean, (7075.0 / 43 * Math.ScaleB(1, -24)) + Math.ScaleB(3, -24));
            Assert.Equal(1, deviation, Math.ScaleB(8, -24));
        }

        Assert.All(Enumerable.Range(0, 150), row => Assert.Equal(0, scaled[(row * Inputs) + 2]));
    }

    [Fact]
    public void MinMax_reaches_both_limits_and_takes_a_constant_to_the_lower()
    {
        float[] scaled = InputScaler.MinMax(Labelled(), -1, 3).Apply(Labelled()).Inputs.ToArray();
        for (int column = 0; column < 2; column++)
        {
            float[] values = [.. Enumerable.Range(0, 150).Select(row => scaled[(row * Inputs) + column])];
            Assert.Equal(-1, values.Min());

            // Difference, factor and product of size 4 round by 2^-24 each, the sum of size 3 too.
            Assert.Equal(3, values.Max(), Math.ScaleB(16, -24));
        }

        Assert.All(Enumerable.Range(0, 150), row => Assert.Equal(-1, scaled[(row * Inputs) + 2]));
    }

    [Fact]
    public void Streamed_examples_scale_to_the_bits_of_those_in_memory()
    {
        Dataset memory = new(s_values, Inputs, Targets(), 1);
        using var streamed = new StreamedDataset(new Reader(memory), 150, Inputs, 1);
        foreach (Func<Dataset, InputScaler> fit in (Func<Dataset, InputScaler>[])[InputScaler.Standardize, data => InputScaler.MinMax(data), _ => InputScaler.Multiply(Inputs, 0.3f)])
        {
            int[] numbers = [7, 149, 0];
            float[] inputs = new float[9], targets = new float[3], expected = new float[9], expectedTargets = new float[3];
            fit(streamed).Apply(streamed).Read(numbers, inputs, targets);
            fit(memory).Apply(memory).Read(numbers, expected, expectedTargets);
            Assert.Equal(expected, inputs);
            Assert.Equal([7f, 149, 0], targets);
        }
    }

    [Fact]
    public void A_network_that_the_scaling_went_into_takes_raw_numbers()
    {
        Network network = new NetworkBuilder(Inputs).Dense(8, Activation.Tanh).Dense(2).Build(3);
        Dataset data = Labelled();
        InputScaler scaler = InputScaler.MinMax(data, -1, 1);
        using Predictor predictor = network.CreatePredictor(150);
        float[] before = predictor.Predict(scaler.Apply(data).Inputs).ToArray();
        scaler.FoldInto(network);
        float[] after = predictor.Predict(data.Inputs).ToArray();

        // 7,149 / 74 = 97 is the largest of the products that cancel: their rounding, and the bias's, by 2^-24 each, shows in sums of at most 3 x 97 x 2 with weights below 0.58;
        // tanh is 1-Lipschitz, and the second layer adds 8 such errors times weights below 0.36.
        double bound = 6 * 3 * 97 * 2 * 0.58 * Math.ScaleB(1, -24) * 8 * 0.36;
        Assert.All(Enumerable.Range(0, before.Length), i => Assert.Equal(before[i], after[i], bound));
        Assert.NotEqual(before[0], before[3]);
    }

    [Fact]
    public void Spans_are_scaled_in_place_and_nothing_is_allocated()
    {
        InputScaler scaler = InputScaler.Standardize(Labelled());
        float[] values = [.. s_values], apart = new float[values.Length];
        scaler.Apply(s_values, apart);
        scaler.Apply(values, values);
        Assert.Equal(apart, values);
        Assert.Equal(0, AllocationProbe.Measure(() => scaler.Apply(s_values, apart), calls: 100).CallerBytes);
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.NegativeInfinity)]
    public void An_input_that_is_not_finite_is_refused_by_its_position(float bad)
    {
        float[] values = [.. s_values];
        values[(100 * Inputs) + 1] = bad;
        var data = new Dataset(values, Inputs, Targets(), 1);
        foreach (Action fit in (Action[])[() => InputScaler.Standardize(data), () => InputScaler.MinMax(data)])
            Assert.Contains("input 1 of example 100", Assert.Throws<ArgumentException>("dataset", fit).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_does_not_fit_is_refused_before_anything_is_written()
    {
        InputScaler scaler = InputScaler.Standardize(Labelled());
        Assert.Throws<ArgumentException>("dataset", () => InputScaler.Standardize(new Dataset([], Inputs, Array.Empty<int>(), 2)));
        Assert.Throws<ArgumentException>("dataset", () => InputScaler.MinMax(new Dataset([-3e38f, 3e38f], 1, [0, 1], 2)));
        Assert.Throws<ArgumentException>("dataset", () => scaler.Apply(new Dataset([1f, 2], 2, [0], 2)));
        Assert.Throws<ArgumentOutOfRangeException>("upper", () => InputScaler.MinMax(Labelled(), 1, 1));
        Assert.Throws<ArgumentOutOfRangeException>("lower", () => InputScaler.MinMax(Labelled(), float.NaN));
        Assert.Throws<ArgumentOutOfRangeException>("factor", () => InputScaler.Multiply(1, float.NaN));
        Assert.Throws<ArgumentException>("inputs", () => scaler.Apply(new float[4], new float[4]));
        Assert.Throws<ArgumentException>("scaled", () => scaler.Apply(new float[6], new float[3]));
        float[] shared = new float[9];
        Assert.Throws<ArgumentException>("scaled", () => scaler.Apply(shared.AsSpan(0, 6), shared.AsSpan(3, 6)));
        Assert.Throws<ArgumentException>("network", () => scaler.FoldInto(new NetworkBuilder(2).Dense(1).Build(1)));
        Network norm = new NetworkBuilder(Inputs).LayerNorm().Dense(1).Build(1);
        string before = norm.Fingerprint();
        Assert.Throws<ArgumentException>("network", () => scaler.FoldInto(norm));
        Assert.Equal(before, norm.Fingerprint());
    }

    private static Dataset Labelled() => new(s_values, Inputs, [.. Enumerable.Range(0, 150).Select(i => i % 2)], 2);

    private static float[] Targets() => [.. Enumerable.Range(0, 150).Select(i => (float)i)];

    private sealed class Reader(Dataset data) : IExampleReader
    {
        public void Read(ReadOnlySpan<int> examples, Span<float> inputs, Span<float> targets) => data.Read(examples, inputs, targets);

        public void Dispose()
        {
        }
    }
}
