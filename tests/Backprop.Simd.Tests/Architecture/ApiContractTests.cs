using System.Reflection;
using Backprop.Simd.Kernels;
using Backprop.Simd.Verification;
using Xunit;

namespace Backprop.Simd.Tests;

/// <summary>Programs elsewhere compile against these names and signatures. Whatever is renamed breaks this file first.</summary>
public sealed class ApiContractTests
{
    [Fact]
    public void Describe_train_predict()
    {
        float[] inputs = Shapes.Random(4 * 64, 1), targets = Shapes.Random(4 * 10, 2);
        int[] labels = [0, 1, 2, 3];
        var network = new NetworkBuilder(inputs: 64)
            .Dense(32, Activation.ReLU)
            .Dropout(0.1)
            .Dense(10)
            .Build(seed: 42);

        Assert.Equal((64, 10, (65 * 32) + (33 * 10)), (network.InputSize, network.OutputSize, network.ParameterCount));
        Span<float> all = network.Parameters;
        IReadOnlyList<NetworkLayer> layers = network.Layers;
        Span<float> w = network.Layers[0].Weights;
        Span<float> b = network.Layers[0].Bias;
        Assert.Equal((2, 64 * 32, 32), (layers.Count, w.Length, b.Length));
        Assert.True(all[..(64 * 32)] == w && all.Slice(64 * 32, 32) == b);
        string hash = network.Fingerprint();
        Assert.Matches("^[0-9a-f]{64}$", hash);

        using var workers = new WorkerPool(threads: 2);
        using var trainer = new Trainer(network, Loss.SoftmaxCrossEntropy, Optimizer.Adam(learningRate: 1e-3),
            new TrainerOptions { MaxBatchSize = 128, Workers = workers, Seed = 1, InputGradient = true });
        float loss = trainer.Step(inputs, labels);
        loss += trainer.Step(inputs, targets);
        loss += trainer.Step(inputs, targets: targets);
        loss += trainer.Step(inputs.AsSpan(0, 64), labels: [1]);
        Assert.True(float.IsFinite(loss));

        ReadOnlySpan<float> outputs = trainer.Forward(inputs);
        trainer.Backward(outputGradient: outputs.ToArray());
        Span<float> g = trainer.Gradients;
        ReadOnlySpan<float> dx = trainer.InputGradient;
        Assert.Equal((network.ParameterCount, inputs.Length), (g.Length, dx.Length));
        trainer.Update();
        double rate = trainer.LearningRate;
        trainer.LearningRate = rate / 2;

        using var predictor = network.CreatePredictor(maxBatchSize: 1);
        ReadOnlySpan<float> y = predictor.Predict(inputs: inputs.AsSpan(0, 64));
        int label = predictor.Classify(input: inputs.AsSpan(0, 64));
        Assert.Equal(10, y.Length);
        Assert.InRange(label, 0, 9);
    }

    [Fact]
    public void Fit_and_data()
    {
        float[] inputs = Shapes.Random(20 * 3, 1), targets = Shapes.Random(20 * 2, 2);
        var dataset = new Dataset(inputs, inputSize: 3, labels: Shapes.RandomLabels(20, 2, 1), classes: 2);
        var regression = new Dataset(inputs, inputSize: 3, targets: targets, targetSize: 2);
        Assert.Equal((20, 20), (dataset.Count, regression.Count));
        (Dataset train, Dataset held) = dataset.Split(fraction: 0.8f, seed: 42, stratified: true);

        Network network = new NetworkBuilder(3).BatchNorm().Dense(4, Activation.Tanh).LayerNorm().BatchNorm(momentum: 0.2).Dense(units: 2, activation: default).Build(1);
        using var trainer = new Trainer(network, Loss.SoftmaxCrossEntropy, Optimizer.AdamW());
        IProgress<EpochResult> progress = new Progress<EpochResult>();
        LearningRateSchedule schedule = LearningRateSchedule.Cosine(epochs: 3, minimum: 0, warmUpEpochs: 1);
        TrainingHistory h = trainer.Fit(train, new FitOptions
        {
            Epochs = 3,
            BatchSize = 4,
            Validation = held,
            Seed = 7,
            Schedule = schedule,
            EarlyStopping = new EarlyStopping(patience: 3),
            RestoreBest = true,
            Progress = progress,
        }, CancellationToken.None);
        EpochResult epoch = h.Epochs[0];
        (int, float, float, float, float, TimeSpan, double) row =
            (epoch.Epoch, epoch.TrainLoss, epoch.TrainAccuracy, epoch.ValidationLoss, epoch.ValidationAccuracy, epoch.Duration, epoch.LearningRate);
        Assert.Equal(1, row.Item1);
        Assert.InRange(h.BestEpoch, 1, 3);
        Assert.Equal(h.Epochs.Count == 3 ? StopReason.Completed : StopReason.EarlyStopping, h.StopReason);
        Assert.Equal(["Completed", "EarlyStopping", "NonFiniteLoss"], Enum.GetNames<StopReason>());
    }

