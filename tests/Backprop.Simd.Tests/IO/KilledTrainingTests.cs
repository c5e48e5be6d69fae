using System.Diagnostics;
using System.Globalization;
using Backprop.Simd.Internal.Optimizers;
using Xunit;

namespace Backprop.Simd.Tests;

/// <summary>A training whose process is killed goes on from its checkpoint to the bits of one that was not.</summary>
public sealed class KilledTrainingTests
{
    private const string FileVariable = "BACKPROP_KILLED_FILE";
    private const string OptimizerVariable = "BACKPROP_KILLED_OPTIMIZER";
    private const int Examples = 61;
    private const int Inputs = 12;
    private const int Classes = 5;
    private const int BatchSize = 8;
    private const int StepsPerEpoch = (Examples + BatchSize - 1) / BatchSize;
    private const int Steps = 4 * StepsPerEpoch;
    private const int KilledAt = (2 * StepsPerEpoch) + 3;

    public static TheoryData<int> Optimizers => new(Enumerable.Range(0, OptimizerTable.All.Length));

    [Theory]
    [MemberData(nameof(Optimizers))]
    public void It_ends_with_the_fingerprint_of_the_uninterrupted_one(int optimizer)
    {
        using var folder = new TemporaryFolder();
        Network whole = Describe(1);
        using (Trainer trainer = Make(whole, optimizer))
            Train(trainer, null, Steps);

        // The child must run on what this process runs on: without FMA the bits differ.
        var environment = new List<(string, string)> { (FileVariable, folder["checkpoint"]), (OptimizerVariable, optimizer.ToString(CultureInfo.InvariantCulture)) };
        foreach (string knob in (string[])["DOTNET_EnableAVX2", "DOTNET_EnableHWIntrinsic"])
        {
            if (Environment.GetEnvironmentVariable(knob) is { } value)
                environment.Add((knob, value));
        }

        ChildProcess.Result child = ChildProcess.Run(TrainAndDie, [.. environment]);
        Assert.NotEqual(0, child.ExitCode);

        Network resumed = Describe(2);
        using (Trainer trainer = Make(resumed, optimizer))
        {
            trainer.LoadCheckpoint(folder["checkpoint"]);
            Assert.InRange(trainer.Steps, 1, KilledAt);
            Train(trainer, null, Steps);
        }

        Assert.Equal(whole.Fingerprint(), resumed.Fingerprint());
    }

    private static void TrainAndDie()
    {
        using Trainer trainer = Make(Describe(1), int.Parse(Environment.GetEnvironmentVariable(OptimizerVariable)!, CultureInfo.InvariantCulture));
        Train(trainer, Environment.GetEnvironmentVariable(FileVariable), KilledAt);

        // Steps after the last checkpoint are lost with the process.
        Process.GetCurrentProcess().Kill();
        Thread.Sleep(Timeout.Infinite);
    }

    /// <summary>Goes on from the trainer's step; shuffled by epoch, a checkpoint after every fifth step.</summary>
    private static void Train(Trainer trainer, string? checkpoint, int end)
    {
        float[] inputs = Shapes.Random(Examples * Inputs, 1);
        int[] labels = Shapes.RandomLabels(Examples, Classes, 2);
        int[] order = new int[Examples];
        float[] batch = new float[BatchSize * Inputs];
        int[] batchLabels = new int[BatchSize];
        while (trainer.Steps < end)
        {
            int epoch = (int)(trainer.Steps / StepsPerEpoch), start = (int)(trainer.Steps % StepsPerEpoch) * BatchSize, rows = Math.Min(BatchSize, Examples - start);
            for (int i = 0; i < Examples; i++)
                order[i] = i;
            Dataset.Shuffle(order, (ulong)epoch);
            for (int i = 0; i < rows; i++)
            {
                inputs.AsSpan(order[start + i] * Inputs, Inputs).CopyTo(batch.AsSpan(i * Inputs));
                batchLabels[i] = labels[order[start + i]];
            }

            trainer.Step(batch.AsSpan(0, rows * Inputs), batchLabels.AsSpan(0, rows));
            if (checkpoint is not null && trainer.Steps % 5 == 0)
                trainer.SaveCheckpoint(checkpoint);
        }
    }

    private static Network Describe(ulong seed) =>
        new NetworkBuilder(Inputs).Dense(23, Activation.GELU).Dropout(0.3).BatchNorm().Dense(17, Activation.Tanh).LayerNorm().Dense(Classes).Build(seed);

    private static Trainer Make(Network network, int optimizer) =>
        new(network, Loss.SoftmaxCrossEntropy, new Optimizer(OptimizerTable.All[optimizer]), new TrainerOptions { MaxBatchSize = BatchSize, Seed = 9 });
}
