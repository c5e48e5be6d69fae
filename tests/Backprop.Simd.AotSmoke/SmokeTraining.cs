namespace Backprop.Simd.AotSmoke;

/// <summary>The training whose fingerprint must be the same for every width, number of threads and compiler: 64-64-10 with GELU and dropout, 200 steps of Adam.</summary>
internal static class SmokeTraining
{
    private const int Inputs = 64, Classes = 10, BatchSize = 32, Examples = 320, Steps = 200;

    public static string Fingerprint(int threads)
    {
        Network network = new NetworkBuilder(Inputs).Dense(64, Activation.GELU).Dropout(0.1).Dense(Classes).Build(seed: 42);
        using var workers = new WorkerPool(threads);
        using var trainer = new Trainer(network, Loss.SoftmaxCrossEntropy, Optimizer.Adam(1e-3),
            new TrainerOptions { MaxBatchSize = BatchSize, Workers = workers, Seed = 7 });
        (float[] inputs, int[] labels) = Data();
        float first = 0, last = 0;
        for (int step = 0; step < Steps; step++)
        {
            int start = step * BatchSize % Examples;
            last = trainer.Step(inputs.AsSpan(start * Inputs, BatchSize * Inputs), labels.AsSpan(start, BatchSize));
            first = step == 0 ? last : first;
        }

        // A fingerprint of a training that went nowhere would prove little.
        if (!(last < first / 2))
            throw new InvalidOperationException($"The loss went from {first} to {last} only.");
        return network.Fingerprint();
    }

    /// <summary>Each class is a pattern, each example its pattern and noise, all from a linear congruential generator: integers alone, so the same everywhere.</summary>
    private static (float[] Inputs, int[] Labels) Data()
    {
        uint state = 1;
        float Next()
        {
            state = unchecked((state * 1664525) + 1013904223);
            return ((int)(state >> 8) - (1 << 23)) * (1f / (1 << 23));
        }

        float[] patterns = new float[Classes * Inputs], inputs = new float[Examples * Inputs];
        int[] labels = new int[Examples];
        for (int i = 0; i < patterns.Length; i++)
            patterns[i] = Next();
        for (int example = 0; example < Examples; example++)
        {
            labels[example] = example % Classes;
            for (int j = 0; j < Inputs; j++)
                inputs[(example * Inputs) + j] = patterns[(labels[example] * Inputs) + j] + (0.5f * Next());
        }

        return (inputs, labels);
    }
}
