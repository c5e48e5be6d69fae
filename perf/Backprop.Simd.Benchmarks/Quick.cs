using System.Diagnostics;
using System.Runtime.InteropServices;
using Backprop.Simd.Cli;
using Backprop.Simd.Internal.Activations;
using Backprop.Simd.Internal.Optimizers;
using Backprop.Simd.Kernels;

namespace Backprop.Simd.Benchmarks;

/// <summary>The table of the README: many short samples, the FMA peak measured between them, so that a noisy machine disturbs both alike.</summary>
internal static class Quick
{
    private const int SamplesPerRow = 300;
    private static readonly TimeSpan s_sample = TimeSpan.FromMicroseconds(400);
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(1);

    private static string s_filter = string.Empty;

    /// <param name="filter">Only rows whose names contain it.</param>
    public static void Run(string filter)
    {
        s_filter = filter;

        // Threads inherit the affinity of the one that starts them: the pool comes first.
        using var pool = new WorkerPool(Environment.ProcessorCount);
        bool pinned = Cores.PinHere();
        Console.WriteLine($"CPU: {Processor()}, {Environment.ProcessorCount} cores; .NET {Environment.Version}; {SimdInfo.Description}");
        Console.WriteLine(Line($"FMA peak of one core: {FmaPeak.MeasureGFlops(TimeSpan.FromSeconds(0.5)):F1} GFLOP/s; measuring thread {(pinned ? "pinned" : "not pinned")}."));
        Console.WriteLine("Median and fastest of many samples; % of peak is the median of each sample's share of the peak measured beside it.");
        Products();
        Steps(pool);
        Elementwise();
        Optimizers();
    }

    private static void Products()
    {
        Head("GEMM m x n x k, one thread", "GFLOP/s", "% of peak");
        foreach (string shape in Work.Products)
        {
            (int m, int n, int k) = Work.Sizes(shape);
            float[] a = Work.Values(m * k), b = Work.Values(k * n), c = new float[m * n];
            foreach ((string form, Transpose ta, Transpose tb) in (ReadOnlySpan<(string, Transpose, Transpose)>)
                [("A B", Transpose.No, Transpose.No), ("A^T B", Transpose.Yes, Transpose.No), ("A B^T", Transpose.No, Transpose.Yes), ("A^T B^T", Transpose.Yes, Transpose.Yes)])
            {
                int lda = ta == Transpose.No ? k : m, ldb = tb == Transpose.No ? n : k;
                Row($"{shape}, {form}", Work.ProductFlops(shape), () => Gemm.Multiply(ta, tb, m, n, k, 1f, a, lda, b, ldb, 0f, c, n));
            }
        }
    }

    private static void Steps(WorkerPool pool)
    {
        Head("Training step with Adam, and prediction", "GFLOP/s", "% of peak");
        foreach (string shape in Work.Networks)
        {
            foreach (int rows in (int[])[1, 32, 128])
                Step(shape, rows, null);
        }

        Step("784-512-512-10", 128, pool);
        foreach (string shape in Work.Networks)
        {
            Network network = Work.Build(shape);
            using Predictor predictor = network.CreatePredictor();
            float[] input = Work.Values(network.InputSize);
            Row($"{shape}, prediction of 1", Work.ForwardFlops(network, 1), () => predictor.Predict(input));
        }
    }

    private static void Step(string shape, int rows, WorkerPool? pool)
    {
        Network network = Work.Build(shape);
        using var trainer = new Trainer(network, Loss.SoftmaxCrossEntropy, Optimizer.Adam(1e-4), new TrainerOptions { MaxBatchSize = rows, Workers = pool });
        float[] inputs = Work.Values(rows * network.InputSize);
        int[] labels = Work.Labels(rows, network.OutputSize);
        Row($"{shape}, batch {rows}{(pool is null ? string.Empty : $", {pool.Threads} threads")}", Work.StepFlops(network, rows), () => trainer.Step(inputs, labels));
    }

    private static void Elementwise()
    {
        const int Length = 65536;
        float[] x = Work.Values(Length, scale: 4f), y = new float[Length], dy = Work.Values(Length, seed: 2), dx = new float[Length];
        Head("65,536 elements", "ns/element", string.Empty);
        foreach (ActivationKind kind in ActivationTable.Elementwise.ToArray())
        {
            var activation = new Activation(kind);
            Row($"{kind.Id} forward", Length, () => Activations.Forward(activation, x, y), perElement: true);
            Row($"{kind.Id} backward", Length, () => Activations.Backward(activation, x, y, dy, dx), perElement: true);
        }

        Row("exp", Length, () => VectorMath.Exp(x, y), perElement: true);
        Row("log", Length, () => VectorMath.Log(x, y), perElement: true);
        Row("erf", Length, () => VectorMath.Erf(x, y), perElement: true);
        Row("softmax, rows of 64", Length, () => Softmax.Forward(x, 64, y), perElement: true);
    }

