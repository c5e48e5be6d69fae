using Backprop.Simd.Internal.Optimizers;
using Xunit;

namespace Backprop.Simd.Tests;

/// <summary>A training that goes on from any of its checkpoints ends as if it had not been interrupted.</summary>
public sealed class FitCheckpointTests
{
    public static TheoryData<int> Optimizers => new(Enumerable.Range(0, OptimizerTable.All.Length));

    /// <summary>Dropout, BatchNorm, shuffling, a schedule, validation and RestoreBest: from every single step on.</summary>
    [Theory]
    [MemberData(nameof(Optimizers))]
    public void Resumed_at_any_step_it_ends_with_the_same_bits(int optimizer)
    {
        using var folder = new TemporaryFolder();
        FitScene.Result whole = FitScene.Run(optimizer, FitScene.Options);
        FitScene.Result written = FitScene.Run(optimizer, FitScene.Options with { Checkpoint = new CheckpointOptions(folder["c.safetensors"], everySteps: 1, keepLast: 1000) { KeepBest = false } });
        Assert.Equal(whole, written);

        // One after each step, and one when it had finished.
        Assert.Equal(FitScene.Steps + 1, folder.Files.Length);
        foreach (string file in folder.Files)
            Assert.Equal(whole, FitScene.Run(optimizer, FitScene.Options with { ResumeFrom = folder[file] }, networkSeed: 77));
    }

    [Fact]
    public void Streamed_data_go_on_in_the_middle_of_an_epoch_too()
    {
        using var folder = new TemporaryFolder();
        FitScene.Result whole = FitScene.Run(3, FitScene.Options with { Checkpoint = new CheckpointOptions(folder["c"], everySteps: 5, keepLast: 100) { KeepBest = false } });
        Dataset memory = FitScene.Data();
        foreach (string file in folder.Files)
        {
            using var streamed = new StreamedDataset(new Reader(memory), FitScene.Inputs, memory.Labels.ToArray(), FitScene.Classes);
            Assert.Equal(whole, FitScene.Run(3, FitScene.Options with { ResumeFrom = folder[file] }, data: streamed));
        }
    }

    [Fact]
    public void Early_stopping_waits_as_long_as_it_would_have()
    {
        using var folder = new TemporaryFolder();
        FitOptions options = FitScene.Options with { Epochs = 100, EarlyStopping = new EarlyStopping(patience: 3), Schedule = LearningRateSchedule.Constant };
        FitScene.Result whole = FitScene.Run(0, options, rate: 0.6);
        Assert.Equal(StopReason.EarlyStopping, whole.StopReason);
        FitScene.Run(0, options with { Checkpoint = new CheckpointOptions(folder["c"], everySteps: 1, keepLast: 1000) { KeepBest = false } }, rate: 0.6);
        Assert.True(folder.Files.Length > 3 * FitScene.StepsPerEpoch);
        foreach (string file in folder.Files)
            Assert.Equal(whole, FitScene.Run(0, options with { ResumeFrom = folder[file] }, rate: 0.1));
    }

    [Fact]
    public void A_loss_that_is_not_finite_restores_the_best_epoch_of_before_the_interruption()
    {
        using var folder = new TemporaryFolder();
        FitOptions options = FitScene.Options with { Checkpoint = new CheckpointOptions(folder["c.safetensors"], FitScene.StepsPerEpoch) };
        FitScene.Run(0, options with { Epochs = 2 });
        Dataset bad = FitScene.Data(poisoned: true);
        FitScene.Result result = FitScene.Run(0, FitScene.Options with { ResumeFrom = folder["c.safetensors"] }, data: bad);
        Assert.Equal(StopReason.NonFiniteLoss, result.StopReason);
        Assert.Equal(Network.Load(folder["c.best.safetensors"]).Fingerprint(), result.Fingerprint);
    }

    [Fact]
    public void Older_checkpoints_and_the_best_network_have_the_documented_names()
    {
        using var folder = new TemporaryFolder();
        var checkpoint = new CheckpointOptions(folder["run.safetensors"], everySteps: 5, keepLast: 3);
        FitScene.Result whole = FitScene.Run(3, FitScene.Options with { Checkpoint = checkpoint });
        Assert.Equal(["run.1.safetensors", "run.2.safetensors", "run.best.safetensors", "run.safetensors"], folder.Files);
        Assert.Equal(folder["run.best.safetensors"], checkpoint.BestPath);

        // RestoreBest: the network ended as its best epoch.
        Assert.Equal(whole.Fingerprint, Network.Load(checkpoint.BestPath).Fingerprint());
        Assert.Equal(FitScene.Steps, StepsOf("run.safetensors"));
        Assert.Equal(FitScene.Steps / 5 * 5, StepsOf("run.1.safetensors"));
        Assert.Equal((FitScene.Steps / 5 * 5) - 5, StepsOf("run.2.safetensors"));

        long StepsOf(string file)
        {
            using Trainer trainer = FitScene.Make(3, FitScene.Describe(1));
            trainer.LoadCheckpoint(folder[file]);
            return trainer.Steps;
        }
    }

