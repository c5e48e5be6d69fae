namespace Backprop.Simd.Cli;

/// <summary>Everything that a training depends on, the data apart.</summary>
internal sealed record TrainingSettings
{
    /// <summary>Values of one example.</summary>
    public required int Inputs { get; init; }

    public required int Classes { get; init; }

    /// <summary>Units of the hidden layers.</summary>
    public required int[] Layers { get; init; }

    public required Activation Activation { get; init; }

    /// <summary>After each hidden layer; 0: none.</summary>
    public required double Dropout { get; init; }

    public required Optimizer Optimizer { get; init; }

    /// <summary>What the optimizer starts from.</summary>
    public required double LearningRate { get; init; }

    public required Schedule Schedule { get; init; }

    public required int Epochs { get; init; }

    public required int BatchSize { get; init; }

    /// <summary>Whether shifted copies of the training images are trained on too.</summary>
    public required bool Shifts { get; init; }

    /// <summary>Of the weights, the order of examples and the dropout masks.</summary>
    public required ulong Seed { get; init; }

    public required int Threads { get; init; }

    /// <summary>Weights and biases of a network with these hidden layers.</summary>
    public static long ParameterCount(int inputs, int[] layers, int classes)
    {
        long count = 0;
        int width = inputs;
        foreach (int units in (int[])[.. layers, classes])
        {
            count += (width + 1L) * units;
            width = units;
        }

        return count;
    }

    public Network BuildNetwork()
    {
        var builder = new NetworkBuilder(Inputs);
        foreach (int units in Layers)
        {
            builder.Dense(units, Activation);
            if (Dropout > 0)
                builder.Dropout(Dropout);
        }

        return builder.Dense(Classes).Build(Seed);
    }

    public Trainer CreateTrainer(Network network, WorkerPool? workers) =>
        new(network, Loss.SoftmaxCrossEntropy, Optimizer, new TrainerOptions { MaxBatchSize = Math.Max(BatchSize, 128), Workers = workers, Seed = Seed });

    /// <summary>Null for one thread, which needs none.</summary>
    public WorkerPool? CreateWorkers() => Threads == 1 ? null : new WorkerPool(Threads);

    /// <summary>As in <c>64-256-128-10, ReLU, dropout 0.2</c>.</summary>
    public string DescribeNetwork()
    {
        string sizes = string.Join('-', [Inputs, .. Layers, Classes]);
        string dropout = Dropout > 0 ? FormattableString.Invariant($", dropout {Dropout}") : string.Empty;
        return $"{sizes}, {Activation}{dropout}";
    }
}
