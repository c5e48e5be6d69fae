using Backprop.Simd.Internal.Activations;
using Xunit;

namespace Backprop.Simd.Tests;

public sealed class PredictorTests
{
    private const int Inputs = 23, Outputs = 11, Most = 67;

    public static TheoryData<int> OutputSizes => [1, 3, 10, 16, 17, 40];

    [Theory]
    [MemberData(nameof(OutputSizes))]
    public void An_example_s_outputs_do_not_depend_on_the_batch(int outputs)
    {
        Network network = new NetworkBuilder(Inputs).Dense(48, Activation.GELU).LayerNorm().Dense(31, Activation.Tanh).Dense(outputs, Activation.Softmax).Build(seed: 4);
        using Predictor single = network.CreatePredictor(), batch = network.CreatePredictor(Most);
        float[] inputs = Shapes.Random(Most * Inputs, 1), expected = new float[Most * outputs];
        for (int row = 0; row < Most; row++)
            single.Predict(inputs.AsSpan(row * Inputs, Inputs)).CopyTo(expected.AsSpan(row * outputs));
        for (int rows = 1; rows <= Most; rows++)
        {
            int first = (rows * 7) % (Most - rows + 1);
            ReadOnlySpan<float> actual = batch.Predict(inputs.AsSpan(first * Inputs, rows * Inputs));
            Assert.Equal(-1, Tolerance.FirstDifference(expected.AsSpan(first * outputs, rows * outputs), actual));
        }
    }

    [Fact]
    public void Threads_do_not_show()
    {
        Network network = new NetworkBuilder(300).Dense(500, Activation.SiLU).Dense(200, Activation.Sigmoid).Dense(Outputs).Build(seed: 4);
        float[] inputs = Shapes.Random(128 * 300, 1);
        using Predictor alone = network.CreatePredictor(128);
        float[] expected = alone.Predict(inputs).ToArray();
        foreach (int threads in (int[])[2, 3])
        {
            using var pool = new WorkerPool(threads);
            using Predictor shared = network.CreatePredictor(128, pool);
            Assert.Equal(-1, Tolerance.FirstDifference(expected, shared.Predict(inputs)));
        }
    }

    [Fact]
    public void Outputs_are_those_of_the_formulas()
    {
        foreach (ActivationKind kind in ActivationTable.Elementwise)
        {
            Network network = new NetworkBuilder(Inputs).Dense(Outputs, new Activation(kind)).Build(seed: 9);
            using Predictor predictor = network.CreatePredictor();
            float[] x = Shapes.Random(Inputs, 1, 2f);
            ReadOnlySpan<float> y = predictor.Predict(x);
            var reference = new Evaluate();
            for (int j = 0; j < Outputs; j++)
            {
                double sum = network.Layers[0].Bias[j], size = Math.Abs(sum);
                for (int i = 0; i < Inputs; i++)
                {
                    double product = (double)x[i] * network.Layers[0].Weights[(i * Outputs) + j];
                    sum += product;
                    size += Math.Abs(product);
                }

                reference.X = sum;
                ActivationTable.Dispatch(kind, ref reference);

                // The activations' slopes stay below 1.2; their own error is at most 2 ULP, 4 without FMA.
                double bound = (1.2 * Tolerance.Gamma(Inputs + 2) * size) + (Tolerance.ElementaryUlp * Tolerance.Ulp(reference.Y));
                Assert.True(Math.Abs(y[j] - reference.Y) <= bound, $"{kind}: {y[j]:R}, expected {reference.Y:R} +- {bound:R}");
            }
        }
    }

    [Theory]
    [InlineData(new[] { 1f, 3f, 2f }, 1)]
    [InlineData(new[] { 3f, 3f, 2f }, 0)]
    [InlineData(new[] { 1f, 3f, 3f }, 1)]
    [InlineData(new[] { 9f, float.NaN, 10f, float.NaN }, 1)]
    [InlineData(new[] { float.NegativeInfinity, float.NegativeInfinity }, 0)]
    [InlineData(new[] { -1f, float.PositiveInfinity }, 1)]
    [InlineData(new[] { -0f, 0f }, 0)]
    public void Classify_takes_the_largest_the_lowest_of_equals_and_NaN_before_all(float[] logits, int expected)
    {
        // A network of biases alone: its outputs are the logits.
        Network network = new NetworkBuilder(1).Dense(logits.Length).Build(1);
        network.Layers[0].Weights.Clear();
        logits.CopyTo(network.Layers[0].Bias);
        using Predictor predictor = network.CreatePredictor();
        Assert.Equal(expected, predictor.Classify([1f]));
    }

    [Fact]
    public void Many_predictors_may_read_one_network_at_the_same_time()
    {
        Network network = new NetworkBuilder(Inputs).Dense(64, Activation.GELU).Dense(Outputs).Build(seed: 2);
        float[] inputs = Shapes.Random(Inputs, 3);
        using Predictor reference = network.CreatePredictor();
        float[] expected = reference.Predict(inputs).ToArray();
        int wrong = 0;
        Thread[] threads = [.. Enumerable.Range(0, 4).Select(_ => new Thread(() =>
        {
            using Predictor predictor = network.CreatePredictor();
            for (int i = 0; i < 500; i++)
            {
                if (Tolerance.FirstDifference(expected, predictor.Predict(inputs)) >= 0)
                    Interlocked.Increment(ref wrong);
            }
        }))];
        foreach (Thread thread in threads)
            thread.Start();
        foreach (Thread thread in threads)
            thread.Join();
        Assert.Equal(0, wrong);
    }

    [Fact]
    public void After_dispose_it_refuses()
    {
        Predictor predictor = new NetworkBuilder(1).Dense(1).Build(1).CreatePredictor();
        predictor.Dispose();
        predictor.Dispose();
        Assert.Throws<ObjectDisposedException>(() => predictor.Predict([1f]).Length);
        Assert.Throws<ObjectDisposedException>(() => predictor.Classify([1f]));
    }

    private struct Evaluate : IActivationAction
    {
        public double X, Y;

        public void Invoke<TActivation>(TActivation activation)
            where TActivation : struct, IActivation => Y = activation.Reference(X);
    }
}