    private static unsafe void Optimizers()
    {
        const int Length = 101_770;
        float[] parameters = Work.Values(Length), gradients = new float[Length], states = new float[2 * Length];
        int calls = 0;
        Head("Update of 101,770 parameters", "ns/element", string.Empty);
        foreach (OptimizerKind kind in OptimizerTable.All)
        {
            Row($"{kind.Id}{(kind.Momentum > 0 ? " with momentum" : string.Empty)}{(kind.Nesterov ? ", Nesterov" : string.Empty)}", Length, () =>
            {
                // An update clears the gradients; with none, the states fade into denormals, which is another benchmark.
                if (calls++ % 256 == 0)
                    Array.Fill(states, 1f);
                fixed (float* p = parameters, g = gradients, s = states)
                    OptimizerTable.Step(kind, kind.LearningRate, 1, p, g, s, Length, Length, clear: true, null);
            }, perElement: true);
        }
    }

    private static void Head(string title, string rate, string share)
    {
        Console.WriteLine();
        Console.WriteLine($"| {title} | median | fastest | {rate} |{(share.Length > 0 ? $" {share} |" : string.Empty)} allocated |");
        Console.WriteLine($"|---|---:|---:|---:|{(share.Length > 0 ? "---:|" : string.Empty)}---:|");
    }

    private static void Row(string name, double amount, Action action, bool perElement = false)
    {
        if (!name.Contains(s_filter, StringComparison.OrdinalIgnoreCase))
            return;

        // Warm-up: past the JIT's tiers, and a count of calls that fills a sample.
        int calls = 1;
        for (long end = Stopwatch.GetTimestamp() + (Stopwatch.Frequency / 4); Stopwatch.GetTimestamp() < end;)
        {
            long start = Stopwatch.GetTimestamp();
            for (int i = 0; i < calls; i++)
                action();
            if (Stopwatch.GetElapsedTime(start) < s_sample / 2)
                calls *= 2;
        }

        var seconds = new List<double>(SamplesPerRow);
        var shares = new List<double>(SamplesPerRow);
        long allocatedBefore = 0, allocated = 0;
        for (long end = Stopwatch.GetTimestamp() + (long)(s_limit.TotalSeconds * Stopwatch.Frequency);
            seconds.Count < SamplesPerRow && (Stopwatch.GetTimestamp() < end || seconds.Count < 5);)
        {
            double peak = perElement ? 1 : FmaPeak.MeasureGFlops(TimeSpan.Zero);
            allocatedBefore = GC.GetAllocatedBytesForCurrentThread();
            long start = Stopwatch.GetTimestamp();
            for (int i = 0; i < calls; i++)
                action();
            double time = Stopwatch.GetElapsedTime(start).TotalSeconds / calls;
            allocated += GC.GetAllocatedBytesForCurrentThread() - allocatedBefore;
            seconds.Add(time);
            shares.Add(amount / time / 1e9 / peak);
        }

        double median = Median(seconds);
        string rate = perElement ? Line($"{median / amount * 1e9:F3}") : Line($"{amount / median / 1e9:F1} | {100 * Median(shares):F0}");
        Console.WriteLine(Line($"| {name} | {Time(median)} | {Time(seconds.Min())} | {rate} | {allocated / ((double)calls * seconds.Count):0.#} |"));
    }

    private static double Median(List<double> values)
    {
        values.Sort();
        return values[values.Count / 2];
    }

    private static string Time(double seconds) => seconds switch
    {
        < 1e-6 => Line($"{seconds * 1e9:F0} ns"),
        < 1e-3 => Line($"{seconds * 1e6:F2} us"),
        _ => Line($"{seconds * 1e3:F2} ms"),
    };

    private static string Line(FormattableString text) => FormattableString.Invariant(text);

    private static string Processor()
    {
        const string Key = "model name";
        string? line = File.Exists("/proc/cpuinfo") ? File.ReadLines("/proc/cpuinfo").FirstOrDefault(text => text.StartsWith(Key, StringComparison.Ordinal)) : null;
        return line is null ? RuntimeInformation.ProcessArchitecture.ToString() : line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
    }
}
