using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Backprop.Simd.Benchmarks;

/// <summary>How far single steps are from the median, beside a loop in registers of equal length, which shows what the machine itself does.</summary>
internal static class Latency
{
    private const int Steps = 1_000_000;

    public static void Run()
    {
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

        long allocated = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < Steps; i++)
        {
            long t0 = Stopwatch.GetTimestamp();
            trainer.Step(inputs, labels);
            long t1 = Stopwatch.GetTimestamp();
            result += Spin(rounds);
            step[i] = t1 - t0;
            spin[i] = Stopwatch.GetTimestamp() - t1;
        }

        allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
        Console.WriteLine($"{Steps:N0} steps of 64-64-10, batch 32, Adam, each followed by a loop in registers; {allocated} bytes allocated{(float.IsNaN(result) ? "!" : string.Empty)}");
        Console.WriteLine("| | median | 99 % | 99.9 % | 99.99 % | longest | 99.9 % / median |");
        Console.WriteLine("|---|---:|---:|---:|---:|---:|---:|");
        Line("step", step);
        Line("loop in registers", spin);
    }

    private static void Line(string name, long[] ticks)
    {
        Array.Sort(ticks);
        double At(double share) => ticks[(int)(share * (ticks.Length - 1))] * 1e6 / Stopwatch.Frequency;
        Console.WriteLine(FormattableString.Invariant(
            $"| {name} | {At(0.5):f2} us | {At(0.99):f2} us | {At(0.999):f2} us | {At(0.9999):f2} us | {At(1):f0} us | {At(0.999) / At(0.5):f2} |"));
    }

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
