namespace Backprop.Simd.Cli.Commands;

/// <summary>What the command line calls things.</summary>
internal static class Choices
{
    /// <summary>Activations of hidden layers.</summary>
    public static readonly IReadOnlyDictionary<string, Activation> Activations = new Dictionary<string, Activation>(StringComparer.OrdinalIgnoreCase)
    {
        ["identity"] = Activation.Identity,
        ["relu"] = Activation.ReLU,
        ["leakyrelu"] = Activation.LeakyReLU(),
        ["elu"] = Activation.ELU(),
        ["softplus"] = Activation.Softplus,
        ["sigmoid"] = Activation.Sigmoid,
        ["tanh"] = Activation.Tanh,
        ["gelu"] = Activation.GELU,
        ["gelutanh"] = Activation.GELUTanh,
        ["silu"] = Activation.SiLU,
        ["hardswish"] = Activation.HardSwish,
    };

    public static readonly IReadOnlyDictionary<string, OptimizerChoice> Optimizers = new Dictionary<string, OptimizerChoice>(StringComparer.OrdinalIgnoreCase)
    {
        ["adam"] = new(2e-3, rate => Optimizer.Adam(rate)),
        ["adamw"] = new(2e-3, rate => Optimizer.AdamW(rate)),
        ["rmsprop"] = new(1e-3, rate => Optimizer.RMSprop(rate)),
        ["sgd"] = new(0.2, rate => Optimizer.Sgd(rate)),
        ["momentum"] = new(0.05, rate => Optimizer.Sgd(rate, momentum: 0.9)),
        ["nesterov"] = new(0.05, rate => Optimizer.Sgd(rate, momentum: 0.9, nesterov: true)),
    };

    public static readonly IReadOnlyDictionary<string, Loss> Losses = new Dictionary<string, Loss>(StringComparer.OrdinalIgnoreCase)
    {
        ["crossentropy"] = Loss.SoftmaxCrossEntropy,
        ["bce"] = Loss.BinaryCrossEntropyWithLogits,
        ["mse"] = Loss.MeanSquaredError,
        ["mae"] = Loss.MeanAbsoluteError,
        ["huber"] = Loss.Huber(),
    };
}

/// <summary>An optimizer before its learning rate is known.</summary>
/// <param name="DefaultRate">The learning rate if the user names none.</param>
/// <param name="Create">Makes the optimizer from the learning rate.</param>
internal sealed record OptimizerChoice(double DefaultRate, Func<double, Optimizer> Create);
