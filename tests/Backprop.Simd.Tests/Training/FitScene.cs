using Backprop.Simd.Internal.Optimizers;

namespace Backprop.Simd.Tests;

/// <summary>A small training with everything in it whose state a checkpoint must hold.</summary>
internal static class FitScene
{
    public const int Inputs = 12;
    public const int Classes = 5;
    public const int StepsPerEpoch = 8;
    public const int Steps = 4 * StepsPerEpoch;
    private const int Examples = 61;
    private const int BatchSize = 8;

    public static FitOptions Options => new()
    {
        Epochs = 4,
        BatchSize = BatchSize,
        Seed = 4,
        Schedule = LearningRateSchedule.Cosine(epochs: 4, warmUpEpochs: 1),
        Validation = new Dataset(Shapes.Random(20 * Inputs, 3), Inputs, Shapes.RandomLabels(20, Classes, 4), Classes),
        RestoreBest = true,
    };

    /// <summary>What two trainings have in common if one is the other, interrupted: everything but durations.</summary>
    public sealed record Result(string Fingerprint, StopReason StopReason, int BestEpoch, string History);

    /// <param name="optimizer">Index in the table.</param>
    /// <param name="options">Of Fit.</param>
    /// <param name="networkSeed">Of the first weights.</param>
    /// <param name="rate">Learning rate, if not the table's.</param>
    /// <param name="data">If not <see cref="Data"/>.</param>
    /// <param name="cancellationToken">Of Fit.</param>
    public static Result Run(int optimizer, FitOptions options, ulong networkSeed = 1, double? rate = null, Dataset? data = null, CancellationToken cancellationToken = default)
    {
        Network network = Describe(networkSeed);
        using Trainer trainer = Make(optimizer, network, rate);
        return Run(trainer, network, options, data, cancellationToken);
    }

    public static Result Run(Trainer trainer, Network network, FitOptions options, Dataset? data = null, CancellationToken cancellationToken = default)
    {
        TrainingHistory history = trainer.Fit(data ?? Data(), options, cancellationToken);
        string[] epochs = [.. history.Epochs.Select(epoch => (epoch with { Duration = default }).ToString())];
        return new Result(network.Fingerprint(), history.StopReason, history.BestEpoch, string.Join("; ", epochs));
    }

    public static Network Describe(ulong seed) =>
        new NetworkBuilder(Inputs).Dense(23, Activation.GELU).Dropout(0.3).BatchNorm().Dense(17, Activation.Tanh).LayerNorm().Dense(Classes).Build(seed);

    public static Trainer Make(int optimizer, Network network, double? rate = null, int maxBatchSize = BatchSize)
    {
        OptimizerKind kind = OptimizerTable.All[optimizer];
        return new(network, Loss.SoftmaxCrossEntropy, new Optimizer(kind with { LearningRate = rate ?? kind.LearningRate }), new TrainerOptions { MaxBatchSize = maxBatchSize, Seed = 9 });
    }

    /// <param name="poisoned">Whether a value is infinite.</param>
    /// <param name="even">Whether one example is left out, so that batches of two leave none over.</param>
    public static Dataset Data(bool poisoned = false, bool even = false)
    {
        int count = even ? Examples - 1 : Examples;
        float[] inputs = Shapes.Random(count * Inputs, 1);
        if (poisoned)
            inputs[100] = float.PositiveInfinity;
        return new Dataset(inputs, Inputs, Shapes.RandomLabels(count, Classes, 2), Classes);
    }
}
