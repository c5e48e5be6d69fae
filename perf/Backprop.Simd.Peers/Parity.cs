using System.Globalization;
using static TorchSharp.torch;

namespace Backprop.Simd.Peers;

/// <summary>The same weights and batches to PyTorch and to us: loss, gradients, and parameters after 50 steps.</summary>
internal static class Parity
{
    private const int Inputs = 7;
    private const int Hidden = 9;
    private const int Outputs = 4;
    private const int Rows = 6;

    private static readonly (string Name, Activation Ours, Func<nn.Module<Tensor, Tensor>> Theirs)[] s_activations =
    [
        ("ReLU", Activation.ReLU, () => nn.ReLU()), ("LeakyReLU", Activation.LeakyReLU(), () => nn.LeakyReLU(0.01)), ("ELU", Activation.ELU(), () => nn.ELU(1.0)),
        ("Softplus", Activation.Softplus, () => nn.Softplus()), ("Sigmoid", Activation.Sigmoid, () => nn.Sigmoid()), ("Tanh", Activation.Tanh, () => nn.Tanh()),
        ("GELU", Activation.GELU, () => nn.GELU()), ("SiLU", Activation.SiLU, () => nn.SiLU()), ("HardSwish", Activation.HardSwish, () => nn.Hardswish()),
    ];

    private static readonly (string Name, Loss Ours, Func<Tensor, Tensor, Tensor> Theirs)[] s_losses =
    [
        ("MSE", Loss.MeanSquaredError, (y, t) => nn.functional.mse_loss(y, t)), ("MAE", Loss.MeanAbsoluteError, (y, t) => nn.functional.l1_loss(y, t)),
        ("Huber", Loss.Huber(0.5), (y, t) => nn.functional.huber_loss(y, t, delta: 0.5)), ("BCE", Loss.BinaryCrossEntropyWithLogits, (y, t) => nn.functional.binary_cross_entropy_with_logits(y, t)),
        ("CE", Loss.SoftmaxCrossEntropy, (y, t) => nn.functional.cross_entropy(y, t)),
    ];

    private static readonly (string Name, Optimizer Ours, Func<IEnumerable<TorchSharp.Modules.Parameter>, optim.Optimizer> Theirs, double Limit)[] s_optimizers =
    [
        ("SGD", Optimizer.Sgd(0.05), p => optim.SGD(p, 0.05), 1e-5), ("SGD momentum", Optimizer.Sgd(0.05, 0.9, weightDecay: 1e-3), p => optim.SGD(p, 0.05, momentum: 0.9, weight_decay: 1e-3), 1e-5),
        ("SGD Nesterov", Optimizer.Sgd(0.05, 0.9, nesterov: true), p => optim.SGD(p, 0.05, momentum: 0.9, nesterov: true), 1e-5),
        ("Adam", Optimizer.Adam(), p => optim.Adam(p, lr: 1e-3), 1e-4), ("Adam decay", Optimizer.Adam(weightDecay: 1e-2), p => optim.Adam(p, lr: 1e-3, weight_decay: 1e-2), 1e-4),
        ("AdamW", Optimizer.AdamW(), p => optim.AdamW(p, lr: 1e-3, weight_decay: 1e-2), 1e-4), ("RMSprop", Optimizer.RMSprop(), p => optim.RMSProp(p, lr: 1e-2, alpha: 0.99), 1e-4),
        ("RMSprop momentum", Optimizer.RMSprop(momentum: 0.9), p => optim.RMSProp(p, lr: 1e-2, alpha: 0.99, momentum: 0.9), 1e-4),
    ];

    /// <summary>PyTorch's results as bits, for a test that runs without it.</summary>
    public static List<string> Golden { get; } = [];

    public static int Run(List<string> markdown)
    {
        bool good = true;
        markdown.Add("| activation | " + string.Join(" | ", s_losses.Select(loss => loss.Name)) + " |");
        markdown.Add("|---|---|---|---|---|---|");
        foreach ((string name, Activation ours, Func<nn.Module<Tensor, Tensor>> theirs) in s_activations)
        {
            var cells = new List<string>();
            foreach ((string lossName, Loss loss, Func<Tensor, Tensor, Tensor> torchLoss) in s_losses)
            {
                double difference = Gradients($"{name};{lossName}", ours, theirs, loss, torchLoss);
                good &= difference <= 1e-5;
                cells.Add(difference.ToString("e1", CultureInfo.InvariantCulture));
            }

            markdown.Add($"| {name} | {string.Join(" | ", cells)} |");
        }

        markdown.Add("");
        markdown.Add("| optimizer, 50 steps | largest difference of a parameter / largest parameter | limit |");
        markdown.Add("|---|---|---|");
        foreach ((string name, Optimizer ours, Func<IEnumerable<TorchSharp.Modules.Parameter>, optim.Optimizer> theirs, double limit) in s_optimizers)
        {
            double difference = Steps(name, ours, theirs);
            good &= difference <= limit;
            markdown.Add(string.Create(CultureInfo.InvariantCulture, $"| {name} | {difference:e1} | {limit:e0} |"));
        }

        foreach (string line in markdown)
            Console.WriteLine(line);
        Console.WriteLine(good ? "parity holds" : "PARITY BROKEN");
        return good ? 0 : 1;
    }

