using System.Globalization;
using Backprop.Simd.Internal.Memory;
using Backprop.Simd.Internal.Optimizers;

namespace Backprop.Simd;

/// <summary>How gradients change parameters. A description without state: share it freely. Formulas and defaults are PyTorch's.</summary>
public readonly record struct Optimizer
{
    internal Optimizer(OptimizerKind kind) => Kind = kind;

    internal OptimizerKind Kind { get; }

    /// <summary>Stochastic gradient descent: g += weightDecay p; buffer = momentum buffer + g; p -= learningRate buffer (Nesterov: learningRate (g + momentum buffer)).</summary>
    /// <param name="learningRate">0 or more.</param>
    /// <param name="momentum">0 or more; 0 keeps no state.</param>
    /// <param name="nesterov">Nesterov's form of momentum.</param>
    /// <param name="weightDecay">0 or more; added to the gradient.</param>
    /// <exception cref="ArgumentOutOfRangeException">A value is not finite or outside its range.</exception>
    /// <exception cref="ArgumentException"><paramref name="nesterov"/> without <paramref name="momentum"/>.</exception>
    public static Optimizer Sgd(double learningRate, double momentum = 0, bool nesterov = false, double weightDecay = 0)
    {
        HyperParameter.NonNegative(momentum);
        if (nesterov && momentum == 0)
            throw new ArgumentException("nesterov needs a momentum greater than 0; it is 0.", nameof(nesterov));
        return new(new OptimizerKind
        {
            Id = OptimizerId.Sgd,
            LearningRate = HyperParameter.NonNegative(learningRate),
            Momentum = momentum,
            Nesterov = nesterov,
            WeightDecay = HyperParameter.NonNegative(weightDecay),
        });
    }

    /// <summary>
    /// Adam (D. Kingma, J. Ba 2015): g += weightDecay p; m = beta1 m + (1 - beta1) g; v = beta2 v + (1 - beta2) g^2;
    /// p -= learningRate / (1 - beta1^t) m / (sqrt(v / (1 - beta2^t)) + epsilon).
    /// </summary>
    /// <param name="learningRate">0 or more.</param>
    /// <param name="beta1">0 to below 1.</param>
    /// <param name="beta2">0 to below 1.</param>
    /// <param name="epsilon">0 or more.</param>
    /// <param name="weightDecay">0 or more; added to the gradient.</param>
    /// <exception cref="ArgumentOutOfRangeException">A value is not finite or outside its range.</exception>
    public static Optimizer Adam(double learningRate = 1e-3, double beta1 = 0.9, double beta2 = 0.999, double epsilon = 1e-8, double weightDecay = 0) =>
        new(AdamKind(OptimizerId.Adam, learningRate, beta1, beta2, epsilon, weightDecay));

    /// <summary>Adam with decoupled weight decay (I. Loshchilov, F. Hutter 2019): p *= 1 - learningRate weightDecay, then Adam's update by the gradient alone.</summary>
    /// <param name="learningRate">0 or more.</param>
    /// <param name="beta1">0 to below 1.</param>
    /// <param name="beta2">0 to below 1.</param>
    /// <param name="epsilon">0 or more.</param>
    /// <param name="weightDecay">0 or more.</param>
    /// <exception cref="ArgumentOutOfRangeException">A value is not finite or outside its range.</exception>
    public static Optimizer AdamW(double learningRate = 1e-3, double beta1 = 0.9, double beta2 = 0.999, double epsilon = 1e-8, double weightDecay = 1e-2) =>
        new(AdamKind(OptimizerId.AdamW, learningRate, beta1, beta2, epsilon, weightDecay));

    /// <summary>RMSprop (T. Tieleman, G. Hinton 2012): g += weightDecay p; v = alpha v + (1 - alpha) g^2; buffer = momentum buffer + g / (sqrt(v) + epsilon); p -= learningRate buffer.</summary>
    /// <param name="learningRate">0 or more.</param>
    /// <param name="alpha">0 to below 1.</param>
    /// <param name="epsilon">0 or more.</param>
    /// <param name="momentum">0 or more.</param>
    /// <param name="weightDecay">0 or more; added to the gradient.</param>
    /// <exception cref="ArgumentOutOfRangeException">A value is not finite or outside its range.</exception>
    public static Optimizer RMSprop(double learningRate = 1e-2, double alpha = 0.99, double epsilon = 1e-8, double momentum = 0, double weightDecay = 0) =>
        new(new OptimizerKind
        {
            Id = OptimizerId.RMSprop,
            LearningRate = HyperParameter.NonNegative(learningRate),
            Alpha = HyperParameter.BelowOne(alpha),
            Epsilon = HyperParameter.NonNegative(epsilon),
            Momentum = HyperParameter.NonNegative(momentum),
            WeightDecay = HyperParameter.NonNegative(weightDecay),
        });

    /// <summary>Name and learning rate, as in <c>Adam(learningRate: 0.001)</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Kind.Id}(learningRate: {Kind.LearningRate})");

    private static OptimizerKind AdamKind(OptimizerId id, double learningRate, double beta1, double beta2, double epsilon, double weightDecay) => new()
    {
        Id = id,
        LearningRate = HyperParameter.NonNegative(learningRate),
        Beta1 = HyperParameter.BelowOne(beta1),
        Beta2 = HyperParameter.BelowOne(beta2),
        Epsilon = HyperParameter.NonNegative(epsilon),
        WeightDecay = HyperParameter.NonNegative(weightDecay),
    };
}
