namespace Backprop.Simd.Conformance;

/// <summary>Every activation, loss, optimizer and layer, odd sizes, batches of 1 to 130, and shapes on every path of the matrix product.</summary>
internal static class Cases
{
    public static IReadOnlyList<Case> All { get; } = [.. Make()];

    private static IEnumerable<Case> Make()
    {
        Optimizer adam = Optimizer.Adam(1e-2);
        (string Name, Activation Activation)[] activations =
        [
            ("identity", Activation.Identity), ("relu", Activation.ReLU), ("leaky-relu", Activation.LeakyReLU(0.02)), ("elu", Activation.ELU(0.7)),
            ("softplus", Activation.Softplus), ("sigmoid", Activation.Sigmoid), ("tanh", Activation.Tanh), ("gelu", Activation.GELU),
            ("gelu-tanh", Activation.GELUTanh), ("silu", Activation.SiLU), ("hard-swish", Activation.HardSwish),
        ];
        foreach ((string name, Activation activation) in activations)
        {
            yield return new($"activation {name}", 19, n => n.Dense(37, activation).Dense(23, activation).Dense(5),
                Loss.SoftmaxCrossEntropy, adam, [1, 2, 3, 4, 5, 33]);
        }

        yield return new("activation softmax", 11, n => n.Dense(21, Activation.Tanh).Dense(18, Activation.Softmax), Loss.MeanSquaredError, adam, [7, 1, 16]);

        (string Name, Loss Loss)[] losses =
        [
            ("mean squared", Loss.MeanSquaredError), ("mean absolute", Loss.MeanAbsoluteError), ("huber", Loss.Huber(0.3)),
            ("binary cross-entropy", Loss.BinaryCrossEntropyWithLogits),
        ];
        foreach ((string name, Loss loss) in losses)
            yield return new($"loss {name}", 13, n => n.Dense(29, Activation.Tanh).Dense(17), loss, adam, [8, 1, 31, 130]);

        (string Name, Optimizer Optimizer)[] optimizers =
        [
            ("sgd", Optimizer.Sgd(0.1)), ("sgd decay", Optimizer.Sgd(0.1, weightDecay: 0.01)), ("sgd momentum", Optimizer.Sgd(0.05, 0.9)),
            ("sgd nesterov", Optimizer.Sgd(0.05, 0.9, nesterov: true)), ("adam decay", Optimizer.Adam(1e-2, weightDecay: 0.01)), ("adamw", Optimizer.AdamW(1e-2)),
            ("rmsprop", Optimizer.RMSprop()), ("rmsprop momentum", Optimizer.RMSprop(5e-3, momentum: 0.9, weightDecay: 1e-3)),
        ];
        foreach ((string name, Optimizer optimizer) in optimizers)
        {
            yield return new($"optimizer {name}", 10, n => n.Dense(43, Activation.SiLU).Dense(3), Loss.SoftmaxCrossEntropy, optimizer,
                [12, 12, 12, 12, 12, 12]);
        }

        yield return new("layer dropout", 24, n => n.Dropout(0.2).Dense(65, Activation.GELU).Dropout(0.5).Dense(10), Loss.SoftmaxCrossEntropy, adam, [32, 32, 1, 17]);
        yield return new("layer layer-norm", 24, n => n.Dense(35, Activation.GELU).LayerNorm().Dense(10), Loss.SoftmaxCrossEntropy, adam, [32, 32, 1, 17]);
        yield return new("layer batch-norm", 24, n => n.BatchNorm().Dense(35, Activation.ReLU).BatchNorm(0.3).Dense(10), Loss.SoftmaxCrossEntropy, adam, [32, 32, 2, 17]);

        // Orders of summation and paths: outputs of 1 to 17 columns, batches around 4, blocks of k beyond any cache, tiles with every remainder.
        foreach (int outputs in (int[])[1, 2, 3, 8, 15, 16, 17])
            yield return new($"columns {outputs}", 21, n => n.Dense(outputs, Activation.Tanh), Loss.MeanSquaredError, Optimizer.Sgd(0.1), [1, 4, 5, 12, 13, 128]);
        yield return new("wide", 300, n => n.Dense(515, Activation.ReLU).Dense(301, Activation.Tanh).Dense(10), Loss.SoftmaxCrossEntropy, adam, [128, 64, 3]);
        yield return new("deep k", 2100, n => n.Dense(40, Activation.Tanh).Dense(33), Loss.MeanSquaredError, Optimizer.Sgd(0.01), [70, 4]);
        yield return new("tiny", 4, n => n.Dense(16, Activation.ReLU).Dense(3), Loss.SoftmaxCrossEntropy, adam, [1, 1, 1, 16, 16]);
        yield return new("digits-like", 64, n => n.Dense(64, Activation.GELU).Dropout(0.1).Dense(64, Activation.ReLU).Dense(10), Loss.SoftmaxCrossEntropy, adam, [32, 32, 32, 32, 29]);
    }
}
