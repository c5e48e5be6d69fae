using System.Diagnostics;
using System.Runtime.CompilerServices;
using Backprop.Simd.Internal.Memory;

namespace Backprop.Simd.Benchmarks;

/// <summary>Where denormals arise in 50,000 steps on one batch: counted in the trainer's own memory after every thousand steps.</summary>
internal static class Denormals
{
    private const int Thousands = 50;

    public static void Run()
    {
        Console.WriteLine("| 50,000 steps on one batch | last / first 1,000 | most denormals in: parameters | optimizer state | gradients | activations and travelling gradients |");
        Console.WriteLine("|---|---:|---:|---:|---:|---:|");
        foreach (int rows in new[] { 32, 1 })
        {
            Row(rows, "SGD 0.1", Optimizer.Sgd(0.1));
            Row(rows, "SGD 0.05, momentum 0.9", Optimizer.Sgd(0.05, momentum: 0.9));
            Row(rows, "Adam 1e-3", Optimizer.Adam(1e-3));
            Row(rows, "RMSprop 1e-3", Optimizer.RMSprop(1e-3));
        }
    }

    private static void Row(int rows, string name, Optimizer optimizer)
    {
        float[] inputs = Work.Values(rows * 64);
        int[] labels = Work.Labels(rows, 10);
        Network network = Work.Build("64-64-10");
        using var trainer = new Trainer(network, Loss.SoftmaxCrossEntropy, optimizer, new TrainerOptions { MaxBatchSize = rows });
        int[] most = new int[4];
        double first = 0, last = 0;
        for (int i = 0; i < Thousands; i++)
        {
            long start = Stopwatch.GetTimestamp();
            for (int step = 0; step < 1000; step++)
                trainer.Step(inputs, labels);
            last = Stopwatch.GetElapsedTime(start).TotalMicroseconds;

            // The very first thousand run partly in unoptimised code.
            if (i == 1)
                first = last;
            Span<float> workspace = Buffer(Workspace(trainer))!.Span;
            most[0] = Math.Max(most[0], Count(network.Parameters));
            most[1] = Math.Max(most[1], Count(States(trainer).Span));
            most[2] = Math.Max(most[2], Count(Gradients(trainer).Span));
            most[3] = Math.Max(most[3], Count(workspace));
        }

        Console.WriteLine(FormattableString.Invariant($"| 64-64-10, batch {rows}, {name} | {last / first:f2} | {most[0]} | {most[1]} | {most[2]} | {most[3]} |"));
    }

    private static int Count(ReadOnlySpan<float> values)
    {
        int count = 0;
        foreach (float value in values)
            count += float.IsSubnormal(value) ? 1 : 0;
        return count;
    }

    // The public properties would change how the trainer works.
    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_states")]
    private static extern ref AlignedBuffer States(Trainer trainer);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_gradients")]
    private static extern ref AlignedBuffer Gradients(Trainer trainer);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_workspace")]
    private static extern ref Workspace Workspace(Trainer trainer);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_buffer")]
    private static extern ref AlignedBuffer? Buffer(Workspace workspace);
}
