using Xunit;

namespace Backprop.Simd.Tests;

public sealed class FitTests
{
    private const int Inputs = 6, Classes = 3;

    [Fact]
    public void Fit_learns_and_reports_every_epoch()
    {
        (Dataset train, Dataset held) = Data(300).Split(0.8f, seed: 1);
        using var subject = new Subject();
        var reported = new List<EpochResult>();
        TrainingHistory history = subject.Trainer.Fit(train, new FitOptions { Epochs = 12, BatchSize = 32, Validation = held, Seed = 2, Progress = new Collect(reported) });
        Assert.Equal(StopReason.Completed, history.StopReason);
        Assert.Equal(Enumerable.Range(1, 12), history.Epochs.Select(epoch => epoch.Epoch));
        Assert.Equal(reported, history.Epochs);
        Assert.True(history.Epochs[^1].TrainLoss < history.Epochs[0].TrainLoss / 2);
        Assert.True(history.Epochs[^1].ValidationAccuracy > 0.9f);
        Assert.All(history.Epochs, epoch =>
        {
            Assert.Equal(0.01, epoch.LearningRate);
            Assert.InRange(epoch.TrainAccuracy, 0f, 1f);
            Assert.True(epoch.Duration > TimeSpan.Zero);
        });
        float lowest = history.Epochs.Min(epoch => epoch.ValidationLoss);
        Assert.Equal(history.Epochs.First(epoch => epoch.ValidationLoss == lowest).Epoch, history.BestEpoch);
        Assert.Equal(history.Epochs[^1].ValidationLoss, subject.Trainer.Evaluate(held).Loss);
        Assert.Equal(0.01, subject.Trainer.LearningRate);
    }

    [Fact]
    public void The_seed_alone_decides_the_order()
    {
        Assert.Equal(Train(seed: 1), Train(seed: 1));
        Assert.NotEqual(Train(seed: 1), Train(seed: 2));

        static string Train(ulong seed)
        {
            using var subject = new Subject();
            subject.Trainer.Fit(Data(50), new FitOptions { Epochs = 2, BatchSize = 8, Seed = seed });
            return subject.Network.Fingerprint();
        }
    }

    [Fact]
    public void Every_example_is_seen_once_in_every_epoch()
    {
        // The loss of an example of 2^i with rate 0 is its bit: the sum of an epoch's losses tells which examples were in it. All of it is exact.
        const int Count = 20;
        float[] inputs = new float[Count], targets = new float[Count];
        for (int i = 0; i < Count; i++)
            targets[i] = 1 << i;
        Network network = new NetworkBuilder(1).Dense(1).Build(1);
        network.Parameters.Clear();
        using var trainer = new Trainer(network, Loss.MeanAbsoluteError, Optimizer.Sgd(0));
        foreach (int batchSize in (int[])[1, 4, 20])
        {
            TrainingHistory history = trainer.Fit(new Dataset(inputs, 1, targets, 1), new FitOptions { Epochs = 3, BatchSize = batchSize, Seed = 4 });
            Assert.All(history.Epochs, epoch => Assert.Equal(((1 << Count) - 1) / 20f, epoch.TrainLoss));
        }
    }

    [Fact]
    public void A_run_of_Fit_is_the_same_steps_by_hand()
    {
        Dataset data = Data(10);
        using var fitted = new Subject();
        fitted.Trainer.Fit(data, new FitOptions { Epochs = 1, BatchSize = 10, Seed = 3 });

        // One batch holds all examples, in some order: up to the order of sums the step is the same.
        using var stepped = new Subject();
        stepped.Trainer.Step(data.Inputs, data.Labels);
        for (int i = 0; i < fitted.Network.ParameterCount; i++)
            Assert.Equal(stepped.Network.Parameters[i], fitted.Network.Parameters[i], 1e-4f);
    }

