using System.Globalization;

namespace Backprop.Simd.Peers;

/// <summary>One training step: forward, loss, backward, update.</summary>
internal static class StepContest
{
    /// <summary>Steps whose name contains one of the texts in <paramref name="only"/> (apart by semicolons), if it is given.</summary>
    public static void Run(List<Blas> peers, bool torchIsThere, string? only, double seconds, List<string> markdown)
    {
        var names = new List<string> { "ours" };
        names.AddRange(peers.Select(peer => $"by hand, {peer.Name}"));
        if (torchIsThere)
            names.Add("TorchSharp");
        markdown.Add($"| step, microseconds | {string.Join(" | ", names)} | best by hand / ours | TorchSharp / ours |");
        markdown.Add($"|---|{string.Concat(Enumerable.Repeat("---|", names.Count))}---|---|");
        Console.WriteLine(markdown[^2]);
        foreach (StepShape shape in StepShape.All.Where(shape => only is null || only.Split(';').Any(shape.Name.StartsWith)))
        {
            foreach (bool adam in (bool[])[false, true])
            {
                using Trainer trainer = Ours(shape, adam);
                float[] x = shape.Inputs(), targets = shape.Targets();
                int[] labels = shape.Labels();
                var actions = new List<Action>
                {
                    shape.Classifies ? () => trainer.Step(x, labels) : () => trainer.Step(x, targets),
                };
                actions.AddRange(peers.Select<Blas, Action>(peer => new HandStep(shape, peer, adam).Run));
                using TorchStep? torch = torchIsThere ? new TorchStep(shape, adam) : null;
                if (torch is not null)
                    actions.Add(torch.Run);
                double[] times = Contest.Run([.. actions], seconds, compiles: true);
                double hand = times.Skip(1).Take(peers.Count).DefaultIfEmpty(double.NaN).Min();
                string line = string.Create(CultureInfo.InvariantCulture,
                    $"| {shape.Name}, {(adam ? "Adam" : "SGD")} | {string.Join(" | ", times.Select(t => t.ToString(t < 100 ? "f2" : "f0", CultureInfo.InvariantCulture)))} | {hand / times[0]:f2} | {(torchIsThere ? times[^1] / times[0] : double.NaN):f1} |");
                markdown.Add(line);
                Console.WriteLine(line);
            }
        }
    }

    private static Trainer Ours(StepShape shape, bool adam)
    {
        var builder = new NetworkBuilder(shape.Sizes[0]);
        for (int i = 1; i < shape.Sizes.Length; i++)
            builder.Dense(shape.Sizes[i], i + 1 == shape.Sizes.Length ? Activation.Identity : shape.Tanh ? Activation.Tanh : Activation.ReLU);
        return new Trainer(builder.Build(1), shape.Classifies ? Loss.SoftmaxCrossEntropy : Loss.MeanSquaredError,
            adam ? Optimizer.Adam(1e-7) : Optimizer.Sgd(1e-7), new TrainerOptions { MaxBatchSize = shape.Batch });
    }
}
