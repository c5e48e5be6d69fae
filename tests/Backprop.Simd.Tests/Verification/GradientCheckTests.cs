using System.Globalization;
using System.Text;
using Backprop.Simd.Internal.Activations;
using Backprop.Simd.Internal.Losses;
using Backprop.Simd.Internal.Verification;
using Backprop.Simd.Verification;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Xunit;

namespace Backprop.Simd.Tests;

public class GradientCheckTests(ITestOutputHelper output)
{
    private const int Inputs = 5;
    private const int Rows = 6;
    private const int Classes = 4;

    private static readonly Activation[] s_activations =
        [.. ActivationTable.Elementwise.ToArray().Select(kind => new Activation(kind)), Activation.LeakyReLU(-0.5), Activation.ELU(2.5), Activation.Softmax];

    private static readonly Loss[] s_losses = [.. LossTable.All.ToArray().Select(kind => new Loss(kind))];

    /// <summary>The network has the activation in two layers, softmax in the last one alone; errors are the worst over three seeds.</summary>
    [Fact]
    public void Every_activation_with_every_loss_passes()
    {
        var table = new StringBuilder("Worst relative error of a float gradient against differences in double precision (2^-24 = 5.96E-08)\n");
        table.Append(CultureInfo.InvariantCulture, $"{"",-16}").AppendJoin(' ', s_losses.Select(loss => $"{loss.Kind.Id,28}")).Append('\n');
        int compared = 0, kinks = 0;
        foreach (Activation activation in s_activations)
        {
            table.Append(CultureInfo.InvariantCulture, $"{activation,-16}");
            foreach (Loss loss in s_losses)
            {
                if (activation == Activation.Softmax && loss == Loss.SoftmaxCrossEntropy)
                {
                    table.Append(CultureInfo.InvariantCulture, $"{"(refused)",29}");
                    continue;
                }

                double worst = 0;
                for (int seed = 1; seed <= 3; seed++)
                {
                    GradientCheckResult result = GradientCheck.Run(NetworkWith(activation, (ulong)seed), loss, Shapes.Random(Rows * Inputs, seed, 2), targets: TargetsFor(loss, seed));
                    Assert.True(result.Passed, $"{activation}, {loss}, seed {seed}: {result}");
                    worst = Math.Max(worst, result.MaxRelativeError);
                    compared += result.Compared;
                    kinks += result.Kinks;
                }

                table.Append(CultureInfo.InvariantCulture, $"{worst,29:E2}");
            }

            table.Append('\n');
        }

        table.Append(CultureInfo.InvariantCulture, $"{compared} gradients compared, {kinks} left out at kinks");
        output.WriteLine(table.ToString());
        Assert.True(kinks < compared / 20, $"{kinks} of {compared + kinks} gradients were left out.");
    }

    [Fact]
    public void Labels_give_what_one_hot_targets_give()
    {
        Network network = NetworkWith(Activation.Tanh, 4);
        float[] inputs = Shapes.Random(Rows * Inputs, 4);
        int[] labels = Shapes.RandomLabels(Rows, Classes, 4);
        float[] targets = new float[Rows * Classes];
        for (int row = 0; row < Rows; row++)
            targets[(row * Classes) + labels[row]] = 1;
        GradientCheckResult byLabels = GradientCheck.Run(network, Loss.SoftmaxCrossEntropy, inputs, labels);
        Assert.True(byLabels.Passed, byLabels.ToString());
        Assert.Equal(GradientCheck.Run(network, Loss.SoftmaxCrossEntropy, inputs, targets).WorstDifference, byLabels.WorstDifference, 1e-9);
    }

