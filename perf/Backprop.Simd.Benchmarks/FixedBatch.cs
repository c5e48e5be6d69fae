using System.Diagnostics;

namespace Backprop.Simd.Benchmarks;

/// <summary>50,000 steps on one batch, far past convergence: what underflows would slow the last thousand.</summary>
internal static class FixedBatch
{
    private const int Thousands = 50;

    public static void Run()
    {
        Console.WriteLine("| 50,000 steps of 64-64-10 on one batch of 32 | first 1,000, us a step | last 1,000 | last / first | slowest 1,000 (which) | final loss | denormal parameters, logits, gradients |");
        Console.WriteLine("|---|---:|---:|---:|---|---:|---|");
        (string, Func<Optimizer>)[] optimizers =
        [
            ("SGD 0.1", () => Optimizer.Sgd(0.1)), ("SGD 0.05, momentum 0.9", () => Optimizer.Sgd(0.05, momentum: 0.9)), ("Adam 1e-3", () => Optimizer.Adam(1e-3)),
            ("AdamW 1e-3", () => Optimizer.AdamW(1e-3)), ("RMSprop 1e-3", () => Optimizer.RMSprop(1e-3)),
        ];
        foreach ((string name, Func<Optimizer> make) in optimizers)
            Row(name, make());
    }

    private static void Row(string name, Optimizer optimizer)
    {
        float[] inputs = Work.Values(32 * 64);
        int[] labels = Work.Labels(32, 10);

        // Another trainer first: the first thousand must not pay for compilation.
        using (Trainer other = Make(Work.Build("64-64-10"), optimizer))
        {
            for (int round = 0; round < 5; round++)
            {
                Time(other, inputs, labels);
                Thread.Sleep(100);
            }
        }

        Network network = Work.Build("64-64-10");
        using Trainer trainer = Make(network, optimizer);
        double[] thousands = new double[Thousands];
        float loss = 0;
        for (int i = 0; i < Thousands; i++)
            (thousands[i], loss) = Time(trainer, inputs, labels);
        int slowest = Array.IndexOf(thousands, thousands.Max());
        Console.WriteLine(FormattableString.Invariant(
            $"| {name} | {thousands[0]:f2} | {thousands[^1]:f2} | {thousands[^1] / thousands[0]:f2} | {thousands[slowest]:f2} ({slowest + 1}) | {loss:g3} | {Found(trainer, network, inputs, labels)} |"));
    }

    private static Trainer Make(Network network, Optimizer optimizer) => new(network, Loss.SoftmaxCrossEntropy, optimizer, new TrainerOptions { MaxBatchSize = 32 });

    // Mean microseconds, and the last loss.
    private static (double Time, float Loss) Time(Trainer trainer, float[] inputs, int[] labels)
    {
        float loss = 0;
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < 1000; i++)
            loss = trainer.Step(inputs, labels);
        return (Stopwatch.GetElapsedTime(start).TotalMicroseconds / 1000, loss);
    }

    private static string Found(Trainer trainer, Network network, float[] inputs, int[] labels)
    {
        float[] logits = trainer.Forward(inputs).ToArray(), gradient = new float[logits.Length];
        for (int row = 0; row < labels.Length; row++)
        {
            Span<float> z = logits.AsSpan(row * 10, 10), d = gradient.AsSpan(row * 10, 10);
            Kernels.Softmax.Forward(z, 10, d);
            d[labels[row]] -= 1;
            for (int i = 0; i < d.Length; i++)
                d[i] /= labels.Length;
        }

        trainer.Backward(gradient);
        return $"{Denormals(network.Parameters)}, {Denormals(logits)}, {Denormals(trainer.Gradients)}";
    }

    private static int Denormals(ReadOnlySpan<float> values)
    {
        int count = 0;
        foreach (float value in values)
            count += float.IsSubnormal(value) ? 1 : 0;
        return count;
    }
}
