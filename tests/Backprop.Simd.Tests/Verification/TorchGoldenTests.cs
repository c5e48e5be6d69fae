using System.Globalization;
using Xunit;

namespace Backprop.Simd.Tests;

/// <summary>Losses, gradients and trained parameters that PyTorch 2.10 computed from the same numbers (perf/Backprop.Simd.Peers, "parity --golden").</summary>
public sealed class TorchGoldenTests
{
    private const int Inputs = 7;
    private const int Hidden = 9;
    private const int Outputs = 4;
    private const int Rows = 6;

    private static readonly Dictionary<string, Activation> s_activations = new()
    {
        ["ReLU"] = Activation.ReLU,
        ["LeakyReLU"] = Activation.LeakyReLU(),
        ["ELU"] = Activation.ELU(),
        ["Softplus"] = Activation.Softplus,
        ["Sigmoid"] = Activation.Sigmoid,
        ["Tanh"] = Activation.Tanh,
        ["GELU"] = Activation.GELU,
        ["SiLU"] = Activation.SiLU,
        ["HardSwish"] = Activation.HardSwish,
    };

    private static readonly Dictionary<string, Loss> s_losses = new()
    {
        ["MSE"] = Loss.MeanSquaredError,
        ["MAE"] = Loss.MeanAbsoluteError,
        ["Huber"] = Loss.Huber(0.5),
        ["BCE"] = Loss.BinaryCrossEntropyWithLogits,
        ["CE"] = Loss.SoftmaxCrossEntropy,
    };

    private static readonly Dictionary<string, (Optimizer Optimizer, double Limit)> s_optimizers = new()
    {
        ["SGD"] = (Optimizer.Sgd(0.05), 1e-5),
        ["SGD momentum"] = (Optimizer.Sgd(0.05, 0.9, weightDecay: 1e-3), 1e-5),
        ["SGD Nesterov"] = (Optimizer.Sgd(0.05, 0.9, nesterov: true), 1e-5),
        ["Adam"] = (Optimizer.Adam(), 1e-4),
        ["Adam decay"] = (Optimizer.Adam(weightDecay: 1e-2), 1e-4),
        ["AdamW"] = (Optimizer.AdamW(), 1e-4),
        ["RMSprop"] = (Optimizer.RMSprop(), 1e-4),
        ["RMSprop momentum"] = (Optimizer.RMSprop(momentum: 0.9), 1e-4),
    };

    public static TheoryData<string, string> Pairs
    {
        get
        {
            var pairs = new TheoryData<string, string>();
            foreach (string activation in s_activations.Keys)
            {
                foreach (string loss in s_losses.Keys)
                    pairs.Add(activation, loss);
            }

            return pairs;
        }
    }

    public static TheoryData<string> Optimizers => new(s_optimizers.Keys);

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Loss_and_gradients_agree_with_PyTorch(string activation, string loss)
    {
        string[] golden = Find($"gradient;{activation};{loss};");
        float[] x = Numbers(Rows * Inputs, 1, -2, 2), t = Numbers(Rows * Outputs, 2, 0, 1);
        if (s_losses[loss].TakesLabels)
            Normalize(t);
        Network network = new NetworkBuilder(Inputs).Dense(Hidden, s_activations[activation]).Dense(Outputs).Build(11);
        float[] before = network.Parameters.ToArray();

        // Step clears the gradients; a huge rate leaves them in the parameters, rounded once.
        const float Rate = 1 << 20;
        using var trainer = new Trainer(network, s_losses[loss], Optimizer.Sgd(Rate), new TrainerOptions { MaxBatchSize = Rows });
        float value = trainer.Step(x, t);
        float expected = Floats(golden[0])[0];
        Assert.Equal(1, value / (double)expected, 1e-5);
        float[] gradients = new float[before.Length];
        for (int i = 0; i < gradients.Length; i++)
            gradients[i] = (float)(((double)before[i] - network.Parameters[i]) / Rate);
        AssertClose(gradients, Floats(golden[1]), 1e-5);
    }

    [Theory]
    [MemberData(nameof(Optimizers))]
    public void Fifty_steps_agree_with_PyTorch(string optimizer)
    {
        Network network = new NetworkBuilder(Inputs).Dense(Hidden, Activation.Tanh).Dense(Outputs).Build(12);
        using var trainer = new Trainer(network, Loss.MeanSquaredError, s_optimizers[optimizer].Optimizer, new TrainerOptions { MaxBatchSize = Rows });
        for (int step = 0; step < 50; step++)
            trainer.Step(Numbers(Rows * Inputs, 100 + step, -2, 2), Numbers(Rows * Outputs, 200 + step, 0, 1));
        AssertClose(network.Parameters, Floats(Find($"steps;{optimizer};")[0]), s_optimizers[optimizer].Limit);
    }

    private static void AssertClose(ReadOnlySpan<float> ours, float[] theirs, double limit)
    {
        Assert.Equal(theirs.Length, ours.Length);
        double largest = theirs.Max(value => Math.Abs((double)value));
        for (int i = 0; i < theirs.Length; i++)
            Assert.True(Math.Abs((double)ours[i] - theirs[i]) <= limit * largest, $"at {i}: {ours[i]}, PyTorch {theirs[i]}");
    }

    private static string[] Find(string start)
    {
        using Stream stream = typeof(TorchGoldenTests).Assembly.GetManifestResourceStream("torch-golden.txt")!;
        using var reader = new StreamReader(stream);
        while (reader.ReadLine() is { } line)
        {
            if (line.StartsWith(start, StringComparison.Ordinal))
                return line[start.Length..].Split(';');
        }

        throw new InvalidDataException($"torch-golden.txt has no line {start}");
    }

    private static float[] Floats(string bits) =>
        [.. bits.Split(' ').Select(word => BitConverter.Int32BitsToSingle(int.Parse(word, NumberStyles.HexNumber, CultureInfo.InvariantCulture)))];

    private static void Normalize(float[] t)
    {
        for (int row = 0; row < Rows; row++)
        {
            float sum = 0;
            for (int j = 0; j < Outputs; j++)
                sum += t[(row * Outputs) + j];
            for (int j = 0; j < Outputs; j++)
                t[(row * Outputs) + j] /= sum;
        }
    }

    private static float[] Numbers(int count, int seed, float low, float high)
    {
        float[] values = new float[count];
        for (int i = 0; i < count; i++)
        {
            uint x = unchecked(((uint)seed * 0x9E3779B9) + (uint)i);
            x = unchecked((x ^ (x >> 16)) * 0x21F0AAAD);
            x = unchecked((x ^ (x >> 15)) * 0x735A2D97);
            values[i] = low + ((high - low) * ((x ^ (x >> 15)) >> 8) * (1f / (1 << 24)));
        }

        return values;
    }
}