    [Fact]
    public void A_cancelled_training_loses_nothing()
    {
        using var folder = new TemporaryFolder();
        FitScene.Result whole = FitScene.Run(4, FitScene.Options);
        using var source = new CancellationTokenSource();
        FitOptions cancelled = FitScene.Options with
        {
            Checkpoint = new CheckpointOptions(folder["c"], everySteps: int.MaxValue),
            Progress = new Act(epoch => CancelAt(2, epoch, source)),
        };
        Assert.ThrowsAny<OperationCanceledException>(() => FitScene.Run(4, cancelled, cancellationToken: source.Token));
        Assert.Equal(whole, FitScene.Run(4, FitScene.Options with { ResumeFrom = folder["c"] }));
    }

    [Fact]
    public void A_finished_training_can_be_made_longer()
    {
        using var folder = new TemporaryFolder();
        FitOptions options = FitScene.Options with { Schedule = LearningRateSchedule.Constant };
        FitScene.Result whole = FitScene.Run(3, options);
        FitScene.Run(3, options with { Epochs = 2, Checkpoint = new CheckpointOptions(folder["c"], everySteps: 1000) });
        Assert.Equal(whole, FitScene.Run(3, options with { ResumeFrom = folder["c"] }));
        Assert.Equal(whole, FitScene.Run(3, options with { ResumeFrom = folder["c"], Checkpoint = new CheckpointOptions(folder["c"], everySteps: 3) }));
        Assert.Equal(whole, FitScene.Run(3, options with { ResumeFrom = folder["c"] }));
    }

    [Fact]
    public void Other_settings_are_refused_by_name_and_change_nothing()
    {
        using var folder = new TemporaryFolder();
        string path = folder["c"];
        FitScene.Run(3, FitScene.Options with { Checkpoint = new CheckpointOptions(path, everySteps: 7) });
        FitOptions options = FitScene.Options with { ResumeFrom = path };
        Refused(options with { BatchSize = 7 }, null, "the batch size of this checkpoint is '8'; that of this Fit is '7'.");
        Refused(options with { Seed = 5 }, null, "the seed of the order of this checkpoint is '4'; that of this Fit is '5'.");
        Refused(options with { Validation = null }, null, "the number of validation examples of this checkpoint is '20'; that of this Fit is '0'.");
        Refused(options with { Schedule = LearningRateSchedule.Constant }, null, "the schedule of this checkpoint is 'Cosine(epochs: 4, minimum: 0, warmUpEpochs: 1)'; that of this Fit is 'Constant'.");
        Refused(options, FitScene.Data().Split(0.5f, 1).First, "the number of examples of this checkpoint is '61'; that of this Fit is '31'.");
        Network other = FitScene.Describe(1);
        using (Trainer trainer = FitScene.Make(4, other))
            Assert.Contains("the optimizer of this checkpoint is 'Adam(", Assert.Throws<InvalidDataException>(() => trainer.Fit(FitScene.Data(), options)).Message, StringComparison.Ordinal);
        using (var trainer = new Trainer(new NetworkBuilder(FitScene.Inputs).Dense(FitScene.Classes).Build(1), Loss.SoftmaxCrossEntropy, Optimizer.Adam()))
            Assert.Contains("the network of this checkpoint is ", Assert.Throws<InvalidDataException>(() => trainer.Fit(FitScene.Data(), options)).Message, StringComparison.Ordinal);

        void Refused(FitOptions changed, Dataset? data, string message)
        {
            Network network = FitScene.Describe(9);
            using Trainer trainer = FitScene.Make(3, network);
            string before = network.Fingerprint();
            var e = Assert.Throws<InvalidDataException>(() => trainer.Fit(data ?? FitScene.Data(), changed));
            Assert.Equal($"{path}: {message}", e.Message);
            Assert.Equal(before, network.Fingerprint());
            Assert.Equal(0, trainer.Steps);
        }
    }

