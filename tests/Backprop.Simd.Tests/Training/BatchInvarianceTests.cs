using Backprop.Simd.Internal.Activations;
using Xunit;

namespace Backprop.Simd.Tests;

/// <summary>The outputs of an example are the same bits alone, in any batch, and at any position in it.</summary>
public sealed class BatchInvarianceTests
{
    private const int Most = 130;

    private static readonly int[] s_batches = [2, 3, 4, 5, 7, 8, 12, 13, 16, 17, 33, 64, 127, Most];

    public static TheoryData<string> OfPredictors => [.. OfTrainers.Select(row => row.Data), "BatchNorm", "Dropout"];

    // In training BatchNorm mixes a batch, and a dropout mask belongs to a row.
    public static TheoryData<string> OfTrainers =>
    [
        .. ActivationTable.Elementwise.ToArray().Select(kind => kind.Id.ToString()), "Softmax", "LayerNorm", "narrow", "one column", "17 columns", "deep", "wide",
    ];

    [Theory]
    [MemberData(nameof(OfPredictors))]
    public void Of_a_predictor(string layer)
    {
        Network network = Describe(layer).Build(seed: 3);
        using Predictor alone = network.CreatePredictor(), together = network.CreatePredictor(Most);
        float[] inputs = Shapes.Random(Most * network.InputSize, 1);
        if (layer == "BatchNorm")
            Shapes.Random(network.Statistics.Length, 2).Select(MathF.Abs).ToArray().CopyTo(network.Statistics);
        Check(network, inputs, x => alone.Predict(x).ToArray(), x => together.Predict(x).ToArray());
    }

    [Theory]
    [MemberData(nameof(OfTrainers))]
    public void Of_a_trainer(string layer)
    {
        Network network = Describe(layer).Build(seed: 3);
        using Trainer alone = Make(network), together = Make(network);
        float[] inputs = Shapes.Random(Most * network.InputSize, 1);
        Check(network, inputs, x => alone.Forward(x).ToArray(), x => together.Forward(x).ToArray());
    }

    [Fact]
    public void Of_a_predictor_on_several_threads()
    {
        Network network = Describe("wide").Build(seed: 3);
        using var workers = new WorkerPool(3);
        using Predictor alone = network.CreatePredictor(), together = network.CreatePredictor(Most, workers);
        Check(network, Shapes.Random(Most * network.InputSize, 1), x => alone.Predict(x).ToArray(), x => together.Predict(x).ToArray());
    }

    private static void Check(Network network, float[] inputs, Func<float[], float[]> alone, Func<float[], float[]> together)
    {
        float[][] expected = [.. inputs.Chunk(network.InputSize).Select(alone)];
        foreach (int rows in s_batches)
        {
            // Each example meets other neighbours and another position.
            int[] order = [.. Enumerable.Range(0, rows).Select(row => ((row * 7) + (rows * 11)) % Most)];
            float[] batch = [.. order.SelectMany(example => inputs.AsSpan(example * network.InputSize, network.InputSize).ToArray())];
            float[] actual = together(batch);
            for (int row = 0; row < rows; row++)
            {
                int difference = Tolerance.FirstDifference(expected[order[row]], actual.AsSpan(row * network.OutputSize, network.OutputSize));
                Assert.True(difference < 0, $"{rows} rows, row {row}, output {difference}.");
            }
        }
    }

    private static Trainer Make(Network network) => new(network, Loss.MeanSquaredError, Optimizer.Sgd(0.1), new TrainerOptions { MaxBatchSize = Most });

    private static NetworkBuilder Describe(string layer) => layer switch
    {
        "LayerNorm" => new NetworkBuilder(21).LayerNorm().Dense(35, Activation.Tanh).LayerNorm().Dense(10),
        "BatchNorm" => new NetworkBuilder(21).BatchNorm().Dense(35, Activation.Tanh).BatchNorm().Dense(10),
        "Dropout" => new NetworkBuilder(21).Dropout(0.3).Dense(35, Activation.Tanh).Dropout(0.5).Dense(10),
        "Softmax" => new NetworkBuilder(21).Dense(35, Activation.Tanh).Dense(18, Activation.Softmax),
        "narrow" => new NetworkBuilder(64).Dense(16, Activation.Tanh).Dense(3),
        "one column" => new NetworkBuilder(64).Dense(64, Activation.Tanh).Dense(1),
        "17 columns" => new NetworkBuilder(5).Dense(17, Activation.ReLU).Dense(17),
        "deep" => new NetworkBuilder(2100).Dense(40, Activation.ReLU).Dense(33),
        "wide" => new NetworkBuilder(300).Dense(1100, Activation.ReLU).Dense(301, Activation.Tanh).Dense(10),
        _ => new NetworkBuilder(21).Dense(37, new Activation(ActivationTable.Elementwise.ToArray().Single(kind => kind.Id.ToString() == layer))).Dense(5),
    };
}
