using Backprop.Simd.Internal.Data;
using Xunit;

namespace Backprop.Simd.Tests;

/// <summary>The thread that reads ahead: what it gives, and how it ends.</summary>
public sealed class StreamedDatasetTests
{
    private const int Count = 200, Width = 3;

    [Fact]
    public void Batches_come_in_the_order_asked_for_wherever_it_starts()
    {
        using var data = new StreamedDataset(new Reader(), Count, Width, targetSize: 1);
        int[] order = [.. Enumerable.Range(0, Count).Select(i => i * 77 % Count)];
        using BatchReader batches = data.OpenBatches(size: 9, CancellationToken.None);
        foreach (int start in (int[])[0, 9, 18, 0, 9, 100, 109, 191, 198, 0, 0, 199, 5])
            Expect(start);
        for (int epoch = 1; epoch < 5; epoch++)
        {
            // As Fit does it: the same array, in another order.
            for (int i = 0; i < Count; i++)
                order[i] = ((i * 77) + epoch) % Count;
            for (int start = 0; start < Count; start += 9)
                Expect(start);
        }

        void Expect(int start)
        {
            Batch batch = batches.Read(order, start);
            int[] expected = order[start..Math.Min(Count, start + 9)];
            Assert.Equal(expected.Length, batch.Rows);
            Assert.Equal(expected.SelectMany(i => Enumerable.Repeat((float)i, Width)), batch.Inputs.ToArray());
            Assert.Equal(expected.Select(i => -(float)i), batch.Targets.ToArray());
        }
    }

    [Fact]
    public void A_batch_stays_as_it_is_while_the_next_ones_are_read()
    {
        var reader = new Reader();
        using var data = new StreamedDataset(reader, Count, Width, targetSize: 1);
        using BatchReader batches = data.OpenBatches(size: 10, CancellationToken.None);
        Batch first = batches.Read(data.NaturalOrder, 0);
        SpinWait.SpinUntil(() => Volatile.Read(ref reader.Calls) == ReadAhead.Slots, TimeSpan.FromSeconds(30));
        Thread.Sleep(20);
        Assert.Equal(ReadAhead.Slots, reader.Calls);
        Assert.Equal(9f, first.Inputs[^1]);
    }

    [Fact]
    public void Nothing_is_allocated_for_a_batch()
    {
        var reader = new Reader();
        using var data = new StreamedDataset(reader, Count, Width, targetSize: 1);
        using BatchReader batches = data.OpenBatches(size: 8, CancellationToken.None);
        AllocationProbe.AssertNone(() =>
        {
            for (int start = 0; start < Count; start += 8)
                batches.Read(data.NaturalOrder, start);
        }, calls: 100);

        // What the reading thread allocated between the first epoch and the last: all that is not a stray rest of an allocation context (AllocationProbe).
        Assert.True(reader.LongestQuietRun >= 5 * Count / 8, $"The reading thread allocated in every {reader.LongestQuietRun} batches.");
    }

    [Fact]
    public void Whatever_the_reading_thread_throws_reaches_the_caller_of_Fit()
    {
        // The order of the first epoch, by which the parameters of the last finished step are found.
        var good = new Reader();
        var bad = new Reader { FailAtCall = 4 };
        string expected = Train(good, steps: 3);
        using var data = new StreamedDataset(bad, Count, Width, targetSize: 1);
        using Subject subject = new();
        var e = Assert.Throws<FileLoadException>(() => subject.Trainer.Fit(data, new FitOptions { BatchSize = 10, Seed = 1 }));
        Assert.Equal("call 4", e.Message);
        Assert.Equal(expected, subject.Network.Fingerprint());

        // The trainer is as good as before.
        bad.FailAtCall = -1;
        subject.Trainer.Fit(data, new FitOptions { Epochs = 1, BatchSize = 10, Seed = 1 });

        static string Train(Reader reader, int steps)
        {
            using var data = new StreamedDataset(reader, Count, Width, targetSize: 1);
            using Subject subject = new();
            using BatchReader batches = data.OpenBatches(10, CancellationToken.None);
            int[] order = [.. Enumerable.Range(0, Count)];
            Dataset.Shuffle(order, Internal.Simd.CounterRandom.Derive(1, 0));
            for (int step = 0; step < steps; step++)
            {
                Batch batch = batches.Read(order, step * 10);
                subject.Trainer.Step(batch.Inputs, batch.Targets);
            }

            return subject.Network.Fingerprint();
        }
    }

    [Fact]
    public void Cancelling_stops_a_training_that_waits_for_its_examples()
    {
        using var stop = new CancellationTokenSource();
        using var blocked = new ManualResetEventSlim();
        var reader = new Reader { OnCall = call => { if (call == 3) { stop.Cancel(); blocked.Wait(TimeSpan.FromMilliseconds(50)); } } };
        using var data = new StreamedDataset(reader, Count, Width, targetSize: 1);
        using Subject subject = new();
        Assert.Throws<OperationCanceledException>(() => subject.Trainer.Fit(data, new FitOptions { BatchSize = 10 }, stop.Token));
        int calls = reader.Calls;
        Thread.Sleep(50);
        Assert.Equal(calls, reader.Calls);
        Assert.InRange(calls, 3, 2 + ReadAhead.Slots);
    }

