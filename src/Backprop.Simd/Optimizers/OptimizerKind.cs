namespace Backprop.Simd.Internal.Optimizers;

/// <summary>The optimizers; the order is part of no format.</summary>
internal enum OptimizerId : byte
{
    Sgd,
    Adam,
    AdamW,
    RMSprop,
}

/// <summary>An optimizer and its hyper-parameters; those that it does not have are 0.</summary>
internal readonly record struct OptimizerKind
{
    public OptimizerId Id { get; init; }

    public double LearningRate { get; init; }

    public double Momentum { get; init; }

    public bool Nesterov { get; init; }

    public double WeightDecay { get; init; }

    public double Beta1 { get; init; }

    public double Beta2 { get; init; }

    public double Alpha { get; init; }

    public double Epsilon { get; init; }
}