    /// <summary>Random layers, sizes, losses and batches.</summary>
    [Property(MaxTest = 60)]
    public Property Any_network_passes()
    {
        Gen<Func<NetworkBuilder, NetworkBuilder>> layer = Gen.Frequency(
            (5, from units in Gen.Choose(1, 9) from activation in Gen.Elements(s_activations[..^1]) select new Func<NetworkBuilder, NetworkBuilder>(b => b.Dense(units, activation))),
            (1, from percent in Gen.Choose(0, 60) select new Func<NetworkBuilder, NetworkBuilder>(b => b.Dropout(percent / 100.0))),
            (1, Gen.Constant(new Func<NetworkBuilder, NetworkBuilder>(b => b.LayerNorm()))),
            (1, Gen.Constant(new Func<NetworkBuilder, NetworkBuilder>(b => b.BatchNorm()))));
        var cases =
            from inputs in Gen.Choose(1, 9)
            from count in Gen.Choose(0, 4)
            from layers in layer.ArrayOf(count)
            from loss in Gen.Elements(s_losses)
            from rows in Gen.Choose(2, 8)
            from seed in Gen.Choose(0, 1_000_000)
            let network = layers.Aggregate(new NetworkBuilder(inputs), (b, add) => add(b)).Dense(Classes).Build((ulong)seed)
            select (network, loss, inputs: Shapes.Random(rows * inputs, seed, 2), targets: Shapes.Random(rows * Classes, seed + 1));
        return Prop.ForAll(cases.ToArbitrary(), c =>
        {
            GradientCheckResult result = GradientCheck.Run(c.network, c.loss, c.inputs, c.targets);
            string layers = string.Join(' ', c.network.Blocks.Select(block => block.Description));
            return (result.Passed || result.Compared == 0).Label($"{layers}, {c.loss}, {c.inputs.Length / c.network.InputSize} rows: {result}");
        });
    }

    [Fact]
    public void Norms_and_dropout_are_checked_as_they_train()
    {
        Network network = new NetworkBuilder(Inputs).Dense(8, Activation.GELU).BatchNorm().Dropout(0.4).Dense(6, Activation.SiLU).LayerNorm().Dropout(0.2).Dense(Classes).Build(7);
        string before = network.Fingerprint();
        GradientCheckResult result = GradientCheck.Run(network, Loss.SoftmaxCrossEntropy, Shapes.Random(Rows * Inputs, 3), Shapes.RandomLabels(Rows, Classes, 3));
        Assert.True(result.Passed, result.ToString());
        Assert.Equal(0, result.Kinks);
        Assert.Equal(network.ParameterCount, result.Compared);
        Assert.Equal(before, network.Fingerprint());
    }

    /// <summary>Each gradient in turn is made wrong by a thousandth (of the largest of its kind where it is small): each time that one is named.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_wrong_gradient_is_caught_and_named(bool norms)
    {
        NetworkBuilder builder = new NetworkBuilder(3).Dense(4, Activation.Tanh);
        Network network = (norms ? builder.BatchNorm().LayerNorm() : builder).Dense(2).Build(5);
        float[] inputs = Shapes.Random(4 * 3, 8), targets = Shapes.Random(4 * 2, 9);
        Loss loss = Loss.MeanSquaredError;
        using var trainer = new Trainer(network, loss, Optimizer.Sgd(0));
        float[] statistics = network.Statistics.ToArray();
        trainer.AddGradients(inputs, targets);
        statistics.CopyTo(network.Statistics);
        float[] right = trainer.Gradients.ToArray();
        double[] x = [.. inputs], t = [.. targets];
        Assert.True(GradientCheck.Compare(network, loss.Kind, x, t, right).Passed);
        float largest = right.Max(MathF.Abs);
        for (int i = 0; i < right.Length; i++)
        {
            float[] wrong = [.. right];
            wrong[i] += 1e-3f * largest;
            GradientCheckResult result = GradientCheck.Compare(network, loss.Kind, x, t, wrong);
            Assert.False(result.Passed, $"Gradient {i}: {result}");
            Assert.Equal(i, result.WorstParameter);
        }
    }

