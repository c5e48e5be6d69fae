using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Backprop.Simd.Benchmarks;

/// <summary>
/// How far single steps are from the median, beside a loop in registers of equal length, which shows what the machine itself does: an interruption takes as long from either,
/// so that what the step is delayed by more often than the loop is the library's.
/// </summary>
internal static class Latency
{
    private const int Steps = 1_000_000;

    private static readonly double[] Delays = [0.5, 1, 2, 5, 10, 20, 50, 100];

    public static void Run()
    {
        bool pinned = Cores.PinHere();
        Network network = Work.Build("64-64-10");
        using var trainer = new Trainer(network, Loss.SoftmaxCrossEntropy, Optimizer.Adam(1e-4), new TrainerOptions { MaxBatchSize = 32 });
        float[] inputs = Work.Values(32 * 64);
        int[] labels = Work.Labels(32, 10);
        long[] step = new long[Steps], spin = new long[Steps];

        // A second after start, and the loop as long as a step.
        long start = Stopwatch.GetTimestamp();
        int warm = 0;
        for (; Stopwatch.GetElapsedTime(start).TotalSeconds < 1; warm++)
            trainer.Step(inputs, labels);
        double each = Stopwatch.GetElapsedTime(start).TotalSeconds / warm;
        float result = Spin(10_000_000);
        start = Stopwatch.GetTimestamp();
        result += Spin(10_000_000);
        int rounds = (int)(each / Stopwatch.GetElapsedTime(start).TotalSeconds * 10_000_000);

        bool[] switched = new bool[Steps];
        long switches = Cores.Switches();
        long allocated = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < Steps; i++)
        {
            long t0 = Stopwatch.GetTimestamp();
            trainer.Step(inputs, labels);
            long t1 = Stopwatch.GetTimestamp();
            result += Spin(rounds);
            step[i] = t1 - t0;
            spin[i] = Stopwatch.GetTimestamp() - t1;
            long now = Cores.Switches();
            switched[i] = now != switches;
            switches = now;
        }

        allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
        // Before Line sorts.
        long[] keptStep = [.. step.Where((_, i) => !switched[i])], keptSpin = [.. spin.Where((_, i) => !switched[i])];
        int lost = switched.Count(isLost => isLost);
        Console.WriteLine(FormattableString.Invariant(
            $"{Steps:N0} steps of 64-64-10, batch 32, Adam, each followed by a loop in registers; {allocated} bytes allocated; {(pinned ? "kept to one core" : "not pinned")}; {lost} times the thread lost its core meanwhile{(float.IsNaN(result) ? "!" : string.Empty)}"));
        Console.WriteLine("| | median | 99 % | 99.9 % | 99.99 % | longest | 99.9 % / median |");
        Console.WriteLine("|---|---:|---:|---:|---:|---:|---:|");
        Line("step", step);
        Line("loop in registers", spin);
        Line("step, where the thread kept its core", keptStep);
        Line("loop, where the thread kept its core", keptSpin);
        Console.WriteLine();
        Console.WriteLine("| longer than the median by more than | steps | loops | steps where the thread kept its core, of a million | such loops |");
        Console.WriteLine("|---|---:|---:|---:|---:|");
        foreach (double delay in Delays)
            Console.WriteLine(FormattableString.Invariant($"| {delay} us | {Delayed(step, delay)} | {Delayed(spin, delay)} | {PerMillion(keptStep, delay)} | {PerMillion(keptSpin, delay)} |"));
    }

    private static void Line(string name, long[] ticks)
    {
        Array.Sort(ticks);
        double At(double share) => ticks[(int)(share * (ticks.Length - 1))] * 1e6 / Stopwatch.Frequency;
        Console.WriteLine(FormattableString.Invariant(
            $"| {name} | {At(0.5):f2} us | {At(0.99):f2} us | {At(0.999):f2} us | {At(0.9999):f2} us | {At(1):f0} us | {At(0.999) / At(0.5):f2} |"));
    }

    // Of sorted times.
    private static int Delayed(long[] ticks, double microseconds)
    {
        double limit = ticks[ticks.Length / 2] + (microseconds * Stopwatch.Frequency / 1e6);
        return ticks.Count(time => time > limit);
    }

    private static int PerMillion(long[] ticks, double microseconds) => (int)Math.Round(Delayed(ticks, microseconds) * 1e6 / ticks.Length);

    // One chain: each round waits for the one before.
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static float Spin(int rounds)
    {
        float x = 0.5f;
        for (int i = 0; i < rounds; i++)
            x = MathF.FusedMultiplyAdd(x, 0.75f, 0.25f);
        return x;
    }
}
