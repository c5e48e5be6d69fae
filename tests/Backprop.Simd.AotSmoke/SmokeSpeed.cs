using System.Diagnostics;

namespace Backprop.Simd.AotSmoke;

/// <summary>Microseconds of training steps: .ci/run compares builds for different instruction sets on one machine.</summary>
internal static class SmokeSpeed
{
    private const int Batch = 32, Samples = 15;

    public static void Print()
    {
        foreach (int[] sizes in (int[][])[[64, 64, 10], [784, 128, 10], [256, 512, 512, 10]])
            Console.WriteLine(FormattableString.Invariant($"speed {string.Join('-', sizes)}: {Measure(sizes):f2} us"));
    }

    /// <summary>The fastest of some samples: what disturbs a run only makes it slower.</summary>
    private static double Measure(int[] sizes)
    {
        var builder = new NetworkBuilder(sizes[0]);
        for (int i = 1; i < sizes.Length; i++)
            builder.Dense(sizes[i], i == sizes.Length - 1 ? Activation.Identity : Activation.GELU);
        Network network = builder.Build(seed: 1);
        using var trainer = new Trainer(network, Loss.SoftmaxCrossEntropy, Optimizer.Adam(1e-5), new TrainerOptions { MaxBatchSize = Batch });
        float[] inputs = new float[Batch * sizes[0]];
        for (int i = 0; i < inputs.Length; i++)
            inputs[i] = ((i * 37) % 101 / 50f) - 1;
        int[] labels = new int[Batch];
        double fastest = double.MaxValue;
        for (int sample = 0; sample < Samples; sample++)
        {
            int steps = 0;
            long start = Stopwatch.GetTimestamp();
            do
            {
                trainer.Step(inputs, labels);
                steps++;
            }
            while (Stopwatch.GetElapsedTime(start).TotalMilliseconds < 30);
            fastest = Math.Min(fastest, Stopwatch.GetElapsedTime(start).TotalMicroseconds / steps);
        }

        return fastest;
    }
}
