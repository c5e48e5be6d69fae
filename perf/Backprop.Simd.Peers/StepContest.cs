using System.Globalization;

namespace Backprop.Simd.Peers;

/// <summary>One training step (forward, loss, backward, update), and inference.</summary>
internal static class StepContest
{
    /// <summary>Rows whose name contains one of the texts in <paramref name="only"/> (apart by semicolons), if it is given.</summary>
    public static void Run(List<Blas> peers, bool torchIsThere, string? only, double seconds, List<string> markdown)
    {
        var names = new List<string> { "ours" };
        names.AddRange(peers.Select(peer => $"by hand, {peer.Name}"));
        if (torchIsThere)
            names.Add("TorchSharp");
        markdown.Add($"| step, microseconds | {string.Join(" | ", names)} | best by hand / ours | TorchSharp / ours |");
        markdown.Add($"|---|{string.Concat(Enumerable.Repeat("---|", names.Count))}---|---|");
        Console.WriteLine(markdown[^2]);
        bool Wanted(string name) => only is null || only.Split(';').Any(name.Contains);
        foreach (StepShape shape in StepShape.All)
        {
            foreach (bool adam in (bool[])[false, true])
            {
                string name = $"{shape.Name}, {(adam ? "Adam" : "SGD")}";
                if (!Wanted(name))
                    continue;
                using Trainer trainer = new(Network(shape), shape.Classifies ? Loss.SoftmaxCrossEntropy : Loss.MeanSquaredError,
                    adam ? Optimizer.Adam(1e-7) : Optimizer.Sgd(1e-7), new TrainerOptions { MaxBatchSize = shape.Batch });
                float[] x = shape.Inputs(), targets = shape.Targets();
                int[] labels = shape.Labels();
                using TorchStep? torch = torchIsThere ? new TorchStep(shape, adam) : null;
                Row(name, shape.Classifies ? () => trainer.Step(x, labels) : () => trainer.Step(x, targets),
                    peers.Select<Blas, Action>(peer => new HandStep(shape, peer, adam).Run), torch is null ? null : torch.Run, seconds, markdown);
            }
        }

        foreach (StepShape shape in StepShape.Inference)
        {
            string name = $"inference {shape.Name}";
            if (!Wanted(name))
                continue;
            using Predictor predictor = Network(shape).CreatePredictor(shape.Batch);
            float[] x = shape.Inputs();
            using TorchStep? torch = torchIsThere ? new TorchStep(shape, adam: false) : null;
            Row(name, () => predictor.Predict(x), peers.Select<Blas, Action>(peer => new HandStep(shape, peer, adam: false).Predict), torch is null ? null : torch.Predict, seconds, markdown);
        }
    }

    private static void Row(string name, Action ours, IEnumerable<Action> byHand, Action? torch, double seconds, List<string> markdown)
    {
        Action[] hands = [.. byHand];
        double[] times = Contest.Run([ours, .. hands, .. torch is null ? (Action[])[] : [torch]], seconds, compiles: _ => true);
        double hand = times.Skip(1).Take(hands.Length).DefaultIfEmpty(double.NaN).Min();
        string Text(double time) => time.ToString(time < 1 ? "f3" : time < 100 ? "f2" : "f0", CultureInfo.InvariantCulture);
        string line = string.Create(CultureInfo.InvariantCulture,
            $"| {name} | {string.Join(" | ", times.Select(Text))} | {hand / times[0]:f2} | {(torch is null ? double.NaN : times[^1] / times[0]):f1} |");
        markdown.Add(line);
        Console.WriteLine(line);
    }

    private static Network Network(StepShape shape)
    {
        var builder = new NetworkBuilder(shape.Sizes[0]);
        for (int i = 1; i < shape.Sizes.Length; i++)
            builder.Dense(shape.Sizes[i], i + 1 == shape.Sizes.Length ? Activation.Identity : shape.Tanh ? Activation.Tanh : Activation.ReLU);
        return builder.Build(1);
    }
}
