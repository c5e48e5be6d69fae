using Backprop.Simd.Internal.Layers;
using Backprop.Simd.Verification;
using Xunit;

namespace Backprop.Simd.Tests;

/// <summary>A network that scales its inputs itself does to the bit what one does whose inputs were scaled.</summary>
public sealed unsafe class ScaleTests
{
    private const int Inputs = 21;
    private const int Rows = 9;

    // Far from 0, so that scaling matters.
    private static readonly float[] s_inputs = [.. Shapes.Random(Rows * Inputs, 1, 3).Select(value => (10 * value) + 300)];
    private static readonly Dataset s_data = new(s_inputs, Inputs, Shapes.RandomLabels(Rows, 3, 2), 3);
    private static readonly InputScaler s_scaler = InputScaler.MinMax(s_data, -1, 2);
    private static readonly float[] s_scaled = s_scaler.Apply(s_data).Inputs.ToArray();

    public static TheoryData<string> First => ["Dense", "LayerNorm", "BatchNorm", "Dropout"];

    [Theory]
    [MemberData(nameof(First))]
    public void Prepended_it_gives_the_outputs_of_scaled_inputs_and_survives_its_file(string first)
    {
        Network network = Make(first).Build(4);
        string before = network.Fingerprint();
        Network scaling = s_scaler.Prepend(network);
        using var folder = new TemporaryFolder();
        scaling.Save(folder["scaling.safetensors"]);
        Network loaded = Network.Load(folder["scaling.safetensors"]);
        float[] expected = Outputs(network, s_scaled);

        Assert.Equal(expected, Outputs(scaling, s_inputs));
        Assert.Equal(expected, Outputs(loaded, s_inputs));
        Assert.Equal(scaling.Fingerprint(), loaded.Fingerprint());
        Assert.Equal(before, network.Fingerprint());
        Assert.NotEqual(before, scaling.Fingerprint());
        Assert.NotEqual(scaling.Fingerprint(), InputScaler.MinMax(s_data, -1, 3).Prepend(network).Fingerprint());
        Assert.NotEqual(expected, Outputs(network, s_inputs));
    }

    [Theory]
    [InlineData("Dense")]
    [InlineData("LayerNorm")]
    [InlineData("BatchNorm")]
    public void Training_on_numbers_as_they_are_gives_the_bits_of_training_on_scaled_ones(string first)
    {
        Network network = Make(first).Build(4), scaling = s_scaler.Prepend(network);
        float[] factors = Statistics(s_scaler.ToLayer())[Inputs..(2 * Inputs)];
        using Trainer trainer = TrainerOf(network), trainerOfScaling = TrainerOf(scaling);
        for (int step = 0; step < 5; step++)
            Assert.Equal(trainer.Step(s_scaled, s_data.Labels), trainerOfScaling.Step(s_inputs, s_data.Labels));

        Assert.Equal(network.Parameters.ToArray(), scaling.Parameters.ToArray());
        Assert.Equal(trainer.InputGradient.ToArray().Select((dx, i) => dx * factors[i % Inputs]), trainerOfScaling.InputGradient.ToArray());
        Assert.Equal(Outputs(network, s_scaled), Outputs(scaling, s_inputs));
    }

    [Fact]
    public void A_checkpoint_keeps_the_scaling()
    {
        Network network = new NetworkBuilder(Inputs).Scale(s_scaler).LayerNorm().Dropout(0.2).Dense(3).Build(4);
        Network other = new NetworkBuilder(Inputs).Scale(InputScaler.Multiply(Inputs, 2)).LayerNorm().Dropout(0.2).Dense(3).Build(5);
        using var folder = new TemporaryFolder();
        using Trainer trainer = TrainerOf(network), resumed = TrainerOf(other);
        trainer.Step(s_inputs, s_data.Labels);
        trainer.SaveCheckpoint(folder["a"]);
        resumed.LoadCheckpoint(folder["a"]);
        Assert.Equal(trainer.Step(s_inputs, s_data.Labels), resumed.Step(s_inputs, s_data.Labels));
        Assert.Equal(network.Fingerprint(), other.Fingerprint());
    }

    [Fact]
    public void Its_gradients_are_right()
    {
        Network network = new NetworkBuilder(Inputs).Scale(s_scaler).LayerNorm().Dense(8, Activation.Tanh).Dense(3).Build(4);
        GradientCheckResult result = GradientCheck.Run(network, Loss.SoftmaxCrossEntropy, s_inputs, s_data.Labels);
        Assert.True(result.Passed, result.ToString());
        Assert.Equal(network.ParameterCount, result.Compared);
    }

    [Theory]
    [MemberData(nameof(Widths.All), MemberType = typeof(Widths))]
    public void The_loops_have_the_same_bits_at_every_width(Width width)
    {
        for (int size = 1; size <= 67; size++)
        {
            float[] x = Shapes.Random(Rows * size, 1, 3), statistics = Shapes.Random(3 * size, 2, 3), y = new float[Rows * size], dx = new float[Rows * size];
            fixed (float* px = x, ps = statistics, py = y, pdx = dx)
            {
                var pass = new LayerPass { Rows = Rows, Input = px, Output = py, OutputGradient = px, InputGradient = pdx, Statistics = ps };
                var forward = new Scale.ForwardColumns(pass, size);
                Widths.Invoke(width, ref forward);
                var backward = new Scale.BackwardColumns(pass, size);
                Widths.Invoke(width, ref backward);
            }

            Assert.Equal(x.Select((value, i) => ((value - statistics[i % size]) * statistics[size + (i % size)]) + statistics[(2 * size) + (i % size)]), y);
            Assert.Equal(x.Select((value, i) => value * statistics[size + (i % size)]), dx);
        }
    }

    [Fact]
    public void What_does_not_fit_is_refused()
    {
        Assert.Contains("scaler has 21 inputs; this network has 4.", Assert.Throws<ArgumentException>("scaler", () => new NetworkBuilder(4).Scale(s_scaler)).Message, StringComparison.Ordinal);
        Assert.Contains("it must be the first layer", Assert.Throws<InvalidOperationException>(() => new NetworkBuilder(Inputs).LayerNorm().Scale(s_scaler)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>("network", () => s_scaler.Prepend(new NetworkBuilder(4).Dense(1).Build(1)));
        Network scaling = s_scaler.Prepend(Make("LayerNorm").Build(1));
        Assert.Throws<ArgumentException>("network", () => s_scaler.Prepend(scaling));
        Assert.Throws<ArgumentException>("network", () => s_scaler.FoldInto(scaling));
    }

    private static NetworkBuilder Make(string first)
    {
        var builder = new NetworkBuilder(Inputs);
        builder = first switch { "LayerNorm" => builder.LayerNorm(), "BatchNorm" => builder.BatchNorm(), "Dropout" => builder.Dropout(0.3), _ => builder };
        return builder.Dense(20, Activation.GELU).BatchNorm().Dense(3);
    }

    private static Trainer TrainerOf(Network network) =>
        new(network, Loss.SoftmaxCrossEntropy, Optimizer.Adam(1e-2), new TrainerOptions { MaxBatchSize = Rows, InputGradient = true, Seed = 3 });

    private static float[] Statistics(Scale layer)
    {
        float[] statistics = new float[layer.StatisticsCount];
        layer.InitializeStatistics(statistics);
        return statistics;
    }

    private static float[] Outputs(Network network, float[] inputs)
    {
        using Predictor predictor = network.CreatePredictor(Rows);
        return predictor.Predict(inputs).ToArray();
    }
}
