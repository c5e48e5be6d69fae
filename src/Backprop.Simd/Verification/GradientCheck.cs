using System.Globalization;
using Backprop.Simd.Internal.Layers;
using Backprop.Simd.Internal.Losses;
using Backprop.Simd.Internal.Simd;
using Backprop.Simd.Internal.Verification;

namespace Backprop.Simd.Verification;

/// <summary>Compares the gradients that the float kernels return with central differences of a double-precision forward pass.</summary>
/// <remarks>
/// <para>For each parameter p: a is the kernels' dLoss/dp; b = (4 d(h) - d(2h)) / 3 with d(h) = (loss(p + h) - loss(p - h)) / 2h, h = 2^-17 max(1, |p|), the loss in double precision.
/// Relative error: |a - b| / max(|a|, |b|, scale), and 2^-14 passes. The scale is 2^14 (r + e): r bounds how far off floats can make this gradient (a first-order running error bound of the
/// float kernels, operation by operation, through the pass and back), e how far off b may be. So a gradient in which little cancels must agree to four digits, and one that is mostly cancelled to what rounding leaves of it.</para>
/// <para>A parameter is left out, and counted, where the interval from p - 2h to p + 2h, or rounding in the kernels, takes a sum or an output across a kink: the slope is another one there.</para>
/// <para>The pass is a training pass: dropout drops what the first forward pass of a trainer with seed 0 drops, the same in both; BatchNorm uses the batch's statistics. Network and running statistics are as before afterwards.</para>
/// <para>It takes four passes in double precision per parameter: for small networks and a few examples.</para>
/// </remarks>
public static class GradientCheck
{
    /// <summary>Largest relative error that passes, 2^-14.</summary>
    public const double Tolerance = 1.0 / (1 << 14);

    /// <summary>Checks every parameter's gradient for a batch with labels.</summary>
    /// <param name="network">At its present parameters.</param>
    /// <param name="loss">One that takes labels.</param>
    /// <param name="inputs">rows x InputSize.</param>
    /// <param name="labels">rows; each from 0 to OutputSize - 1.</param>
    /// <exception cref="ArgumentException">Sizes do not fit, the loss takes targets or does not fit the network, or the network has no parameters.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A label is outside the classes.</exception>
    public static GradientCheckResult Run(Network network, Loss loss, ReadOnlySpan<float> inputs, ReadOnlySpan<int> labels)
    {
        using Trainer trainer = TrainerFor(network, loss, inputs.Length);
        using (new KeptStatistics(network))
            trainer.AddGradients(inputs, labels);
        double[] targets = new double[checked(labels.Length * network.OutputSize)];
        for (int row = 0; row < labels.Length; row++)
            targets[(row * network.OutputSize) + labels[row]] = 1;
        return Compare(network, loss.Kind, [.. inputs.ToArray()], targets, trainer.Gradients);
    }

    /// <summary>Checks every parameter's gradient for a batch with targets.</summary>
    /// <param name="network">At its present parameters.</param>
    /// <param name="loss">Any.</param>
    /// <param name="inputs">rows x InputSize.</param>
    /// <param name="targets">rows x OutputSize.</param>
    /// <exception cref="ArgumentException">Sizes do not fit, the loss does not fit the network, or the network has no parameters.</exception>
    public static GradientCheckResult Run(Network network, Loss loss, ReadOnlySpan<float> inputs, ReadOnlySpan<float> targets)
    {
        using Trainer trainer = TrainerFor(network, loss, inputs.Length);
        using (new KeptStatistics(network))
            trainer.AddGradients(inputs, targets);
        return Compare(network, loss.Kind, [.. inputs.ToArray()], [.. targets.ToArray()], trainer.Gradients);
    }

    /// <summary>Judges gradients from anywhere.</summary>
    internal static GradientCheckResult Compare(Network network, LossKind loss, double[] inputs, double[] targets, ReadOnlySpan<float> gradients)
    {
        var reference = new DoubleNetwork(network, loss, inputs, targets, CounterRandom.Derive(0, 0));
        int kinks = 0, worst = -1;
        double worstError = 0, worstDifference = 0;
        for (int block = 0; block < network.Blocks.Length; block++)
        {
            for (int i = 0; i < network.Blocks[block].ParameterCount; i++)
            {
                int parameter = network.Offsets[block] + i;
                double? difference = reference.Difference(block, i, out double uncertainty);
                if (difference is not { } b)
                {
                    kinks++;
                    continue;
                }

                double a = gradients[parameter];
                double scale = Math.Max(Math.Max(Math.Abs(a), Math.Abs(b)), (reference.RoundingOf(block, i) + uncertainty) / Tolerance);
                double error = !double.IsFinite(a + b + scale) ? double.PositiveInfinity : a == b ? 0 : Math.Abs(a - b) / scale;
                if (worst >= 0 && error <= worstError)
                    continue;
                (worst, worstError, worstDifference) = (parameter, error, b);
            }
        }

        return new GradientCheckResult
        {
            MaxRelativeError = worstError,
            WorstParameter = worst,
            WorstParameterName = worst < 0 ? "" : NameOf(network, worst),
            WorstGradient = worst < 0 ? 0 : gradients[worst],
            WorstDifference = worstDifference,
            Kinks = kinks,
            Compared = network.ParameterCount - kinks,
        };
    }

    private static Trainer TrainerFor(Network network, Loss loss, int inputLength)
    {
        ArgumentNullException.ThrowIfNull(network);
        if (network.ParameterCount == 0)
            throw new ArgumentException("The network has no parameters, and so no gradients to check.", nameof(network));
        int rows = Math.Max(inputLength / network.InputSize, network.MinimumTrainingRows);
        return new Trainer(network, loss, Optimizer.Sgd(0), new TrainerOptions { MaxBatchSize = rows });
    }

    private static string NameOf(Network network, int parameter)
    {
        for (int i = network.Layers.Count - 1; ; i--)
        {
            NetworkLayer layer = network.Layers[i];
            int index = parameter - layer.Offset;
            if (index < 0)
                continue;
            if (index >= layer.Weights.Length)
                return string.Create(CultureInfo.InvariantCulture, $"layer {i} bias [{index - layer.Weights.Length}]");
            return layer.Layer is Dense
                ? string.Create(CultureInfo.InvariantCulture, $"layer {i} weight [{index / layer.OutputSize}, {index % layer.OutputSize}]")
                : string.Create(CultureInfo.InvariantCulture, $"layer {i} weight [{index}]");
        }
    }

    /// <summary>A training pass moves BatchNorm's running statistics: this puts them back.</summary>
    private readonly struct KeptStatistics(Network network) : IDisposable
    {
        private readonly float[] _statistics = network.Statistics.ToArray();
        private readonly long[] _counters = network.Counters.ToArray();

        public void Dispose()
        {
            _statistics.CopyTo(network.Statistics);
            _counters.CopyTo(network.Counters);
        }
    }
}
