using System.Diagnostics;
using System.Globalization;
using Backprop.Simd.Peers;

namespace Backprop.Simd.Benchmarks;

/// <summary>Two threads on one trainer against one; and two trainers on two threads against one trainer. Each thread on a core of its own.</summary>
internal static class Scaling
{
    /// <param name="filter">Only rows whose names contain it.</param>
    public static void Run(string filter)
    {
        using var pool = new WorkerPool(2);
        Cores.PinEach(pool);
        Console.WriteLine("| step, microseconds | one thread | two threads on it | times faster | two trainers on two threads: times the work |");
        Console.WriteLine("|---|---:|---:|---:|---:|");
        foreach (StepShape shape in StepShape.All)
        {
            foreach (bool adam in (bool[])[false, true])
            {
                string name = $"{shape.Name}, {(adam ? "Adam" : "SGD")}";
                if (!name.Contains(filter, StringComparison.Ordinal))
                    continue;
                using Trainer alone = Make(shape, adam, null), shared = Make(shape, adam, pool);
                Action one = Stepping(shape, alone), two = Stepping(shape, shared);
                double[] times = Contest.Run([one, two], seconds: 0.5, compiles: _ => true);
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                    $"| {name} | {times[0]:f2} | {times[1]:f2} | {times[0] / times[1]:f2} | {SideBySide(shape, adam):f2} |"));
            }
        }
    }

    // Steps a second of two threads with a trainer each, over those of one thread alone; the best of three turns, since one neighbour spoils a turn.
    private static double SideBySide(StepShape shape, bool adam)
    {
        double best = 0;
        for (int turn = 0; turn < 3; turn++)
            best = Math.Max(best, Rate(shape, adam, 2) / Rate(shape, adam, 1));
        return best;
    }

    private static double Rate(StepShape shape, bool adam, int threads)
    {
        double[] rates = new double[threads];
        using var together = new Barrier(threads);
        Thread[] all = [.. Enumerable.Range(0, threads).Select(index => new Thread(() =>
        {
            Cores.Pin(index);
            using Trainer trainer = Make(shape, adam, null);
            Action step = Stepping(shape, trainer);
            step();
            together.SignalAndWait();
            long start = Stopwatch.GetTimestamp();
            int steps = 0;
            do
            {
                step();
                steps++;
            }
            while (Stopwatch.GetElapsedTime(start).TotalMilliseconds < 150 || steps < 2);
            rates[index] = steps / Stopwatch.GetElapsedTime(start).TotalSeconds;
        }))];
        foreach (Thread thread in all)
            thread.Start();
        foreach (Thread thread in all)
            thread.Join();
        return rates.Sum();
    }

    private static Action Stepping(StepShape shape, Trainer trainer)
    {
        float[] x = shape.Inputs(), targets = shape.Targets();
        int[] labels = shape.Labels();
        return shape.Classifies ? () => trainer.Step(x, labels) : () => trainer.Step(x, targets);
    }

    private static Trainer Make(StepShape shape, bool adam, WorkerPool? workers)
    {
        var builder = new NetworkBuilder(shape.Sizes[0]);
        for (int i = 1; i < shape.Sizes.Length; i++)
            builder.Dense(shape.Sizes[i], i + 1 == shape.Sizes.Length ? Activation.Identity : shape.Tanh ? Activation.Tanh : Activation.ReLU);
        return new Trainer(builder.Build(1), shape.Classifies ? Loss.SoftmaxCrossEntropy : Loss.MeanSquaredError,
            adam ? Optimizer.Adam(1e-7) : Optimizer.Sgd(1e-7), new TrainerOptions { MaxBatchSize = shape.Batch, Workers = workers });
    }
}
