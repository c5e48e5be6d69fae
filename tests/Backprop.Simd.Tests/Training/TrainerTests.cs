using Backprop.Simd.Internal.Losses;
using Xunit;

namespace Backprop.Simd.Tests;

public sealed unsafe class TrainerTests
{
    private const int Rows = 9;

    public static TheoryData<int> Losses => new(Enumerable.Range(0, LossTable.All.Length));

    [Theory]
    [MemberData(nameof(Losses))]
    public void Three_parts_give_the_bits_of_a_step(int lossIndex)
    {
        LossKind kind = LossTable.All[lossIndex];
        using var whole = new Subject(kind);
        using var parts = new Subject(kind);
        for (int step = 0; step < 5; step++)
        {
            int rows = 1 + (step * 2);
            float[] inputs = Shapes.Random(rows * Subject.Inputs, step), targets = Probabilities(rows * Subject.Outputs, step);
            float loss = whole.Trainer.Step(inputs, targets);

            ReadOnlySpan<float> outputs = parts.Trainer.Forward(inputs);
            float[] gradient = new float[outputs.Length];
            float parted = Loss(kind, outputs, targets, gradient, rows);
            parts.Trainer.Backward(gradient);
            parts.Trainer.Update();

            Assert.Equal(loss, parted);
            Assert.Equal(-1, Tolerance.FirstDifference(whole.Network.Parameters, parts.Network.Parameters));
            Assert.Equal(-1, Tolerance.FirstDifference(whole.Trainer.InputGradient, parts.Trainer.InputGradient));
        }
    }

    [Fact]
    public void Labels_give_what_the_one_hot_targets_give()
    {
        using var byLabels = new Subject(new LossKind(LossId.SoftmaxCrossEntropy, 0));
        using var byTargets = new Subject(new LossKind(LossId.SoftmaxCrossEntropy, 0));
        float[] inputs = Shapes.Random(Rows * Subject.Inputs, 1), oneHot = new float[Rows * Subject.Outputs];
        int[] labels = Shapes.RandomLabels(Rows, Subject.Outputs, 1);
        for (int row = 0; row < Rows; row++)
            oneHot[(row * Subject.Outputs) + labels[row]] = 1f;
        Assert.Equal(byTargets.Trainer.Step(inputs, oneHot), byLabels.Trainer.Step(inputs, labels), 1e-6f);
        for (int i = 0; i < byLabels.Network.ParameterCount; i++)
            Assert.Equal(byTargets.Network.Parameters[i], byLabels.Network.Parameters[i], 1e-5f);
    }

    [Fact]
    public void Backward_adds_and_Update_clears()
    {
        using var subject = new Subject(new LossKind(LossId.MeanSquaredError, 0));
        float[] inputs = Shapes.Random(Rows * Subject.Inputs, 1), gradient = Shapes.RandomIntegers(Rows * Subject.Outputs, 2);
        subject.Trainer.Forward(inputs);
        subject.Trainer.Backward(gradient);
        float[] once = subject.Trainer.Gradients.ToArray();
        Assert.Contains(once, value => value != 0f);
        subject.Trainer.Backward(new float[gradient.Length]);
        Assert.Equal(once, subject.Trainer.Gradients.ToArray());

        // The second pass starts its sums from what is there, so its roundings may differ from those of a doubling.
        subject.Trainer.Backward(gradient);
        for (int i = 0; i < once.Length; i++)
            Assert.Equal(2 * once[i], subject.Trainer.Gradients[i], 1e-4f * (1f + Math.Abs(once[i])));

        subject.Trainer.Update();
        Assert.False(subject.Trainer.Gradients.ContainsAnyExcept(0f));
    }

    [Fact]
    public void A_step_adds_to_what_the_gradients_hold()
    {
        // Plain gradient descent with rate 1 subtracts the gradients themselves.
        Network network = new NetworkBuilder(2).Dense(1).Build(1);
        using var trainer = new Trainer(network, global::Backprop.Simd.Loss.MeanSquaredError, Optimizer.Sgd(1));
        network.Parameters.Clear();
        trainer.Gradients[0] = 3f;
        trainer.Step([0f, 0f], targets: [0f]);
        Assert.Equal([-3f, 0f, 0f], network.Parameters.ToArray());
        Assert.Equal([0f, 0f, 0f], trainer.Gradients.ToArray());
    }

