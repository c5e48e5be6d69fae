using Backprop.Simd.Internal.Data;
using Backprop.Simd.Internal.Layers;

namespace Backprop.Simd;

/// <summary>Scales each input by itself, (x - shift) factor + offset, as networks train best; fitted on the training examples alone, so that no other example decides anything.</summary>
/// <remarks>
/// <para>A network that scales its own inputs takes numbers as they are, and so do its file and what is exported of it: <see cref="NetworkBuilder.Scale"/> describes one before the training.
/// After a training on scaled examples <see cref="Prepend"/> does it for any network, and <see cref="FoldInto"/> without an operation more where the first layer is Dense.</para>
/// <para>The same examples give the same bits on every machine: sums are in double precision and ascending order. It may be used by many threads at once.</para>
/// </remarks>
public sealed class InputScaler
{
    private readonly float[] _shift;
    private readonly float[] _factor;
    private readonly float _offset;

    private InputScaler(float[] shift, float[] factor, float offset)
    {
        _shift = shift;
        _factor = factor;
        _offset = offset;
    }

    /// <summary>Values of one example.</summary>
    public int InputSize => _shift.Length;

    /// <summary>To mean 0 and standard deviation 1 (of the population: divided by Count) over these examples; an input that is the same in all of them to 0.</summary>
    /// <param name="dataset">At least one example, in memory or streamed; it is read twice.</param>
    /// <exception cref="ArgumentException">There is no example, or an input that is not finite or spans more than a float holds; the message says where.</exception>
    public static InputScaler Standardize(Dataset dataset)
    {
        InputStatistics statistics = InputStatistics.Of(dataset);
        double[] deviations = statistics.Deviations(dataset);
        float[] shift = new float[dataset.InputSize], factor = new float[dataset.InputSize];
        for (int i = 0; i < shift.Length; i++)
        {
            shift[i] = (float)statistics.Means[i];
            factor[i] = FactorOf(1, deviations[i]);
        }

        return new InputScaler(shift, factor, 0);
    }

    /// <summary>The smallest value over these examples to <paramref name="lower"/>, the largest to <paramref name="upper"/>, each within rounding; an input that is the same in all of them to <paramref name="lower"/>.</summary>
    /// <param name="dataset">At least one example, in memory or streamed.</param>
    /// <param name="lower">Finite.</param>
    /// <param name="upper">Finite and greater than <paramref name="lower"/>.</param>
    /// <exception cref="ArgumentException">There is no example, or an input that is not finite or spans more than a float holds; the message says where.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A limit is not finite, or <paramref name="upper"/> is not above <paramref name="lower"/>.</exception>
    public static InputScaler MinMax(Dataset dataset, float lower = 0, float upper = 1)
    {
        if (!float.IsFinite(lower))
            throw new ArgumentOutOfRangeException(nameof(lower), lower, FormattableString.Invariant($"lower must be finite; it is {lower}."));
        if (!float.IsFinite(upper) || upper <= lower)
            throw new ArgumentOutOfRangeException(nameof(upper), upper, FormattableString.Invariant($"upper must be finite and greater than lower, {lower}; it is {upper}."));
        InputStatistics statistics = InputStatistics.Of(dataset);
        float[] factor = new float[dataset.InputSize];
        for (int i = 0; i < factor.Length; i++)
            factor[i] = FactorOf((double)upper - lower, (double)statistics.Largest[i] - statistics.Smallest[i]);
        return new InputScaler(statistics.Smallest, factor, lower);
    }