    [Fact]
    public void Checkpoints_of_the_trainer_alone_and_missing_folders_are_refused()
    {
        using var folder = new TemporaryFolder();
        using Trainer trainer = FitScene.Make(3, FitScene.Describe(1));
        trainer.SaveCheckpoint(folder["plain"]);
        Assert.Equal(
            $"{folder["plain"]}: its __metadata__ has no backprop_simd.fit.epochs: this is no checkpoint of Fit. Trainer.LoadCheckpoint reads it.",
            Assert.Throws<InvalidDataException>(() => trainer.Fit(FitScene.Data(), FitScene.Options with { ResumeFrom = folder["plain"] })).Message);
        Assert.Throws<FileNotFoundException>(() => trainer.Fit(FitScene.Data(), FitScene.Options with { ResumeFrom = folder["none"] }));
        Assert.Throws<DirectoryNotFoundException>(() => trainer.Fit(FitScene.Data(), FitScene.Options with { Checkpoint = new CheckpointOptions(folder["none/c"], 1) }));
        Assert.Equal(0, trainer.Steps);
        Assert.Throws<ArgumentException>("path", () => new CheckpointOptions("", 1));
        Assert.Throws<ArgumentOutOfRangeException>("everySteps", () => new CheckpointOptions("c", 0));
        Assert.Throws<ArgumentOutOfRangeException>("keepLast", () => new CheckpointOptions("c", 1, 0));
    }

    [Fact]
    public void A_damaged_checkpoint_changes_nothing()
    {
        using var folder = new TemporaryFolder();
        FitScene.Run(3, FitScene.Options with { Epochs = 1, Checkpoint = new CheckpointOptions(folder["c"], everySteps: 1000) });
        byte[] whole = File.ReadAllBytes(folder["c"]);
        Network network = FitScene.Describe(9);
        using Trainer trainer = FitScene.Make(3, network);
        string before = network.Fingerprint();
        int refused = 0;
        int headerEnd = whole.AsSpan().LastIndexOf("}}"u8) + 2;
        for (int position = 0; position < headerEnd; position += 3)
        {
            byte[] changed = [.. whole];
            changed[position] ^= 0x11;
            string path = folder.Write("bad", changed);

            // Epochs = 0: a good file is read and not trained on.
            try
            {
                trainer.Fit(FitScene.Data(), FitScene.Options with { Epochs = 0, ResumeFrom = path, RestoreBest = false });
                trainer.LoadCheckpoint(folder["c"]);
                before = network.Fingerprint();
            }
            catch (InvalidDataException e)
            {
                Assert.StartsWith(path, e.Message, StringComparison.Ordinal);
                refused++;
            }

            Assert.Equal(before, network.Fingerprint());
        }

        Assert.True(refused > headerEnd / 6, $"Only {refused} files were refused.");
    }

    [Fact]
    public void What_a_killed_process_left_is_removed_and_nothing_else()
    {
        using var folder = new TemporaryFolder();
        folder.Write("c.safetensors.abcdefgh.ijk.tmp", [1]);
        folder.Write("c.best.safetensors.abcdefgh.ijk.tmp", [1]);
        folder.Write("d.safetensors.abcdefgh.ijk.tmp", [1]);
        folder.Write("c.safetensors.tmp", [1]);
        FitScene.Run(0, FitScene.Options with { Epochs = 1, Checkpoint = new CheckpointOptions(folder["c.safetensors"], everySteps: 1000) });
        Assert.Equal(["c.best.safetensors", "c.safetensors", "c.safetensors.tmp", "d.safetensors.abcdefgh.ijk.tmp"], folder.Files);
    }

    /// <summary>What an epoch allocates does not depend on how many steps it has.</summary>
    [Fact]
    public void Steps_between_checkpoints_allocate_nothing()
    {
        using var folder = new TemporaryFolder();
        Assert.Equal(Bytes(batchSize: 61), Bytes(batchSize: 2));

        long Bytes(int batchSize)
        {
            var bytes = new List<long>();
            using Trainer trainer = FitScene.Make(3, FitScene.Describe(1), maxBatchSize: 61);
            trainer.Fit(FitScene.Data(even: true), new FitOptions
            {
                Epochs = 60,
                BatchSize = batchSize,
                Checkpoint = new CheckpointOptions(folder["c"], everySteps: int.MaxValue),
                Progress = new Act(_ => bytes.Add(GC.GetAllocatedBytesForCurrentThread())),
            });

            // The list's growth and a collection's rounding are in some of them: the least is what it takes.
            return bytes.Zip(bytes.Skip(1), (before, after) => after - before).Min();
        }
    }

    private static void CancelAt(int last, EpochResult epoch, CancellationTokenSource source)
    {
        if (epoch.Epoch == last)
            source.Cancel();
    }

    private sealed class Reader(Dataset data) : IExampleReader
    {
        public void Read(ReadOnlySpan<int> examples, Span<float> inputs, Span<float> targets) => data.Read(examples, inputs, targets);

        public void Dispose()
        {
        }
    }

    private sealed class Act(Action<EpochResult> action) : IProgress<EpochResult>
    {
        public void Report(EpochResult value) => action(value);
    }
}
