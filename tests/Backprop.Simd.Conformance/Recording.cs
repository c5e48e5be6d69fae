using System.Runtime.InteropServices;

namespace Backprop.Simd.Conformance;

/// <summary>Trains a case and notes a digest of everything after each step: loss, outputs, input gradient, and each layer's parameters.</summary>
internal static class Recording
{
    /// <summary>One line per step: "case; step; part=digest part=digest ...".</summary>
    public static List<string> Of(Case subject, WorkerPool? workers) =>
        Of(subject, subject.Describe(new NetworkBuilder(subject.Inputs)).Build(seed: 1), workers);

    /// <summary>The same on a network that is there already.</summary>
    public static List<string> Of(Case subject, Network network, WorkerPool? workers)
    {
        using var trainer = new Trainer(network, subject.Loss, subject.Optimizer,
            new TrainerOptions { MaxBatchSize = 130, Seed = 5, InputGradient = true, Workers = workers });
        using Predictor predictor = network.CreatePredictor(130, workers);
        var lines = new List<string>();
        uint counter = 0;
        for (int step = 0; step < subject.Batches.Length; step++)
        {
            int rows = subject.Batches[step];
            float[] inputs = Numbers(rows * network.InputSize, ref counter);
            float loss;
            if (subject.Loss.TakesLabels)
            {
                int[] labels = new int[rows];
                for (int i = 0; i < rows; i++)
                    labels[i] = (int)(Hash(counter++) % (uint)network.OutputSize);
                loss = trainer.Step(inputs, labels);
            }
            else
            {
                float[] targets = Numbers(rows * network.OutputSize, ref counter);
                for (int i = 0; i < targets.Length; i++)
                    targets[i] = (0.5f * targets[i]) + 0.5f;
                loss = trainer.Step(inputs, targets);
            }

            var parts = new List<string> { $"loss={Digest([loss])}", $"dx={Digest(trainer.InputGradient)}" };
            for (int i = 0; i < network.Layers.Count; i++)
            {
                parts.Add($"layer {i} weights={Digest(network.Layers[i].Weights)}");
                parts.Add($"layer {i} bias={Digest(network.Layers[i].Bias)}");
            }

            parts.Add($"outputs={Digest(predictor.Predict(inputs))}");
            parts.Add($"network={network.Fingerprint()[..8]}");
            lines.Add($"{subject.Name}; {step}; {string.Join(", ", parts)}");
        }

        return lines;
    }

    /// <summary>FNV-1a over the bits; every NaN counts as one.</summary>
    private static string Digest(ReadOnlySpan<float> values)
    {
        uint hash = 2166136261;
        foreach (uint bits in MemoryMarshal.Cast<float, uint>(values))
        {
            uint word = (bits & 0x7FFF_FFFF) > 0x7F80_0000 ? 0x7FC0_0000 : bits;
            for (int shift = 0; shift < 32; shift += 8)
                hash = unchecked((hash ^ ((word >> shift) & 0xFF)) * 16777619);
        }

        return hash.ToString("x8", System.Globalization.CultureInfo.InvariantCulture);
    }

    /// <summary>Multiples of 2^-23 in [-1, 1).</summary>
    private static float[] Numbers(int count, ref uint counter)
    {
        float[] values = new float[count];
        for (int i = 0; i < count; i++)
            values[i] = ((int)(Hash(counter++) >> 8) - (1 << 23)) * (1f / (1 << 23));
        return values;
    }

    private static uint Hash(uint x)
    {
        unchecked
        {
            x += 0x9E3779B9;
            x = (x ^ (x >> 16)) * 0x21F0AAAD;
            x = (x ^ (x >> 15)) * 0x735A2D97;
            return x ^ (x >> 15);
        }
    }
}