    [Fact]
    public void Cancellation_leaves_the_last_finished_step()
    {
        using var subject = new Subject();
        using var other = new Subject();
        using var source = new CancellationTokenSource();
        var options = new FitOptions { Epochs = 50, BatchSize = 8, Seed = 3 };
        Assert.ThrowsAny<OperationCanceledException>(() => subject.Trainer.Fit(Data(50), options with { Progress = new Act(epoch => CancelAt(3, epoch, source)) }, source.Token));
        other.Trainer.Fit(Data(50), options with { Epochs = 3 });
        Assert.Equal(other.Network.Fingerprint(), subject.Network.Fingerprint());
        Assert.Equal(0.01, subject.Trainer.LearningRate);
    }

    [Fact]
    public void Cancellation_before_the_first_step_changes_nothing()
    {
        using var subject = new Subject();
        string before = subject.Network.Fingerprint();
        Assert.ThrowsAny<OperationCanceledException>(() => subject.Trainer.Fit(Data(50), null, new CancellationToken(canceled: true)));
        Assert.Equal(before, subject.Network.Fingerprint());
    }

    [Fact]
    public void RestoreBest_ends_with_the_best_parameters_cancelled_or_not()
    {
        // A rate that makes the training wander.
        (Dataset train, Dataset held) = Data(60).Split(0.5f, seed: 1);
        var options = new FitOptions { Epochs = 25, BatchSize = 8, Seed = 3, Validation = held, RestoreBest = true };
        using var subject = new Subject(rate: 0.3);
        TrainingHistory history = subject.Trainer.Fit(train, options);
        Assert.NotEqual(25, history.BestEpoch);
        Assert.Equal(history.Epochs[history.BestEpoch - 1].ValidationLoss, subject.Trainer.Evaluate(held).Loss);

        using var cancelled = new Subject(rate: 0.3);
        using var source = new CancellationTokenSource();
        Assert.ThrowsAny<OperationCanceledException>(() => cancelled.Trainer.Fit(train, options with { Progress = new Act(epoch => CancelAt(25, epoch, source)), Epochs = 30 }, source.Token));
        Assert.Equal(subject.Network.Fingerprint(), cancelled.Network.Fingerprint());
    }

    [Fact]
    public void Early_stopping_waits_for_its_patience()
    {
        using var subject = new Subject(rate: 0);
        TrainingHistory history = subject.Trainer.Fit(Data(40), new FitOptions { Epochs = 50, BatchSize = 40, Validation = Data(30), EarlyStopping = new EarlyStopping(patience: 3) });
        Assert.Equal(StopReason.EarlyStopping, history.StopReason);
        Assert.Equal(1, history.BestEpoch);
        Assert.Equal(4, history.Epochs.Count);
    }

    [Fact]
    public void A_loss_that_is_not_finite_ends_it_with_the_best_parameters()
    {
        Network network = new NetworkBuilder(1).Dense(1).Build(1);
        using var trainer = new Trainer(network, Loss.MeanSquaredError, Optimizer.Sgd(1e6));
        string before = network.Fingerprint();
        TrainingHistory history = trainer.Fit(new Dataset([1f, 2f, 3f], 1, [1f, 5f, -3f], 1), new FitOptions { Epochs = 100, BatchSize = 1 });
        Assert.Equal(StopReason.NonFiniteLoss, history.StopReason);
        Assert.All(network.Parameters.ToArray(), value => Assert.True(float.IsFinite(value)));
        if (history.BestEpoch == 0)
            Assert.Equal(before, network.Fingerprint());
    }

    [Fact]
    public void The_schedule_sets_the_rate_of_every_step()
    {
        using var subject = new Subject();
        TrainingHistory history = subject.Trainer.Fit(Data(50), new FitOptions { Epochs = 4, BatchSize = 10, Schedule = LearningRateSchedule.Step(everyEpochs: 2, factor: 0.5) });
        Assert.Equal([0.01, 0.01, 0.005, 0.005], history.Epochs.Select(epoch => epoch.LearningRate));
    }

