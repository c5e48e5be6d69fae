using Xunit;

namespace Backprop.Simd.Tests;

/// <summary>After construction nothing is allocated, on no thread, and no collection runs.</summary>
[Collection(SerialTests.Name)]
public sealed class ZeroAllocationTests
{
    private const int Rows = 32;

    // The second network is large enough that two threads share its products and its update.
    public static MatrixTheoryData<int, bool> Cases => new([1, 2], [false, true]);

    [Theory]
    [MemberData(nameof(Cases))]
    public void Step_by_labels(int threads, bool large)
    {
        using var pool = new WorkerPool(threads);
        Network network = Describe(large).Build(1);
        using var trainer = new Trainer(network, Loss.SoftmaxCrossEntropy, Optimizer.Adam(), new TrainerOptions { MaxBatchSize = Rows, Workers = pool, InputGradient = true });
        float[] inputs = Shapes.Random(Rows * network.InputSize, 1);
        int[] labels = Shapes.RandomLabels(Rows, network.OutputSize, 1);
        AssertNothing(pool, large, () => trainer.Step(inputs, labels));
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Step_by_targets(int threads, bool large)
    {
        using var pool = new WorkerPool(threads);
        Network network = Describe(large).Build(1);
        using var trainer = new Trainer(network, Loss.Huber(), Optimizer.Sgd(0.01, momentum: 0.9), new TrainerOptions { MaxBatchSize = Rows, Workers = pool });
        float[] inputs = Shapes.Random(Rows * network.InputSize, 1), targets = Shapes.Random(Rows * network.OutputSize, 2);
        AssertNothing(pool, large, () => trainer.Step(inputs, targets));
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Forward_Backward_and_Update(int threads, bool large)
    {
        using var pool = new WorkerPool(threads);
        Network network = Describe(large).Build(1);
        using var trainer = new Trainer(network, Loss.MeanSquaredError, Optimizer.RMSprop(), new TrainerOptions { MaxBatchSize = Rows, Workers = pool });
        float[] inputs = Shapes.Random(Rows * network.InputSize, 1), gradient = Shapes.Random(Rows * network.OutputSize, 2);
        AssertNothing(pool, large, () =>
        {
            trainer.Forward(inputs);
            trainer.Backward(gradient);
            trainer.Update();
        });
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Predict(int threads, bool large)
    {
        using var pool = new WorkerPool(threads);
        Network network = Describe(large).Build(1);
        using Predictor predictor = network.CreatePredictor(Rows, pool);
        float[] inputs = Shapes.Random(Rows * network.InputSize, 1);
        AssertNothing(pool, large, () => predictor.Predict(inputs));
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Classify(int threads, bool large)
    {
        using var pool = new WorkerPool(threads);
        Network network = Describe(large).Build(1);
        using Predictor predictor = network.CreatePredictor(1, pool);
        float[] input = Shapes.Random(network.InputSize, 1);
        AssertNothing(pool, large, () => predictor.Classify(input));
    }

    /// <summary>The first step, which updates large weights in the backward pass, and the first that does not, because somebody has read the gradients.</summary>
    [Theory]
    [MemberData(nameof(Cases))]
    public void First_step_and_first_step_after_Gradients_were_read(int threads, bool gradientsRead)
    {
        using var pool = new WorkerPool(threads);
        var trainers = new List<Trainer>();
        AllocationProbe probe = AllocationProbe.MeasureFirst(Prepare, pool);
        trainers.ForEach(trainer => trainer.Dispose());
        Assert.Equal(new AllocationProbe(0, 0, 0), probe);

        Action Prepare()
        {
            Network network = Describe(large: true).Build(1);
            var trainer = new Trainer(network, Loss.SoftmaxCrossEntropy, Optimizer.Adam(), new TrainerOptions { MaxBatchSize = Rows, Workers = pool });
            trainers.Add(trainer);
            float[] inputs = Shapes.Random(Rows * network.InputSize, 1);
            int[] labels = Shapes.RandomLabels(Rows, network.OutputSize, 1);
            if (gradientsRead)
            {
                trainer.Step(inputs, labels);
                Assert.Equal(network.ParameterCount, trainer.Gradients.Length);
            }

            return () => trainer.Step(inputs, labels);
        }
    }

    [Fact]
    public void Batches_of_any_size()
    {
        Network network = Describe(large: false).Build(1);
        using var trainer = new Trainer(network, Loss.SoftmaxCrossEntropy, Optimizer.Adam(), new TrainerOptions { MaxBatchSize = Rows });
        float[] inputs = Shapes.Random(Rows * network.InputSize, 1);
        int[] labels = Shapes.RandomLabels(Rows, network.OutputSize, 1);
        int rows = 0;
        AssertNothing(null, large: false, () =>
        {
            rows = (rows % Rows) + 1;
            trainer.Step(inputs.AsSpan(0, rows * network.InputSize), labels.AsSpan(0, rows));
        });
    }

    [Fact]
    public void Scale_LayerNorm_and_BatchNorm()
    {
        Network network = new NetworkBuilder(37).Scale(InputScaler.Multiply(37, 0.5f)).BatchNorm().Dense(41, Activation.SiLU).LayerNorm().Dense(10).Build(1);
        using var trainer = new Trainer(network, Loss.SoftmaxCrossEntropy, Optimizer.AdamW(), new TrainerOptions { MaxBatchSize = Rows, InputGradient = true });
        using Predictor predictor = network.CreatePredictor(Rows);
        float[] inputs = Shapes.Random(Rows * network.InputSize, 1);
        int[] labels = Shapes.RandomLabels(Rows, network.OutputSize, 1);
        AssertNothing(null, large: false, () =>
        {
            trainer.Step(inputs, labels);
            predictor.Predict(inputs);
        });
    }

    private static NetworkBuilder Describe(bool large)
    {
        int width = large ? 384 : 64;
        return new NetworkBuilder(width).Dense(width, Activation.GELU).Dropout(0.1).Dense(width, Activation.ReLU).Dense(10);
    }

    private static void AssertNothing(WorkerPool? pool, bool large, Action action) =>
        Assert.Equal(new AllocationProbe(0, 0, 0), AllocationProbe.Measure(action, large ? 100 : 1000, pool));
}