    private static double Gradients(string name, Activation activation, Func<nn.Module<Tensor, Tensor>> torchActivation, Loss loss, Func<Tensor, Tensor, Tensor> torchLoss)
    {
        using IDisposable scope = NewDisposeScope();
        Network network = new NetworkBuilder(Inputs).Dense(Hidden, activation).Dense(Outputs).Build(11);
        nn.Module<Tensor, Tensor> model = Twin(network, torchActivation());
        float[] x = Numbers(Rows * Inputs, 1, -2, 2), t = Numbers(Rows * Outputs, 2, 0, 1);
        if (loss.TakesLabels)
            Normalize(t);
        Tensor torchValue = torchLoss(model.forward(tensor(x, Rows, Inputs)), tensor(t, Rows, Outputs));
        torchValue.backward();
        float[] theirs = Flat(model, gradients: true);
        Golden.Add($"gradient;{name};{Bits([torchValue.item<float>()])};{Bits(theirs)}");

        // Step clears the gradients; a huge rate leaves them in the parameters, rounded once.
        const float Rate = 1 << 20;
        float[] before = network.Parameters.ToArray(), ours = new float[before.Length];
        using var trainer = new Trainer(network, loss, Optimizer.Sgd(Rate), new TrainerOptions { MaxBatchSize = Rows });
        float value = trainer.Step(x, t);
        for (int i = 0; i < ours.Length; i++)
            ours[i] = (float)(((double)before[i] - network.Parameters[i]) / Rate);
        double difference = Math.Abs(value - torchValue.item<float>()) / Math.Abs(torchValue.item<float>());
        return Math.Max(difference, Distance(ours, theirs));
    }

    private static double Steps(string name, Optimizer optimizer, Func<IEnumerable<TorchSharp.Modules.Parameter>, optim.Optimizer> torchOptimizer)
    {
        using IDisposable scope = NewDisposeScope();
        Network network = new NetworkBuilder(Inputs).Dense(Hidden, Activation.Tanh).Dense(Outputs).Build(12);
        nn.Module<Tensor, Tensor> model = Twin(network, nn.Tanh());
        optim.Optimizer theirs = torchOptimizer(model.parameters());
        using var trainer = new Trainer(network, Loss.MeanSquaredError, optimizer, new TrainerOptions { MaxBatchSize = Rows });
        for (int step = 0; step < 50; step++)
        {
            float[] x = Numbers(Rows * Inputs, 100 + step, -2, 2), t = Numbers(Rows * Outputs, 200 + step, 0, 1);
            trainer.Step(x, t);
            theirs.zero_grad();
            nn.functional.mse_loss(model.forward(tensor(x, Rows, Inputs)), tensor(t, Rows, Outputs)).backward();
            theirs.step();
        }

        float[] result = Flat(model, gradients: false);
        Golden.Add($"steps;{name};{Bits(result)}");
        return Distance(network.Parameters, result);
    }

    private static nn.Module<Tensor, Tensor> Twin(Network network, nn.Module<Tensor, Tensor> activation)
    {
        var first = nn.Linear(Inputs, Hidden);
        var second = nn.Linear(Hidden, Outputs);
        using (no_grad())
        {
            first.weight!.copy_(tensor(network.Layers[0].Weights.ToArray(), Inputs, Hidden).t());
            first.bias!.copy_(tensor(network.Layers[0].Bias.ToArray()));
            second.weight!.copy_(tensor(network.Layers[1].Weights.ToArray(), Hidden, Outputs).t());
            second.bias!.copy_(tensor(network.Layers[1].Bias.ToArray()));
        }

        return nn.Sequential(("0", first), ("1", activation), ("2", second));
    }

    private static float[] Flat(nn.Module<Tensor, Tensor> model, bool gradients)
    {
        var flat = new List<float>();
        foreach (TorchSharp.Modules.Parameter parameter in model.parameters())
        {
            Tensor values = gradients ? parameter.grad! : parameter;
            flat.AddRange((values.dim() == 2 ? values.t().contiguous() : values).detach().data<float>().ToArray());
        }

        return [.. flat];
    }

    private static double Distance(ReadOnlySpan<float> ours, float[] theirs)
    {
        double largest = 0, difference = 0;
        for (int i = 0; i < theirs.Length; i++)
        {
            largest = Math.Max(largest, Math.Abs(theirs[i]));
            difference = Math.Max(difference, Math.Abs((double)ours[i] - theirs[i]));
        }

        return difference / largest;
    }

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

    private static string Bits(float[] values) => string.Join(' ', values.Select(value => BitConverter.SingleToInt32Bits(value).ToString("x8", CultureInfo.InvariantCulture)));

    /// <summary>The same numbers in the test that reads the golden values.</summary>
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
