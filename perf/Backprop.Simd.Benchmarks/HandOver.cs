using System.Diagnostics;
using Backprop.Simd.Internal.Threading;

namespace Backprop.Simd.Benchmarks;

/// <summary>What it costs to give another thread a share of a job, by how long it has been idle: the number that decides which steps are worth splitting.</summary>
internal static class HandOver
{
    private const int Rounds = 2000;

    public static void Run()
    {
        using var pool = new WorkerPool(2);
        Cores.PinEach(pool);
        Console.WriteLine("| worker idle before, us | empty job of two parts: median us | 90 % | its second part took: median us | 90 % |");
        Console.WriteLine("|---:|---:|---:|---:|---:|");
        Measure(pool, 0);
        Thread.Sleep(200);
        foreach (int idle in (int[])[0, 5, 15, 30, 100, 300, 1000])
        {
            (double[] job, double[] part) = Measure(pool, idle);
            Console.WriteLine(FormattableString.Invariant($"| {idle} | {At(job, 0.5):f1} | {At(job, 0.9):f1} | {At(part, 0.5):f1} | {At(part, 0.9):f1} |"));
        }
    }

    private static (double[] Job, double[] Part) Measure(WorkerPool pool, int idle)
    {
        double[] job = new double[Rounds], part = new double[Rounds];
        for (int i = 0; i < Rounds; i++)
        {
            long start = Stopwatch.GetTimestamp();
            while (Stopwatch.GetElapsedTime(start).TotalMicroseconds < idle)
            {
            }

            var empty = default(Arrival);
            start = Stopwatch.GetTimestamp();
            pool.Run(ref empty, 2);
            job[i] = Stopwatch.GetElapsedTime(start).TotalMicroseconds;
            part[i] = Stopwatch.GetElapsedTime(start, empty.Second).TotalMicroseconds;
        }

        Array.Sort(job);
        Array.Sort(part);
        return (job, part);
    }

    private static double At(double[] sorted, double share) => sorted[(int)(share * (sorted.Length - 1))];

    private struct Arrival : IJob
    {
        public long Second;

        public void Execute(int part)
        {
            if (part == 1)
                Second = Stopwatch.GetTimestamp();
        }
    }
}