    [Fact]
    public void A_cancelled_wait_ends_before_its_batch_is_there()
    {
        using var stop = new CancellationTokenSource();
        using var release = new ManualResetEventSlim();
        using var data = new StreamedDataset(new Reader { OnCall = _ => release.Wait() }, Count, Width, targetSize: 1);
        using BatchReader batches = data.OpenBatches(10, stop.Token);
        stop.CancelAfter(20);
        Assert.Throws<OperationCanceledException>(() => batches.Read(data.NaturalOrder, 0));
        release.Set();
    }

    [Fact]
    public void A_training_goes_on_to_its_end_or_an_error_when_its_data_are_disposed()
    {
        var reader = new Reader();
        var data = new StreamedDataset(reader, Count, Width, targetSize: 1);
        reader.OnCall = call => { if (call == 5) data.Dispose(); };
        using Subject subject = new();
        Assert.Throws<ObjectDisposedException>(() => subject.Trainer.Fit(data, new FitOptions { BatchSize = 10 }));
        Assert.Equal(1, reader.Disposals);
    }

    [Fact]
    public void Two_trainings_share_a_data_set()
    {
        using var data = new StreamedDataset(new Reader(), Count, Width, targetSize: 1);
        string[] prints = new string[4];
        Parallel.For(0, prints.Length, i =>
        {
            using Subject subject = new();
            subject.Trainer.Fit(data, new FitOptions { Epochs = 5, BatchSize = 7, Seed = 1, Validation = data });
            prints[i] = subject.Network.Fingerprint();
        });
        Assert.Single(prints.Distinct());
    }

    [Fact]
    public void Spans_of_what_is_not_in_memory_are_refused_by_name()
    {
        using var data = new StreamedDataset(new Reader(), Count, Width, targetSize: 1);
        Assert.Contains("Inputs", Assert.Throws<NotSupportedException>(() => data.Inputs.Length).Message, StringComparison.Ordinal);
        Assert.Contains("Targets", Assert.Throws<NotSupportedException>(() => data.Targets.Length).Message, StringComparison.Ordinal);
        Assert.True(data.Labels.IsEmpty);
    }

    [Fact]
    public void Read_checks_its_arguments_before_it_writes()
    {
        float[] inputs = [1, 2, 3, 4], targets = [5, 6], x = new float[4], t = new float[2];
        var memory = new Dataset(inputs, 2, targets, 1);
        memory.Read([1, 0], x, t);
        Assert.Equal([3, 4, 1, 2], x);
        Assert.Equal([6, 5], t);
        using var streamed = new StreamedDataset(new Reader(), 2, 2, 1);
        foreach (Dataset data in (Dataset[])[memory, streamed])
        {
            Assert.Equal("inputs", Assert.Throws<ArgumentException>(() => data.Read([0], x, [])).ParamName);
            Assert.Equal("targets", Assert.Throws<ArgumentException>(() => data.Read([0], x.AsSpan(0, 2), t)).ParamName);
            Assert.Equal("examples", Assert.Throws<ArgumentOutOfRangeException>(() => data.Read([0, 2], x, t)).ParamName);
            Assert.Equal("examples", Assert.Throws<ArgumentOutOfRangeException>(() => data.Read([-1], x.AsSpan(0, 2), [])).ParamName);
        }

        Assert.Equal([3, 4, 1, 2], x);
        var labelled = new Dataset(inputs, 2, [0, 1], 2);
        Assert.Contains("have labels", Assert.Throws<ArgumentException>(() => labelled.Read([0, 1], x, t)).Message, StringComparison.Ordinal);
        Assert.Equal("labels", Assert.Throws<ArgumentOutOfRangeException>(() => new StreamedDataset(new Reader(), 2, [0, 3], 3)).ParamName);
        Assert.Equal("targetSize", Assert.Throws<ArgumentOutOfRangeException>(() => new StreamedDataset(new Reader(), 1, 1, 0)).ParamName);
    }

    private sealed class Subject : IDisposable
    {
        public Subject()
        {
            Network = new NetworkBuilder(Width).Dense(1).Build(seed: 1);
            Trainer = new Trainer(Network, Loss.MeanAbsoluteError, Optimizer.Sgd(1e-3));
        }

        public Network Network { get; }

        public Trainer Trainer { get; }

        public void Dispose() => Trainer.Dispose();
    }

    /// <summary>Example i is i, i, ... with the target -i.</summary>
    private sealed class Reader : IExampleReader
    {
        public int Calls;
        private long _bytes;
        private int _quiet;

        public int FailAtCall { get; set; } = -1;

        public Action<int>? OnCall { get; set; }

        public int Disposals { get; private set; }

        /// <summary>Calls on end between which the thread allocated nothing.</summary>
        public int LongestQuietRun { get; private set; }

        public void Read(ReadOnlySpan<int> examples, Span<float> inputs, Span<float> targets)
        {
            long bytes = GC.GetAllocatedBytesForCurrentThread();
            _quiet = bytes == _bytes ? _quiet + 1 : 0;
            _bytes = bytes;
            LongestQuietRun = Math.Max(LongestQuietRun, _quiet);
            int call = Interlocked.Increment(ref Calls);
            OnCall?.Invoke(call);
            if (call == FailAtCall)
                throw new FileLoadException($"call {call}");
            int width = inputs.Length / examples.Length;
            for (int i = 0; i < examples.Length; i++)
            {
                inputs.Slice(i * width, width).Fill(examples[i]);
                if (!targets.IsEmpty)
                    targets[i] = -examples[i];
            }
        }

        public void Dispose() => Disposals++;
    }
}