    [Fact]
    public void Descriptions()
    {
        Activation[] activations =
        [
            Activation.Identity, Activation.ReLU, Activation.LeakyReLU(slope: 0.01), Activation.ELU(alpha: 1), Activation.Softplus, Activation.Sigmoid,
            Activation.Tanh, Activation.GELU, Activation.GELUTanh, Activation.SiLU, Activation.HardSwish, Activation.Softmax,
        ];
        Assert.Equal(activations.Length, activations.Distinct().Count());
        Assert.Equal(Activation.Identity, default);
        Assert.Equal((Activation.LeakyReLU(), Activation.ELU()), (activations[2], activations[3]));

        Loss[] losses = [Loss.MeanSquaredError, Loss.MeanAbsoluteError, Loss.Huber(delta: 1), Loss.BinaryCrossEntropyWithLogits, Loss.SoftmaxCrossEntropy];
        Assert.Equal(losses.Length, losses.Distinct().Count());
        Assert.Equal(Loss.Huber(), losses[2]);

        Optimizer[] optimizers =
        [
            Optimizer.Sgd(learningRate: 0.1, momentum: 0.9, nesterov: true, weightDecay: 0.01),
            Optimizer.Adam(learningRate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0),
            Optimizer.AdamW(learningRate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 1e-2),
            Optimizer.RMSprop(learningRate: 1e-2, alpha: 0.99, epsilon: 1e-8, momentum: 0, weightDecay: 0),
        ];
        Assert.Equal(optimizers.Length, optimizers.Distinct().Count());

        LearningRateSchedule[] schedules =
        [
            LearningRateSchedule.Constant, LearningRateSchedule.Step(everyEpochs: 3, factor: 0.5), LearningRateSchedule.Exponential(factor: 0.9),
            LearningRateSchedule.Cosine(epochs: 10), LearningRateSchedule.OneCycle(epochs: 10, peak: 0.1),
        ];
        Assert.Equal(schedules.Length, schedules.Distinct().Count());
    }

