using System.Globalization;
using Backprop.Simd.Internal.Losses;
using Backprop.Simd.Internal.Memory;

namespace Backprop.Simd;

/// <summary>Says how far off the outputs are. A description without state: share it freely. Every loss is a mean, as in PyTorch.</summary>
public readonly record struct Loss
{
    private Loss(LossId id, double parameter = 0) => Kind = new(id, (float)parameter);

    internal Loss(LossKind kind) => Kind = kind;

    /// <summary>Mean over all elements of (y - t)^2.</summary>
    public static Loss MeanSquaredError => new(LossId.MeanSquaredError);

    /// <summary>Mean over all elements of |y - t|; its derivative at y = t is 0.</summary>
    public static Loss MeanAbsoluteError => new(LossId.MeanAbsoluteError);

    /// <summary>Mean over all elements of max(z, 0) - z t + log(1 + exp(-|z|)): the cross-entropy between t in [0, 1] and sigmoid(z). The network gives logits z.</summary>
    public static Loss BinaryCrossEntropyWithLogits => new(LossId.BinaryCrossEntropyWithLogits);

    /// <summary>Mean over rows of -log softmax(z)[label], or of -sum_j t_j log softmax(z)_j for class probabilities t. The network gives logits z.</summary>
    public static Loss SoftmaxCrossEntropy => new(LossId.SoftmaxCrossEntropy);

    /// <summary>Whether <c>Step(inputs, labels)</c> is possible; every loss takes targets.</summary>
    public bool TakesLabels => LossTable.TakesLabels(Kind);

    internal LossKind Kind { get; }

    /// <summary>Mean over all elements, with d = y - t, of d^2 / 2 where |d| &lt;= delta and delta (|d| - delta / 2) elsewhere (P. Huber 1964).</summary>
    /// <param name="delta">Where the square turns into a line; greater than 0.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="delta"/> is not finite or not greater than 0.</exception>
    public static Loss Huber(double delta = 1)
    {
        HyperParameter.Positive(delta);
        return new(LossId.Huber, HyperParameter.Positive((double)(float)delta, nameof(delta)));
    }

    /// <summary>Name and parameter, as in <c>Huber(delta: 1)</c>.</summary>
    public override string ToString() =>
        Kind.Id == LossId.Huber ? string.Create(CultureInfo.InvariantCulture, $"Huber(delta: {Kind.Parameter})") : Kind.Id.ToString();
}
