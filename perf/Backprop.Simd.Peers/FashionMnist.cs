using System.Diagnostics;
using System.Globalization;
using Backprop.Simd.Data;
using static TorchSharp.torch;

namespace Backprop.Simd.Peers;

/// <summary>Wall time to 88 % of Fashion-MNIST's test images: the same network, first weights, batches in the same order, and optimizer as TorchSharp.</summary>
internal static class FashionMnist
{
    private const string Folder = "/usr/share/datasets/fashion-mnist";
    private const int Pixels = 784, Classes = 10, Batch = 32, Hidden = 128;
    private const double Rate = 1e-3, Goal = 0.88;

    // Test images are looked at so often: the goal is reached at the first look that shows it.
    private const int LooksPerEpoch = 4, MostEpochs = 15;

    public static void Run(List<string> markdown)
    {
        if (!Directory.Exists(Folder))
        {
            Console.WriteLine($"fashion: skipped, {Folder} is missing (apt-get install dataset-fashion-mnist)");
            return;
        }

        Dataset train = Load("train"), test = Load("t10k");
        Network network = new NetworkBuilder(Pixels).Dense(Hidden, Activation.ReLU).Dense(Classes).Build(seed: 1);
        float[] first = network.Parameters.ToArray();
        int[] order = Order(train.Count);
        List<Look> ours = Ours(network, train, test, order), theirs = Theirs(first, train, test, order);
        markdown.Add("| epoch | ours: seconds | loss | test accuracy | TorchSharp: seconds | loss | test accuracy |");
        markdown.Add("|---:|---:|---:|---:|---:|---:|---:|");
        Console.WriteLine(markdown[^2]);
        for (int i = 0; i < Math.Max(ours.Count, theirs.Count); i++)
            Add(string.Create(CultureInfo.InvariantCulture, $"| {(i + 1.0) / LooksPerEpoch:f1} | {Cells(ours, i)} | {Cells(theirs, i)} |"));

        double mine = Reached(ours), other = Reached(theirs);
        Add("");
        Add(string.Create(CultureInfo.InvariantCulture, $"Seconds of training to {100 * Goal:f0} %: ours {mine:f2}, TorchSharp {other:f2}: {other / mine:f1} times faster. One epoch: {Epoch(ours):f3} s and {Epoch(theirs):f3} s: {Epoch(theirs) / Epoch(ours):f1} times. Farthest apart at one look: {ours.Zip(theirs, (a, b) => 100 * Math.Abs(a.Accuracy - b.Accuracy)).Max():f2} points of accuracy."));

        void Add(string line)
        {
            markdown.Add(line);
            Console.WriteLine(line);
        }
    }

    private static List<Look> Ours(Network network, Dataset train, Dataset test, int[] order)
    {
        using var trainer = new Trainer(network, Loss.SoftmaxCrossEntropy, Optimizer.Adam(Rate), new TrainerOptions { MaxBatchSize = Batch });
        using Predictor predictor = network.CreatePredictor(test.Count);
        float[] x = new float[Batch * Pixels];
        int[] labels = new int[Batch];
        return Race(train.Count, order, examples =>
        {
            Gather(train, examples, x, labels);
            return trainer.Step(x, labels);
        }, () =>
        {
            ReadOnlySpan<float> logits = predictor.Predict(test.Inputs);
            int right = 0;
            for (int i = 0; i < test.Count; i++)
                right += System.Numerics.Tensors.TensorPrimitives.IndexOfMax(logits.Slice(i * Classes, Classes)) == test.Labels[i] ? 1 : 0;
            return (double)right / test.Count;
        });
    }

