using Backprop.Simd.Internal.Threading;
using Xunit;

namespace Backprop.Simd.Tests;

/// <summary>What an action allocated on the calling thread and on the workers of a pool, and how many collections ran meanwhile.</summary>
/// <remarks>
/// Counted per thread, so that other tests and the runner do not show; the collections are the whole process's:
/// a test that asserts on them belongs to <see cref="SerialTests"/>.
/// </remarks>
internal readonly record struct AllocationProbe(long CallerBytes, long WorkerBytes, int Collections)
{
    public const int WarmUpCalls = 50;

    private const int Repeats = 10;

    /// <summary>Warms up, then measures <paramref name="calls"/> calls.</summary>
    /// <remarks>
    /// A collection that another thread started (the runner's, say), or a background one that is still going on, retires the threads' allocation contexts, and
    /// the counters then show their unused rests of up to 8 KB. So what is not nothing is measured again, ten times at most, and the least counts: calls that allocate do so every time.
    /// </remarks>
    public static AllocationProbe Measure(Action action, int calls = 1000, WorkerPool? workers = null)
    {
        for (int i = 0; i < WarmUpCalls; i++)
            action();
        AllocationProbe probe = MeasureOnce(action, calls, workers);
        for (int again = 0; again < Repeats && probe != default; again++)
            probe = Less(probe, MeasureOnce(action, calls, workers));
        return probe;
    }

    private static AllocationProbe Less(AllocationProbe left, AllocationProbe right) =>
        (left.CallerBytes + left.WorkerBytes, left.Collections).CompareTo((right.CallerBytes + right.WorkerBytes, right.Collections)) <= 0 ? left : right;

    /// <summary>Measures one call of what <paramref name="prepare"/> makes, which was never called before; what is not nothing is made and measured again, as above.</summary>
    public static AllocationProbe MeasureFirst(Func<Action> prepare, WorkerPool? workers = null)
    {
        AllocationProbe probe = MeasureOnce(prepare(), 1, workers);
        for (int again = 0; again < Repeats && probe != default; again++)
            probe = Less(probe, MeasureOnce(prepare(), 1, workers));
        return probe;
    }

    private static AllocationProbe MeasureOnce(Action action, int calls, WorkerPool? workers)
    {
        int threads = workers?.Threads ?? 1;
        long[] before = new long[threads], after = new long[threads];
        Read(workers, after);
        int collections = Collected();

        Read(workers, before);
        for (int i = 0; i < calls; i++)
            action();
        Read(workers, after);

        collections = Collected() - collections;
        long workerBytes = 0;
        for (int i = 1; i < threads; i++)
            workerBytes += after[i] - before[i];
        return new AllocationProbe(after[0] - before[0], workerBytes, collections);
    }

    /// <summary>Fails unless the calls allocate nothing on any thread.</summary>
    public static void AssertNone(Action action, int calls = 1000, WorkerPool? workers = null)
    {
        AllocationProbe probe = Measure(action, calls, workers);
        Assert.True(probe is { CallerBytes: 0, WorkerBytes: 0 },
            $"{calls} calls allocated {probe.CallerBytes} bytes on the caller and {probe.WorkerBytes} on the workers.");
    }

    private static int Collected() => GC.CollectionCount(0) + GC.CollectionCount(1) + GC.CollectionCount(2);

    private static void Read(WorkerPool? workers, long[] bytes)
    {
        var job = new ReadCounter { Bytes = bytes };
        if (workers is null)
            job.Execute(0);
        else
            workers.Run(ref job, workers.Threads);
    }

    // Part p runs on thread p modulo Threads, so each counter is read on its own thread.
    private struct ReadCounter : IJob
    {
        public long[] Bytes;

        public readonly void Execute(int part) => Bytes[part] = GC.GetAllocatedBytesForCurrentThread();
    }
}

/// <summary>Tests that measure the process (collections, CPU time): none of them runs beside another test.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class SerialTests
{
    public const string Name = "serial";
}
