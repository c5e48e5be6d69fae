using Backprop.Simd.Internal.Layers;
using Backprop.Simd.Internal.Losses;
using Backprop.Simd.Internal.Simd;

namespace Backprop.Simd.Internal.Verification;

/// <summary>A training pass and its mean loss in double precision: differences by one parameter, and how far off the float kernels may be.</summary>
internal sealed class DoubleNetwork
{
    // Chosen so that the differences' errors by rounding (2^-53 / step) and by curvature (step^2) are about equal.
    private const double RelativeStep = 1.0 / (1 << 17);

    private const double DoubleRoundoff = 1.0 / (1L << 53);

    private readonly Layer[] _blocks;
    private readonly DoubleLoss _loss;
    private readonly ReferencePass[] _center;
    private readonly ReferencePass[] _above;
    private readonly ReferencePass[] _below;
    private readonly ReferenceBounds[] _bounds;
    private readonly bool[] _lossAtKink;
    private readonly double _lossSize;

    /// <summary>Computes the pass at the network's parameters.</summary>
    /// <param name="network">Its layers and its parameters.</param>
    /// <param name="loss">What is differentiated.</param>
    /// <param name="inputs">rows x InputSize.</param>
    /// <param name="targets">rows x OutputSize; labels are one-hot targets.</param>
    /// <param name="key">Of the pass's dropout masks, as the trainer's.</param>
    public DoubleNetwork(Network network, LossKind loss, double[] inputs, double[] targets, ulong key)
    {
        _blocks = network.Blocks;
        int rows = inputs.Length / network.InputSize, last = _blocks.Length - 1;
        _loss = new DoubleLoss(loss, targets, rows, network.OutputSize);
        double[][] parameters = new double[_blocks.Length][], statistics = new double[_blocks.Length][];
        for (int b = 0; b < _blocks.Length; b++)
        {
            parameters[b] = [.. network.Parameters.Slice(network.Offsets[b], _blocks[b].ParameterCount).ToArray()];
            statistics[b] = [.. network.Statistics.Slice(network.StatisticsOffsets[b], _blocks[b].StatisticsCount).ToArray()];
        }

        _center = Passes(rows, key, parameters, statistics);
        _above = Passes(rows, key, parameters, statistics);
        _below = Passes(rows, key, parameters, statistics);
        _bounds = [.. _blocks.Select(block => new ReferenceBounds(block, rows))];
        _lossAtKink = new bool[targets.Length];

        _center[0].Input = inputs;
        double mean = Run(_center, 0);
        for (int b = 0; b <= last; b++)
        {
            _bounds[b].InputError = b == 0 ? new double[inputs.Length] : _bounds[b - 1].OutputError;
            _blocks[b].ReferenceErrors(_center[b], _bounds[b]);
        }

        double[] outputs = _center[last].Output, gradient = _loss.Gradient(outputs);
        double[] gradientErrors = _loss.GradientErrors(outputs, _bounds[last].OutputError, _lossAtKink);
        for (int b = last; b >= 0; b--)
        {
            _bounds[b].OutputGradient = b == last ? gradient : _bounds[b + 1].InputGradient;
            _bounds[b].OutputGradientError = b == last ? gradientErrors : _bounds[b + 1].InputGradientError;
            _blocks[b].ReferenceGradients(_center[b], _bounds[b]);
        }

        // The loss in double precision is off by as many units of double precision as the loss in floats is by units of floats.
        _lossSize = Math.Abs(mean);
        for (int i = 0; i < outputs.Length; i++)
            _lossSize += Math.Abs(gradient[i]) * (Math.Abs(outputs[i]) + (_bounds[last].OutputError[i] / ReferenceBounds.U));
    }

    /// <summary>The gradient by the references' derivatives.</summary>
    public double GradientOf(int block, int index) => _bounds[block].ParameterGradients[index];

    /// <summary>How far off the float kernels' gradient may be.</summary>
    public double RoundingOf(int block, int index) => _bounds[block].ParameterGradientErrors[index];

    /// <summary>The loss's derivative by a parameter, by central differences of two step widths.</summary>
    /// <param name="block">The parameter's layer.</param>
    /// <param name="index">In the layer's slice.</param>
    /// <param name="error">How far off it may be.</param>
    /// <returns>Null where a kink lies in the interval: the difference means nothing there.</returns>
    public double? Difference(int block, int index, out double error)
    {
        double[] parameters = _center[block].Parameters;
        double old = parameters[index];
        double step = RelativeStep * Math.Max(1, Math.Abs(old));
        try
        {
            double near = Slope(step);
            double far = Slope(2 * step);
            error = Math.Abs(near - far) + (2 * DoubleRoundoff * _lossSize / step);

            // Richardson: the step's square cancels.
            return CrossesKink(block) ? null : ((4 * near) - far) / 3;
        }
        finally
        {
            parameters[index] = old;
        }

        double Slope(double distance)
        {
            parameters[index] = old + distance;
            double above = Run(_above, block);
            parameters[index] = old - distance;
            return (above - Run(_below, block)) / (2 * distance);
        }
    }

    private ReferencePass[] Passes(int rows, ulong key, double[][] parameters, double[][] statistics) =>
        [.. _blocks.Select((block, b) => new ReferencePass(block, rows, CounterRandom.Derive(key, (ulong)b), parameters[b], statistics[b]))];

    // All passes share the parameters; what lies before the moved one is taken from the center.
    private double Run(ReferencePass[] passes, int first)
    {
        for (int b = first; b < passes.Length; b++)
        {
            passes[b].Input = b == first ? _center[b].Input : passes[b - 1].Output;
            _blocks[b].Reference(passes[b]);
        }

        return _loss.Mean(passes[^1].Output);
    }

    // Judges the wider of the two steps, the last one that ran. A sum that the parameter does not move does not matter.
    private bool CrossesKink(int first)
    {
        for (int b = first; b < _blocks.Length; b++)
        {
            ReferencePass above = _above[b], below = _below[b];
            for (int i = 0; i < above.Sums.Length; i++)
            {
                double distance = Math.Abs(above.Sums[i] - below.Sums[i]), bend = Math.Abs(above.Slopes[i] - below.Slopes[i]);
                if (distance > 0 && (_bounds[b].AtKink[i] || Kink.LiesBetween(distance, bend, _blocks[b].ReferenceCurvature)))
                    return true;
            }
        }

        double[] outputsAbove = _above[^1].Output, outputsBelow = _below[^1].Output;
        double[] gradientAbove = _loss.Gradient(outputsAbove), gradientBelow = _loss.Gradient(outputsBelow);
        for (int i = 0; i < outputsAbove.Length; i++)
        {
            if (outputsAbove[i] != outputsBelow[i] && (_lossAtKink[i] || _loss.HasKink(outputsAbove[i], outputsBelow[i], gradientAbove[i], gradientBelow[i])))
                return true;
        }

        return false;
    }
}