    private static List<Look> Theirs(float[] first, Dataset train, Dataset test, int[] order)
    {
        TorchSharp.Modules.Linear one = nn.Linear(Pixels, Hidden), two = nn.Linear(Hidden, Classes);
        using (no_grad())
        {
            int next = 0;
            foreach (TorchSharp.Modules.Linear layer in (TorchSharp.Modules.Linear[])[one, two])
            {
                int fanOut = (int)layer.weight.shape[0], fanIn = (int)layer.weight.shape[1];
                layer.weight.copy_(tensor(first.AsSpan(next, fanIn * fanOut).ToArray(), fanIn, fanOut).t());
                layer.bias!.copy_(tensor(first.AsSpan(next + (fanIn * fanOut), fanOut).ToArray()));
                next += (fanIn + 1) * fanOut;
            }
        }

        using nn.Module<Tensor, Tensor> model = nn.Sequential(("one", one), ("relu", nn.ReLU()), ("two", two));
        using optim.Optimizer optimizer = optim.Adam(model.parameters(), Rate);
        using Tensor all = tensor(train.Inputs.ToArray(), train.Count, Pixels), allLabels = tensor(train.Labels.ToArray().Select(label => (long)label).ToArray());
        using Tensor testInputs = tensor(test.Inputs.ToArray(), test.Count, Pixels), testLabels = tensor(test.Labels.ToArray().Select(label => (long)label).ToArray());
        return Race(train.Count, order, examples =>
        {
            using IDisposable scope = NewDisposeScope();
            Tensor rows = tensor(examples.ToArray());
            optimizer.zero_grad();
            Tensor loss = nn.functional.cross_entropy(model.forward(all.index_select(0, rows)), allLabels.index_select(0, rows));
            loss.backward();
            optimizer.step();
            return loss.item<float>();
        }, () =>
        {
            using IDisposable scope = NewDisposeScope();
            using IDisposable none = no_grad();
            return model.forward(testInputs).argmax(1).eq(testLabels).to_type(ScalarType.Float32).mean().item<float>();
        });
    }

    // The clock stands still while the test images are looked at.
    private static List<Look> Race(int count, int[] order, Func<ReadOnlySpan<int>, float> step, Func<double> accuracy)
    {
        var looks = new List<Look>();
        int steps = count / Batch, between = steps / LooksPerEpoch;
        double seconds = 0;
        for (int epoch = 0; epoch < MostEpochs; epoch++)
        {
            for (int look = 0; look < LooksPerEpoch; look++)
            {
                double loss = 0;
                long start = Stopwatch.GetTimestamp();
                for (int i = 0; i < between; i++)
                    loss += step(order.AsSpan((epoch * count) + (((look * between) + i) * Batch), Batch));
                seconds += Stopwatch.GetElapsedTime(start).TotalSeconds;
                looks.Add(new(seconds, loss / between, accuracy()));
                if (looks[^1].Accuracy >= Goal)
                    return looks;
            }
        }

        return looks;
    }

    private static double Reached(List<Look> looks) => looks[^1].Accuracy >= Goal ? looks[^1].Seconds : double.NaN;

    private static double Epoch(List<Look> looks) => looks[^1].Seconds / looks.Count * LooksPerEpoch;

    private static string Cells(List<Look> looks, int index) => index < looks.Count
        ? string.Create(CultureInfo.InvariantCulture, $"{looks[index].Seconds:f2} | {looks[index].Loss:f4} | {100 * looks[index].Accuracy:f2} %")
        : "| |";

    private static void Gather(Dataset data, ReadOnlySpan<int> examples, float[] x, int[] labels)
    {
        for (int i = 0; i < examples.Length; i++)
        {
            data.Inputs.Slice(examples[i] * Pixels, Pixels).CopyTo(x.AsSpan(i * Pixels));
            labels[i] = data.Labels[examples[i]];
        }
    }

    private static int[] Order(int count)
    {
        var random = new Random(1);
        int[] order = [.. Enumerable.Range(0, count)];
        return [.. Enumerable.Range(0, MostEpochs).SelectMany(_ =>
        {
            random.Shuffle(order);
            return order.ToArray();
        })];
    }

    private static Dataset Load(string part) => IdxReader.Read($"{Folder}/{part}-images-idx3-ubyte.gz")
        .WithLabels(IdxReader.Read($"{Folder}/{part}-labels-idx1-ubyte.gz"), Classes, scale: 1 / 255f);

    private sealed record Look(double Seconds, double Loss, double Accuracy);
}
