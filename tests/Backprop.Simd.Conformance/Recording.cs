using System.Runtime.InteropServices;

namespace Backprop.Simd.Conformance;

/// <summary>Trains a case and notes digests of each step in the order in which they arise, so that the first that differs names the place.</summary>
internal static class Recording
{
    /// <summary>
    /// One line per step, "case; step; part=digest, part=digest, ...": each layer's outputs before the step, the loss, from the last layer to the first the parameters
    /// after the update (their gradients arise in this order), the input gradient, the outputs after it, and the network's fingerprint.
    /// </summary>
    public static List<string> Of(Case subject, WorkerPool? workers) =>
        Of(subject, subject.Describe(new NetworkBuilder(subject.Inputs)).Build(seed: 1), workers);

    /// <summary>The same on a network that is there already.</summary>
    public static List<string> Of(Case subject, Network network, WorkerPool? workers)
    {
        using var trainer = new Trainer(network, subject.Loss, subject.Optimizer,
            new TrainerOptions { MaxBatchSize = 130, Seed = 5, InputGradient = true, Workers = workers });
        using Predictor predictor = network.CreatePredictor(130, workers);
        Network[] beginnings = [.. Enumerable.Range(1, network.Blocks.Length).Where(count => network.Blocks[count - 1].ParameterCount > 0)
            .Select(count => new Network(network.Blocks[..count]))];
        var lines = new List<string>();
        uint counter = 0;
        for (int step = 0; step < subject.Batches.Length; step++)
        {
            int rows = subject.Batches[step];
            float[] inputs = Numbers(rows * network.InputSize, ref counter);
            var parts = new List<string>();
            for (int i = 0; i < beginnings.Length; i++)
                parts.Add($"layer {i} outputs={Digest(Outputs(beginnings[i], network, inputs, workers))}");
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

            parts.Add($"loss={Digest([loss])}");
            for (int i = network.Layers.Count - 1; i >= 0; i--)
            {
                parts.Add($"layer {i} weights={Digest(network.Layers[i].Weights)}");
                parts.Add($"layer {i} bias={Digest(network.Layers[i].Bias)}");
            }

            parts.Add($"dx={Digest(trainer.InputGradient)}");
            parts.Add($"outputs={Digest(predictor.Predict(inputs))}");
            parts.Add($"network={network.Fingerprint()[..8]}");
            lines.Add($"{subject.Name}; {step}; {string.Join(", ", parts)}");
        }

        return lines;
    }

    // What the first layers of the network give with its present parameters.
    private static float[] Outputs(Network beginning, Network network, float[] inputs, WorkerPool? workers)
    {
        network.Parameters[..beginning.ParameterCount].CopyTo(beginning.Parameters);
        network.Statistics[..beginning.Statistics.Length].CopyTo(beginning.Statistics);
        using Predictor predictor = beginning.CreatePredictor(inputs.Length / network.InputSize, workers);
        return predictor.Predict(inputs).ToArray();
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