    /// <summary>x factor, all inputs alike: for pixels, 1 / 255f.</summary>
    /// <param name="inputSize">Values of one example; at least 1.</param>
    /// <param name="factor">Finite and not 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">A value is not of these.</exception>
    public static InputScaler Multiply(int inputSize, float factor)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(inputSize, 1);
        if (!float.IsFinite(factor) || factor == 0)
            throw new ArgumentOutOfRangeException(nameof(factor), factor, FormattableString.Invariant($"factor must be finite and not 0; it is {factor}."));
        float[] factors = new float[inputSize];
        Array.Fill(factors, factor);
        return new InputScaler(new float[inputSize], factors, 0);
    }

    /// <summary>The same examples with scaled inputs: a copy, or, of a <see cref="StreamedDataset"/>, one that scales what it reads from it and ends with it.</summary>
    /// <exception cref="ArgumentException">The examples have another number of inputs.</exception>
    public Dataset Apply(Dataset dataset)
    {
        ArgumentNullException.ThrowIfNull(dataset);
        if (dataset.InputSize != InputSize)
            throw new ArgumentException($"dataset has {dataset.InputSize} inputs per example; this scaler has {InputSize}.", nameof(dataset));
        int[] labels = dataset.Labels.ToArray();
        if (dataset is StreamedDataset)
        {
            var reader = new ScaledExamples(dataset, this);
            return labels.Length > 0 ? new StreamedDataset(reader, InputSize, labels, dataset.TargetSize) : new StreamedDataset(reader, dataset.Count, InputSize, dataset.TargetSize);
        }

        float[] inputs = new float[dataset.Inputs.Length];
        Apply(dataset.Inputs, inputs);
        return labels.Length > 0 ? new Dataset(inputs, InputSize, labels, dataset.TargetSize) : new Dataset(inputs, InputSize, dataset.Targets.ToArray(), dataset.TargetSize);
    }

    /// <summary>Scales examples; allocates nothing. What is not finite stays so.</summary>
    /// <param name="inputs">rows x InputSize, row-major.</param>
    /// <param name="scaled">Overwritten; as long. The same span as <paramref name="inputs"/>, or one apart from it.</param>
    /// <exception cref="ArgumentException">A length does not fit, or the spans overlap in part.</exception>
    public void Apply(ReadOnlySpan<float> inputs, Span<float> scaled)
    {
        if (inputs.Length % InputSize != 0)
            throw new ArgumentException($"inputs holds {inputs.Length} floats: not a multiple of InputSize, {InputSize}.", nameof(inputs));
        if (scaled.Length != inputs.Length)
            throw new ArgumentException($"scaled holds {scaled.Length} floats; inputs holds {inputs.Length}.", nameof(scaled));
        if (inputs.Overlaps(scaled, out int distance) && distance != 0)
            throw new ArgumentException($"scaled overlaps inputs, {distance} floats apart: they must be the same or have nothing in common.", nameof(scaled));
        for (int start = 0; start < inputs.Length; start += InputSize)
        {
            for (int i = 0; i < _shift.Length; i++)
                scaled[start + i] = ((inputs[start + i] - _shift[i]) * _factor[i]) + _offset;
        }
    }

    /// <summary>A network that scales its inputs and then gives the outputs of <paramref name="network"/>, to the bit those that scaled examples have there: a copy, which shares nothing with it.</summary>
    /// <param name="network">Trained on examples that were scaled; it stays as it is.</param>
    /// <exception cref="ArgumentException">The network has another number of inputs, or scales them already.</exception>
    public Network Prepend(Network network)
    {
        CheckSize(network);
        if (network.Blocks[0] is Scale)
            throw new ArgumentException("network scales its inputs already.", nameof(network));
        var scaling = new Network([ToLayer(), .. network.Blocks]);
        network.Parameters.CopyTo(scaling.Parameters);
        network.Statistics.CopyTo(scaling.Statistics[scaling.Blocks[0].StatisticsCount..]);
        network.Counters.CopyTo(scaling.Counters);
        return scaling;
    }

    /// <summary>Changes the first layer so that the network takes inputs that are not scaled: ((x - shift) factor + offset) W + b = x (factor W) + (b + (offset - shift factor) W).</summary>
    /// <param name="network">Begins with a Dense layer. Its outputs stay the same but for rounding. Call it once, after the training.</param>
    /// <exception cref="ArgumentException">The network begins with another layer, or has another number of inputs.</exception>
    public void FoldInto(Network network)
    {
        CheckSize(network);
        if (network.Blocks[0] is not Dense)
            throw new ArgumentException($"network begins with {network.Blocks[0].GetType().Name}; scaling goes into the weights of a Dense layer. Prepend takes every network.", nameof(network));
        Span<float> weights = network.Layers[0].Weights, bias = network.Layers[0].Bias;
        double[] moved = new double[bias.Length];
        for (int row = 0; row < _shift.Length; row++)
        {
            double shift = _offset - ((double)_shift[row] * _factor[row]);
            for (int column = 0; column < moved.Length; column++)
            {
                ref float weight = ref weights[(row * moved.Length) + column];
                moved[column] += shift * weight;
                weight *= _factor[row];
            }
        }

        for (int column = 0; column < moved.Length; column++)
            bias[column] = (float)(bias[column] + moved[column]);
    }

    internal Scale ToLayer()
    {
        float[] offset = new float[InputSize];
        Array.Fill(offset, _offset);
        return new Scale(InputSize, [.. _shift, .. _factor, .. offset]);
    }

    private void CheckSize(Network network)
    {
        ArgumentNullException.ThrowIfNull(network);
        if (network.InputSize != InputSize)
            throw new ArgumentException($"network has {network.InputSize} inputs; this scaler has {InputSize}.", nameof(network));
    }

    // A range of 0 is that of a constant, which is only shifted; so is one so small that its factor would be infinite.
    private static float FactorOf(double wanted, double range) => range > 0 && float.IsFinite((float)(wanted / range)) ? (float)(wanted / range) : 1;
}
