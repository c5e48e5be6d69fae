using System.Diagnostics;
using System.Globalization;
using Backprop.Simd.Internal.Threading;
using Xunit;

namespace Backprop.Simd.Tests;

public sealed class WorkerPoolTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(8)]
    public void Every_part_runs_exactly_once(int threads)
    {
        using var pool = new WorkerPool(threads);
        Assert.Equal(threads, pool.Threads);
        for (int parts = 0; parts <= 20; parts++)
        {
            var job = new CountRuns { Runs = new int[parts] };
            pool.Run(ref job, parts);
            Assert.All(job.Runs, runs => Assert.Equal(1, runs));
        }
    }

    [Fact]
    public void Part_p_runs_on_thread_p_modulo_threads()
    {
        using var pool = new WorkerPool(3);
        var job = new RecordThreads { Threads = new Thread[9] };
        pool.Run(ref job, 9);
        for (int part = 0; part < 9; part++)
            Assert.Same(job.Threads[part % 3], job.Threads[part]);
        Assert.Same(Thread.CurrentThread, job.Threads[0]);
        Assert.Equal(3, job.Threads.Distinct().Count());
    }

    [Fact]
    public void A_job_is_the_callers_own_struct_not_a_copy()
    {
        using var pool = new WorkerPool(2);
        var job = default(SumParts);
        pool.Run(ref job, 100);
        Assert.Equal(4950, job.Sum);
    }

    // Ends when the thread that the scheduler held up has come so far.
    [Fact]
    public void A_worker_waits_awake_within_a_step_and_parks_after_it()
    {
        using var pool = new WorkerPool(2);
        var job = default(SumParts);
        bool held = false;
        for (int attempt = 0; attempt < 100 && !held; attempt++)
        {
            pool.BeginStep();
            pool.Run(ref job, 2);
            for (long start = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(start).TotalMicroseconds < 200;)
                Thread.SpinWait(1);
            held = pool.IsAwake;
            pool.EndStep();
        }

        Assert.True(held || Environment.ProcessorCount < 2);
        Assert.True(SpinWait.SpinUntil(() => !pool.IsAwake, TimeSpan.FromSeconds(30)));
    }

    [Fact]
    public void A_trainer_that_shares_its_steps_lets_the_worker_park()
    {
        using var pool = new WorkerPool(2);
        Network network = new NetworkBuilder(300).Dense(300, Activation.ReLU).Dense(10).Build(seed: 1);
        using var trainer = new Trainer(network, Loss.SoftmaxCrossEntropy, Optimizer.Adam(), new TrainerOptions { MaxBatchSize = 128, Workers = pool });
        for (int step = 0; step < 3; step++)
            trainer.Step(Shapes.Random(128 * 300, step), new int[128]);

        // A step that never ended would cost a millisecond of spinning after each job.
        Assert.Equal(0, pool.StepsUnderWay);
        Assert.True(SpinWait.SpinUntil(() => !pool.IsAwake, TimeSpan.FromSeconds(30)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void An_exception_reaches_the_caller_and_leaves_the_pool_usable(int failingPart)
    {
        using var pool = new WorkerPool(3);
        for (int round = 0; round < 20; round++)
        {
            var failing = new FailAt { Part = failingPart };
            var failure = Assert.Throws<InvalidDataException>(() => pool.Run(ref failing, 3));
            Assert.Equal($"part {failingPart}", failure.Message);
            Assert.Contains(nameof(FailAt), failure.StackTrace, StringComparison.Ordinal);

            var job = new CountRuns { Runs = new int[7] };
            pool.Run(ref job, 7);
            Assert.All(job.Runs, runs => Assert.Equal(1, runs));
        }
    }

    [Fact]
    public void When_every_part_fails_one_exception_arrives_and_none_is_left_over()
    {
        using var pool = new WorkerPool(3);
        var failing = new FailAt { Part = -1 };
        Assert.Throws<InvalidDataException>(() => pool.Run(ref failing, 3));
        var job = new CountRuns { Runs = new int[3] };
        pool.Run(ref job, 3);
        Assert.All(job.Runs, runs => Assert.Equal(1, runs));
    }

    [Fact]
    public void A_nested_job_stays_on_its_thread()
    {
        using var pool = new WorkerPool(3);
        var outer = new Nest { Pool = pool, Threads = new Thread[3][] };
        pool.Run(ref outer, 3);
        for (int part = 0; part < 3; part++)
            Assert.Single(outer.Threads[part].Distinct());
        Assert.Equal(3, outer.Threads.Select(inner => inner[0]).Distinct().Count());
    }

    [Fact]
    public void Many_threads_may_use_one_pool()
    {
        using var pool = new WorkerPool(2);
        int wrong = 0;
        Thread[] users = [.. Enumerable.Range(0, 4).Select(_ => new Thread(() =>
        {
            for (int round = 0; round < 300; round++)
            {
                var job = new CountRuns { Runs = new int[5] };
                pool.Run(ref job, 5);
                if (job.Runs.Any(runs => runs != 1))
                    Interlocked.Increment(ref wrong);
            }
        }))];
        foreach (Thread user in users)
            user.Start();
        foreach (Thread user in users)
            user.Join();
        Assert.Equal(0, wrong);
    }

    [Fact]
    public void Short_jobs_in_a_row_and_with_pauses_lose_no_wake_up()
    {
        using var pool = new WorkerPool(2);
        var job = default(SumParts);
        for (int round = 0; round < 20_000; round++)
            pool.Run(ref job, 2);
        for (int round = 0; round < 50; round++)
        {
            Thread.Sleep(1);
            pool.Run(ref job, 2);
        }

        Assert.Equal(20_050, job.Sum);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void A_run_allocates_nothing_on_any_thread(int threads)
    {
        using var pool = new WorkerPool(threads);
        AllocationProbe.AssertNone(
            () =>
            {
                var job = default(SumParts);
                pool.Run(ref job, 6);
            },
            calls: 1000,
            pool);
    }

    [Fact]
    public void Dispose_ends_the_threads_and_may_be_repeated()
    {
        var pool = new WorkerPool(3);
        var job = new RecordThreads { Threads = new Thread[3] };
        pool.Run(ref job, 3);
        pool.Dispose();
        pool.Dispose();
        Assert.True(pool.IsDisposed);
        Assert.False(job.Threads[1].IsAlive);
        Assert.False(job.Threads[2].IsAlive);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void After_dispose_a_run_is_refused(int threads)
    {
        var pool = new WorkerPool(threads);
        pool.Dispose();
        var job = new CountRuns { Runs = new int[2] };
        Assert.Throws<ObjectDisposedException>(() => pool.Run(ref job, 2));
        Assert.Throws<ObjectDisposedException>(() => pool.Run(ref job, 1));
        Assert.Equal([0, 0], job.Runs);
    }

    [Fact]
    public void A_pool_that_never_ran_can_be_disposed() => new WorkerPool(4).Dispose();

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(1025)]
    public void Impossible_thread_counts_are_refused(int threads)
    {
        ArgumentOutOfRangeException e = Assert.Throws<ArgumentOutOfRangeException>(() => new WorkerPool(threads));
        Assert.Equal("threads", e.ParamName);
    }

    private struct CountRuns : IJob
    {
        public int[] Runs;

        public readonly void Execute(int part) => Interlocked.Increment(ref Runs[part]);
    }

    private struct RecordThreads : IJob
    {
        public Thread[] Threads;

        public readonly void Execute(int part) => Threads[part] = Thread.CurrentThread;
    }

    private struct SumParts : IJob
    {
        public int Sum;

        public void Execute(int part) => Interlocked.Add(ref Sum, part);
    }

    private struct FailAt : IJob
    {
        public int Part;

        public readonly void Execute(int part)
        {
            if (part == Part || Part < 0)
                throw new InvalidDataException($"part {part}");
        }
    }

    private struct Nest : IJob
    {
        public WorkerPool Pool;
        public Thread[][] Threads;

        public readonly void Execute(int part)
        {
            var inner = new RecordThreads { Threads = new Thread[4] };
            Pool.Run(ref inner, 4);
            Threads[part] = inner.Threads;
        }
    }
}

/// <summary>What is counted for the whole process.</summary>
[Collection(SerialTests.Name)]
public sealed class IdleWorkerPoolTests
{
    // In a process of its own: here the JIT may still be busy with what other tests called.
    [Fact]
    public void An_idle_pool_burns_no_CPU()
    {
        ChildProcess.Result result = ChildProcess.Run(Idle);
        Assert.True(result.ExitCode == 0, result.Output);
        double least = double.Parse(result.Report, CultureInfo.InvariantCulture);
        Assert.True(least < 2, $"{least} ms in a second");
    }

    [Fact]
    public void No_collection_runs_during_a_thousand_jobs()
    {
        using var pool = new WorkerPool(2);
        AllocationProbe probe = AllocationProbe.Measure(
            () =>
            {
                var job = default(Nothing);
                pool.Run(ref job, 2);
            },
            calls: 1000,
            pool);
        Assert.Equal(new AllocationProbe(0, 0, 0), probe);
    }

    // A pool that polls burns every second; the JIT's background thread and the finalizer may disturb some of them.
    private static void Idle()
    {
        using var pool = new WorkerPool(4);
        var job = default(Nothing);
        pool.Run(ref job, 4);
        double least = double.PositiveInfinity;
        for (int attempt = 0; attempt < 5 && least >= 2; attempt++)
        {
            TimeSpan before = Environment.CpuUsage.TotalTime;
            Thread.Sleep(1000);
            least = Math.Min(least, (Environment.CpuUsage.TotalTime - before).TotalMilliseconds);
        }

        ChildProcess.Report(least.ToString(CultureInfo.InvariantCulture));
    }

    private struct Nothing : IJob
    {
        public readonly void Execute(int part) => Debug.Assert(part >= 0);
    }
}