    [Fact]
    public void Files()
    {
        string path = Path.Combine(Path.GetTempPath(), $"backprop-{Guid.NewGuid():N}");
        try
        {
            Network network = new NetworkBuilder(3).Dense(2).Build(1);
            network.Save(path);
            Network n = Network.Load(path);
            Assert.Equal(network.Fingerprint(), n.Fingerprint());
            using var trainer = new Trainer(network, Loss.MeanSquaredError, Optimizer.Adam());
            trainer.SaveCheckpoint(path);
            trainer.LoadCheckpoint(path);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void Kernel_calls()
    {
        float[] a = [1f, 2f, 3f, 4f], b = [5f, 6f, 7f, 8f], c = new float[4], y = new float[4];
        Gemm.Multiply(Transpose.No, Transpose.Yes, m: 2, n: 2, k: 2, alpha: 1f, a, lda: 2, b, ldb: 2, beta: 0f, c, ldc: 2, workers: null);
        Assert.Equal([17f, 23f, 39f, 53f], c);
        Gemm.Multiply(m: 2, n: 2, k: 2, a, b, c, workers: null);
        Assert.Equal([19f, 22f, 43f, 50f], c);

        Activations.Forward(Activation.ReLU, x: a, y: y);
        Activations.Backward(Activation.ReLU, x: a, y: y, dy: b, dx: c);
        Assert.Equal(b, c);
        Softmax.Forward(logits: a, classes: 2, probabilities: y);
        Assert.Equal(1f, y[0] + y[1], 1e-6f);
        VectorMath.Exp(x: a, y: y);
        VectorMath.Log(a, y);
        VectorMath.Tanh(a, y);
        VectorMath.Sigmoid(a, y);
        VectorMath.Erf(a, y);

        Assert.Equal([SimdTier.Portable, SimdTier.Vector128, SimdTier.Vector256, SimdTier.Vector512], Enum.GetValues<SimdTier>());
        SimdTier tier = SimdInfo.Tier;
        bool fused = SimdInfo.FusedMultiplyAdd;
        Assert.Contains(tier.ToString(), SimdInfo.Description, StringComparison.Ordinal);
        Assert.Equal(fused, SimdInfo.FusedMultiplyAdd);
    }

    [Fact]
    public void Gradient_checker()
    {
        Network network = new NetworkBuilder(3).Dense(4, Activation.Tanh).Dense(2).Build(1);
        float[] inputs = Shapes.Random(5 * 3, 1), targets = Shapes.Random(5 * 2, 2);
        int[] labels = [0, 1, 1, 0, 1];
        GradientCheckResult r = GradientCheck.Run(network, Loss.SoftmaxCrossEntropy, inputs, labels);
        Assert.True(r.Passed, r.ToString());
        Assert.InRange(r.MaxRelativeError, 0, 1e-3);
        Assert.InRange(r.WorstParameter, 0, network.ParameterCount - 1);
        Assert.Equal(0, r.Kinks);
        Assert.True(GradientCheck.Run(network, Loss.Huber(), inputs, targets: targets).Passed);
    }

    // Names are part of the contract; the calls above pin most of them, and these the rest.
    [Theory]
    [InlineData(typeof(NetworkBuilder), "Build", "seed")]
    [InlineData(typeof(NetworkBuilder), "Dense", "units,activation")]
    [InlineData(typeof(NetworkBuilder), "Dropout", "rate")]
    [InlineData(typeof(NetworkBuilder), "BatchNorm", "momentum")]
    [InlineData(typeof(Trainer), "Forward", "inputs")]
    [InlineData(typeof(Trainer), "Backward", "outputGradient")]
    [InlineData(typeof(Trainer), "Fit", "dataset,options,cancellationToken")]
    [InlineData(typeof(Softmax), "Forward", "logits,classes,probabilities")]
    [InlineData(typeof(Activations), "Forward", "activation,x,y")]
    [InlineData(typeof(Activations), "Backward", "activation,x,y,dy,dx")]
    public void Parameter_names(Type type, string method, string names) =>
        Assert.Contains(names, type.GetMethods().Where(overload => overload.Name == method).Select(overload => string.Join(',', overload.GetParameters().Select(parameter => parameter.Name))));

    [Fact]
    public void The_library_needs_one_package_only()
    {
        string[] outside = [.. typeof(SimdInfo).Assembly.GetReferencedAssemblies().Select(name => name.Name!)
            .Where(name => !name.StartsWith("System.", StringComparison.Ordinal) || name == "System.Numerics.Tensors")];
        Assert.All(outside, name => Assert.Equal("System.Numerics.Tensors", name));
        Assert.DoesNotContain(typeof(SimdInfo).Assembly.GetTypes().SelectMany(type => type.GetMethods(BindingFlags.Static | BindingFlags.NonPublic | BindingFlags.Public)),
            method => method.Attributes.HasFlag(MethodAttributes.PinvokeImpl));
    }
}