    [Fact]
    public void Targets_work_as_labels_do()
    {
        float[] inputs = Shapes.Random(40 * Inputs, 1), targets = new float[40 * 2];
        for (int i = 0; i < 40; i++)
            (targets[2 * i], targets[(2 * i) + 1]) = (inputs[i * Inputs] - inputs[(i * Inputs) + 1], 0.5f);
        Network network = new NetworkBuilder(Inputs).Dense(2).Build(1);
        using var trainer = new Trainer(network, Loss.MeanSquaredError, Optimizer.Adam(0.05));
        var data = new Dataset(inputs, Inputs, targets, 2);
        TrainingHistory history = trainer.Fit(data, new FitOptions { Epochs = 60, BatchSize = 8, Validation = data });
        Assert.True(history.Epochs[^1].ValidationLoss < 1e-3f);
        Assert.True(float.IsNaN(history.Epochs[^1].TrainAccuracy));
        Assert.True(float.IsNaN(history.Epochs[^1].ValidationAccuracy));
    }

    [Fact]
    public void Zero_epochs_train_nothing()
    {
        using var subject = new Subject();
        string before = subject.Network.Fingerprint();
        TrainingHistory history = subject.Trainer.Fit(Data(10), new FitOptions { Epochs = 0 });
        Assert.Empty(history.Epochs);
        Assert.Equal(0, history.BestEpoch);
        Assert.Equal(before, subject.Network.Fingerprint());
    }

    [Fact]
    public void A_split_is_stratified_complete_and_decided_by_its_seed()
    {
        // Each example carries its number, so that none can be lost or doubled.
        const int Count = 103;
        float[] inputs = new float[Count];
        int[] labels = new int[Count];
        for (int i = 0; i < Count; i++)
            (inputs[i], labels[i]) = (i, i % 10 < 7 ? 0 : i % 10 < 9 ? 1 : 2);
        var data = new Dataset(inputs, 1, labels, 3);
        (Dataset first, Dataset second) = data.Split(0.2f, seed: 5);
        Assert.Equal(Count, first.Count + second.Count);
        Assert.Equal(21, first.Count);
        Assert.Equal(inputs, first.Inputs.ToArray().Concat(second.Inputs.ToArray()).Order().ToArray());
        for (int label = 0; label < 3; label++)
        {
            int all = labels.Count(value => value == label), part = first.Labels.ToArray().Count(value => value == label);
            Assert.InRange(part, Math.Floor(0.2 * all), Math.Ceiling(0.2 * all));
        }

        Assert.Equal(first.Inputs.ToArray(), data.Split(0.2f, seed: 5).Item1.Inputs.ToArray());
        Assert.NotEqual(first.Inputs.ToArray(), data.Split(0.2f, seed: 6).Item1.Inputs.ToArray());
        Assert.Equal(Count, data.Split(0.5f, seed: 1, stratified: false).Item1.Count + data.Split(0.5f, seed: 1, stratified: false).Item2.Count);
    }

    private static void CancelAt(int last, EpochResult epoch, CancellationTokenSource source)
    {
        if (epoch.Epoch == last)
            source.Cancel();
    }

    // The class is the largest of the first three inputs.
    private static Dataset Data(int count)
    {
        float[] inputs = Shapes.Random(count * Inputs, count);
        int[] labels = new int[count];
        for (int i = 0; i < count; i++)
        {
            Span<float> x = inputs.AsSpan(i * Inputs, Classes);
            labels[i] = x[0] >= x[1] && x[0] >= x[2] ? 0 : x[1] >= x[2] ? 1 : 2;
        }

        return new Dataset(inputs, Inputs, labels, Classes);
    }

    private sealed class Subject(double rate = 0.01) : IDisposable
    {
        public Network Network { get; } = new NetworkBuilder(Inputs).Dense(24, Activation.Tanh).Dense(Classes).Build(seed: 1);

        public Trainer Trainer => field ??= new Trainer(Network, Loss.SoftmaxCrossEntropy, Optimizer.Adam(rate));

        public void Dispose() => Trainer.Dispose();
    }

    private sealed class Collect(List<EpochResult> results) : IProgress<EpochResult>
    {
        public void Report(EpochResult value) => results.Add(value);
    }

    private sealed class Act(Action<EpochResult> action) : IProgress<EpochResult>
    {
        public void Report(EpochResult value) => action(value);
    }
}
