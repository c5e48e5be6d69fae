using System.Diagnostics;
using System.Globalization;
using Microsoft.Win32.SafeHandles;

namespace Backprop.Simd.Benchmarks;

/// <summary>Ten million steps in one process: bytes allocated, collections, and resident memory after each million.</summary>
internal static class Endurance
{
    private const int Millions = 10;

    private static readonly SafeFileHandle? s_memory = OperatingSystem.IsLinux() ? File.OpenHandle("/proc/self/statm") : null;

    public static void Run()
    {
        Console.WriteLine("| 10 million steps of 4-16-3, batch 1 | ns a step | bytes allocated by the thread, by the process | collections | resident MB after each million |");
        Console.WriteLine("|---|---:|---:|---:|---|");
        Run("SGD", Optimizer.Sgd(1e-3));
        Run("Adam", Optimizer.Adam(1e-4));
    }

    private static void Run(string name, Optimizer optimizer)
    {
        Network network = Work.Build("4-16-3");
        using var trainer = new Trainer(network, Loss.SoftmaxCrossEntropy, optimizer);
        float[] inputs = Work.Values(64 * 4);
        int[] labels = Work.Labels(64, 3);
        long[] resident = new long[Millions + 1];

        // Examples change, so that the loss does not vanish. The runtime compiles in its last form what runs for a second.
        for (int i = 0; i < 10; i++)
        {
            Steps(trainer, inputs, labels, 100_000);
            Resident();
            Thread.Sleep(50);
        }

        GC.Collect();
        resident[0] = Resident();
        long allocated = 0, byProcess = 0, ticks = 0;
        int collections = Collections();
        for (int million = 1; million <= Millions; million++)
        {
            // The runtime's own threads allocate now and then, whatever the program does.
            long processBefore = GC.GetTotalAllocatedBytes(precise: true), before = GC.GetAllocatedBytesForCurrentThread(), start = Stopwatch.GetTimestamp();
            Steps(trainer, inputs, labels, 1_000_000);
            ticks += Stopwatch.GetTimestamp() - start;
            allocated += GC.GetAllocatedBytesForCurrentThread() - before;
            byProcess += GC.GetTotalAllocatedBytes(precise: true) - processBefore;
            resident[million] = Resident();
        }

        collections = Collections() - collections;
        double each = ticks * 1e9 / Stopwatch.Frequency / (Millions * 1e6);
        Console.WriteLine(FormattableString.Invariant($"| {name} | {each:f0} | {allocated}, {byProcess} | {collections} | {string.Join(", ", resident.Select(bytes => FormattableString.Invariant($"{bytes / 1048576.0:f1}")))} |"));
    }

    private static void Steps(Trainer trainer, float[] inputs, int[] labels, int steps)
    {
        for (int i = 0; i < steps; i++)
        {
            int example = i % labels.Length;
            trainer.Step(inputs.AsSpan(example * 4, 4), labels.AsSpan(example, 1));
        }
    }

    private static int Collections() => GC.CollectionCount(0) + GC.CollectionCount(1) + GC.CollectionCount(2);

    // Pages of the second number of the kernel's line, read without allocating; other systems ask the runtime.
    private static long Resident()
    {
        if (s_memory is null)
            return Environment.WorkingSet;
        Span<byte> text = stackalloc byte[128];
        int length = RandomAccess.Read(s_memory, text, 0);
        ReadOnlySpan<byte> line = text[..length];
        int first = line.IndexOf((byte)' ') + 1;
        ReadOnlySpan<byte> rest = line[first..];
        return long.Parse(rest[..rest.IndexOf((byte)' ')], CultureInfo.InvariantCulture) * Environment.SystemPageSize;
    }
}