    [Fact]
    public void The_worst_parameter_is_named_by_layer_and_place()
    {
        Network network = new NetworkBuilder(3).Dense(4, Activation.Tanh).LayerNorm().Dense(2).Build(5);
        float[] inputs = Shapes.Random(2 * 3, 8), targets = Shapes.Random(2 * 2, 9);
        using var trainer = new Trainer(network, Loss.MeanSquaredError, Optimizer.Sgd(0));
        trainer.AddGradients(inputs, targets);
        (int Parameter, string Name)[] expected =
            [(0, "layer 0 weight [0, 0]"), (6, "layer 0 weight [1, 2]"), (12, "layer 0 bias [0]"), (17, "layer 1 weight [1]"), (23, "layer 1 bias [3]"), (31, "layer 2 weight [3, 1]"), (33, "layer 2 bias [1]")];
        foreach ((int parameter, string name) in expected)
        {
            float[] gradients = trainer.Gradients.ToArray();
            gradients[parameter] += 1;
            GradientCheckResult result = GradientCheck.Compare(network, Loss.MeanSquaredError.Kind, [.. inputs], [.. targets], gradients);
            Assert.Equal((parameter, name), (result.WorstParameter, result.WorstParameterName));
        }
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void A_gradient_that_is_not_finite_fails(float value)
    {
        Network network = new NetworkBuilder(3).Dense(2).Build(5);
        float[] gradients = new float[network.ParameterCount];
        gradients[4] = value;
        GradientCheckResult result = GradientCheck.Compare(network, Loss.MeanSquaredError.Kind, [1, 2, 3], [1, 2], gradients);
        Assert.False(result.Passed);
        Assert.Equal((4, double.PositiveInfinity), (result.WorstParameter, result.MaxRelativeError));
        network.Parameters[1] = value;
        Assert.False(GradientCheck.Run(network, Loss.MeanSquaredError, [1, 2, 3], targets: [1, 2]).Passed);
    }

    /// <summary>One unit's sum is 0 for one example, another's 1e-9, a third's far away: the first two are at ReLU's kink.</summary>
    [Fact]
    public void Kinks_are_counted_and_left_out()
    {
        Network network = new NetworkBuilder(2).Dense(3, Activation.ReLU).Dense(1).Build(1);
        network.Layers[0].Weights.Clear();
        network.Layers[0].Bias.Clear();
        new float[] { 1, 1, 1, -1, -1, 1 }.CopyTo(network.Layers[0].Weights);
        network.Layers[0].Bias[1] = 1e-9f;
        network.Layers[1].Weights.Fill(0.5f);
        GradientCheckResult result = GradientCheck.Run(network, Loss.MeanSquaredError, [0.75f, 0.75f], targets: [3]);
        Assert.Equal(6, result.Kinks);
        Assert.Equal(7, result.Compared);
        Assert.True(result.Passed, result.ToString());
    }

    [Fact]
    public void A_residual_at_a_losses_kink_is_left_out()
    {
        Network network = new NetworkBuilder(1).Dense(1).Build(1);
        network.Layers[0].Weights[0] = 2;
        network.Layers[0].Bias[0] = 1;
        foreach ((Loss loss, float target) in new[] { (Loss.MeanAbsoluteError, 3f), (Loss.Huber(0.5), 3.5f), (Loss.Huber(0.5), 2.5f) })
        {
            Assert.Equal(0, GradientCheck.Run(network, loss, [1], targets: [0.25f]).Kinks);
            GradientCheckResult result = GradientCheck.Run(network, loss, [1], targets: [target]);
            bool isKink = loss == Loss.MeanAbsoluteError;
            Assert.Equal(isKink ? 2 : 0, result.Kinks);
            Assert.Equal(!isKink, result.Passed);
        }
    }

    /// <summary>The bounds rest on the references' own derivatives: those must agree with the differences of the references.</summary>
    [Fact]
    public void The_references_derivatives_are_those_of_the_references()
    {
        foreach (Activation activation in s_activations)
        {
            foreach (Loss loss in s_losses)
            {
                Network network = new NetworkBuilder(Inputs).Dense(6, activation == Activation.Softmax ? Activation.Tanh : activation).LayerNorm().BatchNorm().Dropout(0.3).Dense(Classes, activation == Activation.Softmax ? activation : Activation.Identity).Build(3);
                double[] inputs = [.. Shapes.Random(Rows * Inputs, 2)], targets = [.. TargetsFor(loss, 2)];
                var reference = new DoubleNetwork(network, loss.Kind, inputs, targets, key: 9);
                double largest = Enumerable.Range(0, network.Blocks.Length).SelectMany(b => Enumerable.Range(0, network.Blocks[b].ParameterCount).Select(i => Math.Abs(reference.GradientOf(b, i)))).Max();
                for (int block = 0; block < network.Blocks.Length; block++)
                {
                    for (int i = 0; i < network.Blocks[block].ParameterCount; i++)
                    {
                        if (reference.Difference(block, i, out double error) is { } difference)
                            Assert.True(Math.Abs(difference - reference.GradientOf(block, i)) <= error + (1e-12 * largest), $"{activation}, {loss}, block {block}, {i}: {difference} and {reference.GradientOf(block, i)}, {error}");
                    }
                }
            }
        }
    }

    [Fact]
    public void Dead_and_saturated_units_pass()
    {
        foreach (Activation activation in s_activations)
        {
            Network network = NetworkWith(activation, 2);
            network.Layers[0].Bias.Fill(-30);
            network.Layers[1].Bias.Fill(30);
            GradientCheckResult result = GradientCheck.Run(network, Loss.BinaryCrossEntropyWithLogits, Shapes.Random(Rows * Inputs, 1), targets: TargetsFor(Loss.BinaryCrossEntropyWithLogits, 1));
            Assert.True(result.Passed, $"{activation}: {result}");
        }
    }

    [Fact]
    public void Inputs_of_any_size_pass()
    {
        foreach (float size in new[] { 1e-6f, 1e-3f, 1, 255, 1e4f })
        {
            foreach (Loss loss in s_losses)
            {
                GradientCheckResult result = GradientCheck.Run(NetworkWith(Activation.Tanh, 2), loss, Shapes.Random(Rows * Inputs, 1, size), targets: TargetsFor(loss, 1));
                Assert.True(result.Passed, $"{loss}, inputs to {size}: {result}");
            }
        }
    }

    [Fact]
    public void A_trained_network_passes_too()
    {
        Network network = NetworkWith(Activation.Tanh, 2);
        float[] inputs = Shapes.Random(Rows * Inputs, 1);
        int[] labels = Shapes.RandomLabels(Rows, Classes, 1);
        using var trainer = new Trainer(network, Loss.SoftmaxCrossEntropy, Optimizer.Adam(0.05));
        float loss = 0;
        for (int i = 0; i < 500; i++)
            loss = trainer.Step(inputs, labels);
        Assert.InRange(loss, 0, 1e-3f);
        GradientCheckResult result = GradientCheck.Run(network, Loss.SoftmaxCrossEntropy, inputs, labels);
        Assert.True(result.Passed, result.ToString());
    }

    private static Network NetworkWith(Activation activation, ulong seed) => activation == Activation.Softmax
        ? new NetworkBuilder(Inputs).Dense(7, Activation.Tanh).Dense(Classes, Activation.Softmax).Build(seed)
        : new NetworkBuilder(Inputs).Dense(7, activation).Dense(6, activation).Dense(Classes).Build(seed);

    private static float[] TargetsFor(Loss loss, int seed)
    {
        float[] targets = Shapes.Random(Rows * Classes, seed + 100);
        if (loss == Loss.BinaryCrossEntropyWithLogits || loss == Loss.SoftmaxCrossEntropy)
            targets = [.. targets.Select(MathF.Abs)];
        return targets;
    }
}