    [Fact]
    public void Gradients_and_input_gradient_of_one_layer_are_the_textbook_s()
    {
        // y = x W + b, dW = x^T dy, db = sum dy, dx = dy W^T: small integers, so every sum is exact.
        const int In = 7, Out = 5;
        Network network = new NetworkBuilder(In).Dense(Out).Build(1);
        Shapes.RandomIntegers(network.ParameterCount, 1).CopyTo(network.Parameters);
        using var trainer = new Trainer(network, global::Backprop.Simd.Loss.MeanSquaredError, Optimizer.Sgd(1), new TrainerOptions { InputGradient = true });
        float[] x = Shapes.RandomIntegers(Rows * In, 2), dy = Shapes.RandomIntegers(Rows * Out, 3);
        ReadOnlySpan<float> w = network.Layers[0].Weights, b = network.Layers[0].Bias;
        ReadOnlySpan<float> y = trainer.Forward(x);
        for (int row = 0; row < Rows; row++)
        {
            for (int j = 0; j < Out; j++)
            {
                float sum = b[j];
                for (int i = 0; i < In; i++)
                    sum += x[(row * In) + i] * w[(i * Out) + j];
                Assert.Equal(sum, y[(row * Out) + j]);
            }
        }

        trainer.Backward(dy);
        for (int j = 0; j < Out; j++)
        {
            float bias = 0;
            for (int row = 0; row < Rows; row++)
                bias += dy[(row * Out) + j];
            Assert.Equal(bias, trainer.Gradients[(In * Out) + j]);
            for (int i = 0; i < In; i++)
            {
                float weight = 0;
                for (int row = 0; row < Rows; row++)
                    weight += x[(row * In) + i] * dy[(row * Out) + j];
                Assert.Equal(weight, trainer.Gradients[(i * Out) + j]);
            }
        }

        Assert.Equal(Rows * In, trainer.InputGradient.Length);
        for (int row = 0; row < Rows; row++)
        {
            for (int i = 0; i < In; i++)
            {
                float sum = 0;
                for (int j = 0; j < Out; j++)
                    sum += dy[(row * Out) + j] * w[(i * Out) + j];
                Assert.Equal(sum, trainer.InputGradient[(row * In) + i]);
            }
        }
    }

    [Fact]
    public void The_input_gradient_costs_no_bits()
    {
        using var with = new Subject(new LossKind(LossId.Huber, 1), inputGradient: true);
        using var without = new Subject(new LossKind(LossId.Huber, 1), inputGradient: false);
        for (int step = 0; step < 4; step++)
        {
            float[] inputs = Shapes.Random(Rows * Subject.Inputs, step), targets = Shapes.Random(Rows * Subject.Outputs, step);
            Assert.Equal(with.Trainer.Step(inputs, targets), without.Trainer.Step(inputs, targets));
        }

        Assert.Equal(with.Network.Fingerprint(), without.Network.Fingerprint());
        Assert.Throws<InvalidOperationException>(() => without.Trainer.InputGradient.Length);
    }

    [Fact]
    public void The_learning_rate_counts_from_the_next_update_on()
    {
        Network network = new NetworkBuilder(1).Dense(1).Build(1);
        network.Parameters.Clear();
        using var trainer = new Trainer(network, global::Backprop.Simd.Loss.MeanAbsoluteError, Optimizer.Sgd(0.5));
        Assert.Equal(0.5, trainer.LearningRate);
        trainer.Step([1f], targets: [8f]);
        Assert.Equal(0.5f, network.Parameters[0]);
        trainer.LearningRate = 0.25;
        trainer.Step([1f], targets: [8f]);
        Assert.Equal(0.75f, network.Parameters[0]);
        foreach (double bad in (double[])[double.NaN, double.PositiveInfinity, -1])
        {
            Assert.Equal("LearningRate", Assert.Throws<ArgumentOutOfRangeException>(() => trainer.LearningRate = bad).ParamName);
            Assert.Equal(0.25, trainer.LearningRate);
        }
    }

    [Fact]
    public void Room_for_larger_batches_does_not_show()
    {
        using var narrow = new Subject(new LossKind(LossId.MeanSquaredError, 0), maxBatchSize: Rows);
        using var wide = new Subject(new LossKind(LossId.MeanSquaredError, 0), maxBatchSize: 200);
        foreach (int rows in (int[])[Rows, 1, 5, 2, Rows])
        {
            float[] inputs = Shapes.Random(rows * Subject.Inputs, rows), targets = Shapes.Random(rows * Subject.Outputs, rows);
            Assert.Equal(narrow.Trainer.Step(inputs, targets), wide.Trainer.Step(inputs, targets));
        }

        Assert.Equal(narrow.Network.Fingerprint(), wide.Network.Fingerprint());
    }

    [Fact]
    public void What_is_written_into_the_parameters_takes_effect_at_once()
    {
        using var subject = new Subject(new LossKind(LossId.MeanSquaredError, 0));
        using Predictor predictor = subject.Network.CreatePredictor();
        float[] input = Shapes.Random(Subject.Inputs, 1);
        predictor.Predict(input);
        subject.Trainer.Forward(input);
        subject.Network.Parameters.Clear();
        subject.Network.Layers[^1].Bias.Fill(2f);
        Assert.False(predictor.Predict(input).ContainsAnyExcept(2f));
        Assert.False(subject.Trainer.Forward(input).ContainsAnyExcept(2f));
    }

