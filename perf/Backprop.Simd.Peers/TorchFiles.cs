using TorchSharp.PyBridge;
using static TorchSharp.torch;

namespace Backprop.Simd.Peers;

/// <summary>safetensors files exchanged with TorchSharp, through the reader and writer of TorchSharp.PyBridge.</summary>
internal static class TorchFiles
{
    private const int Inputs = 5;
    private const int Outputs = 2;
    private const int Rows = 7;

    /// <summary>Both directions; the first file and its expected outputs are what ForeignFileTests stores.</summary>
    public static int Run(string folder)
    {
        Directory.CreateDirectory(folder);
        string theirs = Path.Combine(folder, "torch.safetensors"), ours = Path.Combine(folder, "ours.safetensors");
        float[] inputs = [.. Enumerable.Range(0, Rows * Inputs).Select(i => ((i * 37 % 101) - 50) / 32f)];

        random.manual_seed(1);
        using var module = Describe();
        using (var step = optim.Adam(module.parameters(), lr: 0.05))
        {
            module.train();
            for (int i = 0; i < 20; i++)
            {
                step.zero_grad();
                using Tensor loss = module.forward(randn(16, Inputs)).square().mean();
                loss.backward();
                step.step();
            }
        }

        float[] expected = Forward(module, inputs);
        module.save_safetensors(theirs);
        Console.WriteLine($"float[] expected = [{string.Join(", ", expected.Select(value => FormattableString.Invariant($"{value:R}f")))}];");
        Console.WriteLine(Convert.ToBase64String(File.ReadAllBytes(theirs)));
        Network network = Builder().Build(seed: 2);
        network.LoadParameters(theirs);
        double read = Difference(expected, Forward(network, inputs));

        Network other = Builder().Build(seed: 3);
        using (var trainer = new Trainer(other, Loss.MeanSquaredError, Optimizer.Adam(0.05)))
        {
            for (int i = 0; i < 20; i++)
                trainer.Step(inputs, new float[Rows * Outputs]);
        }

        other.Save(ours);
        using var loaded = Describe();
        loaded.load_safetensors(ours, strict: true);
        double written = Difference(Forward(other, inputs), Forward(loaded, inputs));
        Console.WriteLine(FormattableString.Invariant($"largest difference over the largest output: TorchSharp's file read here {read:E2}, our file read there {written:E2}"));
        return read < 1e-6 && written < 1e-6 ? 0 : 1;
    }

    private static NetworkBuilder Builder() =>
        new NetworkBuilder(Inputs).Dense(4, Activation.ReLU).Dropout(0.25).LayerNorm().Dense(3, Activation.Tanh).BatchNorm().Dense(Outputs);

    private static nn.Module<Tensor, Tensor> Describe() => nn.Sequential(
        nn.Linear(Inputs, 4), nn.ReLU(), nn.Dropout(0.25), nn.LayerNorm(4), nn.Linear(4, 3), nn.Tanh(), nn.BatchNorm1d(3), nn.Linear(3, Outputs));

    private static float[] Forward(nn.Module<Tensor, Tensor> module, float[] inputs)
    {
        module.eval();
        using var scope = NewDisposeScope();
        return [.. module.forward(tensor(inputs, [Rows, Inputs])).data<float>()];
    }

    private static float[] Forward(Network network, float[] inputs)
    {
        using Predictor predictor = network.CreatePredictor(Rows);
        return predictor.Predict(inputs).ToArray();
    }

    private static double Difference(float[] left, float[] right) =>
        left.Zip(right, (a, b) => Math.Abs((double)a - b)).Max() / left.Max(value => Math.Abs((double)value));
}
