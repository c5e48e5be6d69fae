using Backprop.Simd.Internal.Threading;
using Xunit;

namespace Backprop.Simd.Tests;

/// <summary>Threads that are held up anywhere: more of them than cores, and others that compete.</summary>
[Collection(SerialTests.Name)]
public sealed class WorkerPoolStressTests
{
    /// <summary>A worker or caller that is held up between two steps of the hand-over must neither end the next job early nor be waited for in vain.</summary>
    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(7)]
    public void Held_up_threads_end_no_job_early(int threads)
    {
        const int Jobs = 1_500;
        using var pool = new WorkerPool(threads);
        bool done = false;
        Thread[] noise = [.. Enumerable.Range(0, 2 * Environment.ProcessorCount).Select(_ => new Thread(() =>
        {
            while (!Volatile.Read(ref done))
                Thread.SpinWait(2000);
        }))];
        foreach (Thread thread in noise)
            thread.Start();
        int[] counts = new int[threads];
        int wrong = 0;
        for (int job = 1; job <= Jobs; job++)
        {
            var count = new Count { Counts = counts };
            pool.Run(ref count, threads);

            // Whatever ran twice, late or not at all shows here or in a later job.
            foreach (int runs in counts)
                wrong += runs == job ? 0 : 1;
        }

        Volatile.Write(ref done, true);
        foreach (Thread thread in noise)
            thread.Join();
        Assert.Equal(0, wrong);
    }

    private struct Count : IJob
    {
        public int[] Counts;

        public readonly void Execute(int part) => Interlocked.Increment(ref Counts[part]);
    }
}