    [Fact]
    public void A_backward_pass_needs_a_forward_pass()
    {
        using var subject = new Subject(new LossKind(LossId.MeanSquaredError, 0));
        Trainer trainer = subject.Trainer;
        float[] inputs = Shapes.Random(2 * Subject.Inputs, 1), gradient = new float[2 * Subject.Outputs];
        Assert.Throws<InvalidOperationException>(() => trainer.Backward(gradient));
        Assert.Throws<InvalidOperationException>(() => trainer.InputGradient.Length);
        trainer.Forward(inputs);
        trainer.Backward(gradient);
        trainer.Update();
        Assert.Throws<InvalidOperationException>(() => trainer.Backward(gradient));
        trainer.Forward(inputs);
        trainer.Step(inputs, targets: gradient);
        Assert.Throws<InvalidOperationException>(() => trainer.Backward(gradient));
    }

    [Fact]
    public void After_dispose_everything_is_refused()
    {
        var subject = new Subject(new LossKind(LossId.MeanSquaredError, 0));
        Trainer trainer = subject.Trainer;
        subject.Dispose();
        trainer.Dispose();
        float[] inputs = new float[Subject.Inputs], outputs = new float[Subject.Outputs];
        Assert.Throws<ObjectDisposedException>(() => trainer.Step(inputs, outputs));
        Assert.Throws<ObjectDisposedException>(() => trainer.Step(inputs, [1]));
        Assert.Throws<ObjectDisposedException>(() => trainer.Forward(inputs).Length);
        Assert.Throws<ObjectDisposedException>(() => trainer.Backward(outputs));
        Assert.Throws<ObjectDisposedException>(trainer.Update);
        Assert.Throws<ObjectDisposedException>(() => trainer.Gradients.Length);
        Assert.Throws<ObjectDisposedException>(() => trainer.InputGradient.Length);
        Assert.Throws<ObjectDisposedException>(() => trainer.Fit(new Dataset(inputs, Subject.Inputs, outputs, Subject.Outputs)));
    }

    [Fact]
    public void A_disposed_pool_is_refused()
    {
        var pool = new WorkerPool(2);
        Network network = new NetworkBuilder(2).Dense(1).Build(1);
        using var trainer = new Trainer(network, global::Backprop.Simd.Loss.MeanSquaredError, Optimizer.Sgd(1), new TrainerOptions { Workers = pool });
        using Predictor predictor = network.CreatePredictor(1, pool);
        pool.Dispose();
        string before = network.Fingerprint();
        Assert.Throws<ObjectDisposedException>(() => trainer.Step([1f, 2f], targets: [1f]));
        Assert.Throws<ObjectDisposedException>(() => predictor.Predict([1f, 2f]).Length);
        Assert.Equal(before, network.Fingerprint());
    }

    [Fact]
    public void Trainers_that_reuse_buffers_start_afresh()
    {
        string first = Train(), second = Train();
        Assert.Equal(first, second);

        static string Train()
        {
            using var subject = new Subject(new LossKind(LossId.MeanSquaredError, 0));
            for (int step = 0; step < 3; step++)
                subject.Trainer.Step(Shapes.Random(Rows * Subject.Inputs, step), Shapes.Random(Rows * Subject.Outputs, step));
            return subject.Network.Fingerprint();
        }
    }

    [Fact]
    public void A_NaN_reaches_the_loss()
    {
        using var subject = new Subject(new LossKind(LossId.MeanSquaredError, 0));
        float[] inputs = Shapes.Random(Rows * Subject.Inputs, 1);
        inputs[3] = float.NaN;
        Assert.True(float.IsNaN(subject.Trainer.Step(inputs, Shapes.Random(Rows * Subject.Outputs, 1))));
    }

    private static float[] Probabilities(int length, int seed) => Array.ConvertAll(Shapes.Random(length, seed), value => 0.5f + (0.5f * value));

    private static float Loss(LossKind kind, ReadOnlySpan<float> outputs, float[] targets, float[] gradient, int rows)
    {
        fixed (float* y = outputs, t = targets, g = gradient, r = new float[2 * rows])
            return LossTable.Run(kind, y, t, null, g, r, null, rows, Subject.Outputs);
    }

    /// <summary>A network with every kind of step in it, and its trainer.</summary>
    private sealed class Subject : IDisposable
    {
        public const int Inputs = 19, Outputs = 6;

        public Subject(LossKind loss, bool inputGradient = true, int maxBatchSize = 16)
        {
            Network = new NetworkBuilder(Inputs).Dense(33, Activation.GELU).Dropout(0.2).Dense(17, Activation.ReLU).Dense(Outputs).Build(seed: 5);
            Trainer = new Trainer(Network, new Loss(loss), Optimizer.Adam(1e-2),
                new TrainerOptions { MaxBatchSize = maxBatchSize, InputGradient = inputGradient, Seed = 3 });
        }

        public Network Network { get; }

        public Trainer Trainer { get; }

        public void Dispose() => Trainer.Dispose();
    }
}
