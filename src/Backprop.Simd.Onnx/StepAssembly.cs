using Backprop.Simd.Internal.Activations;
using Backprop.Simd.Internal.Layers;

namespace Backprop.Simd.Internal.Onnx;

/// <summary>Makes a network of the steps of a model: scaling goes into weights, activations join the layer before them.</summary>
/// <param name="path">For messages.</param>
/// <param name="steps">In the order of the forward pass.</param>
/// <param name="inputSize">What the model says of its input, or 0.</param>
/// <param name="reserve">Counts floats against what the file's size allows.</param>
internal sealed class StepAssembly(string path, List<Step> steps, int inputSize, Func<long, string, int> reserve)
{
    private readonly List<Step> _done = [];
    private int _width;

    public Network Build()
    {
        int inputs = inputSize > 0 ? inputSize : steps.Select(step => step.InputSize).FirstOrDefault(size => size > 0);
        if (inputs == 0)
            throw new InvalidDataException($"{path}: nothing says how many values an example has.");
        _width = inputs;
        MoveScalingIntoWeights();
        foreach (Step step in steps)
            Append(step);
        if (_done.Count == 0)
            throw new InvalidDataException($"{path}: the graph has no layer: its output is its input.");

        var builder = new NetworkBuilder(inputs);
        foreach (Step step in _done)
        {
            reserve(ParametersOf(step), step.Where);
            Describe(builder, step);
        }

        Network network = builder.BuildUninitialized();
        for (int i = 0; i < _done.Count; i++)
            Fill(network, i, _done[i]);
        return network;
    }

    private static long ParametersOf(Step step) => step switch
    {
        Step.Linear linear => linear.Weights.Length + (long)linear.Bias.Length,
        Step.RowNorm norm => 2L * norm.Scale.Length,
        Step.ColumnNorm norm => 4L * norm.Scale.Length,
        Step.Affine affine => 3L * affine.Scale.Length,
        _ => 0,
    };

    private static void Describe(NetworkBuilder builder, Step step)
    {
        switch (step)
        {
            case Step.Linear linear: builder.Dense(linear.Bias.Length, new Activation(linear.Activation)); break;
            case Step.RowNorm: builder.LayerNorm(); break;
            case Step.ColumnNorm norm: builder.BatchNorm(norm.Momentum); break;
            case Step.Affine affine: builder.AddScale(new Scale(affine.Scale.Length)); break;
            case Step.Drop drop: builder.Dropout(drop.Rate); break;
            default: throw new InvalidOperationException($"{step.Where} is no layer.");
        }
    }

    private static void Fill(Network network, int index, Step step)
    {
        Layer layer = network.Blocks[index];
        Span<float> parameters = network.Parameters.Slice(network.Offsets[index], layer.ParameterCount);
        Span<float> statistics = network.Statistics.Slice(network.StatisticsOffsets[index], layer.StatisticsCount);
        switch (step)
        {
            case Step.Linear linear:
                linear.Weights.CopyTo(parameters);
                linear.Bias.CopyTo(parameters[linear.Weights.Length..]);
                break;
            case Step.RowNorm norm:
                norm.Scale.CopyTo(parameters);
                norm.Shift.CopyTo(parameters[norm.Scale.Length..]);
                break;
            case Step.ColumnNorm norm:
                norm.Scale.CopyTo(parameters);
                norm.Shift.CopyTo(parameters[norm.Scale.Length..]);
                norm.Mean.CopyTo(statistics);
                norm.Variance.CopyTo(statistics[norm.Scale.Length..]);
                break;
            case Step.Affine affine:
                statistics[..layer.InputSize].Clear();
                affine.Scale.CopyTo(statistics[layer.InputSize..]);
                affine.Offset.CopyTo(statistics[(2 * layer.InputSize)..]);
                break;
            default:
                break;
        }
    }

    // Scaling just before weights; that after them is met in Append.
    private void MoveScalingIntoWeights()
    {
        for (int i = 0; i < steps.Count - 1; i++)
        {
            if (steps[i] is not Step.Affine affine || (i > 0 && TakesScaling(steps[i - 1])))
                continue;
            if (steps[i + 1] is Step.Affine next && (next.InputSize == affine.InputSize || next.InputSize == 0 || affine.InputSize == 0))
            {
                steps[i + 1] = Chain(affine, next);
                steps.RemoveAt(i--);
            }
            else if (steps[i + 1] is Step.Linear linear && (affine.InputSize == 0 || affine.InputSize == linear.InputSize))
            {
                MoveIn(affine, linear);
                steps.RemoveAt(i);
            }
        }
    }

    private static bool TakesScaling(Step step) => step is Step.Linear or Step.RowNorm or Step.ColumnNorm;

    private Step.Affine Chain(Step.Affine first, Step.Affine second)
    {
        int size = Math.Max(Math.Max(first.InputSize, second.InputSize), 1);
        reserve(2L * size, second.Where);
        float[] scale = new float[size], offset = new float[size];
        for (int i = 0; i < size; i++)
        {
            scale[i] = first.ScaleOf(i) * second.ScaleOf(i);
            offset[i] = (float)(((double)first.OffsetOf(i) * second.ScaleOf(i)) + second.OffsetOf(i));
        }

        return new Step.Affine(second.Where, scale, offset);
    }

    /// <summary>(x s + o) W + b = x (s W) + (o W + b).</summary>
    private static void MoveIn(Step.Affine affine, Step.Linear linear)
    {
        int outputs = linear.Bias.Length;
        double[] bias = Array.ConvertAll(linear.Bias, value => (double)value);
        for (int row = 0; row < linear.InputSize; row++)
        {
            for (int column = 0; column < outputs; column++)
            {
                ref float weight = ref linear.Weights[(row * outputs) + column];
                bias[column] += (double)affine.OffsetOf(row) * weight;
                weight *= affine.ScaleOf(row);
            }
        }

        for (int column = 0; column < outputs; column++)
            linear.Bias[column] = (float)bias[column];
    }

    private void Append(Step step)
    {
        if (step.InputSize != 0 && step.InputSize != _width)
            throw new InvalidDataException($"{path}: {step.Where}: it takes {step.InputSize} values and gets {_width}.");
        if (_done.LastOrDefault() is Step.Linear { Activation.Id: ActivationId.Softmax } softmax)
            throw new InvalidDataException($"{path}: {softmax.Where}: softmax is possible in the last layer only.");
        switch (step)
        {
            case Step.Affine affine:
                Scale(affine);
                break;
            case Step.Elementwise activation:
                LayerToActivate(activation).Activation = activation.Activation;
                break;
            case Step.Linear linear:
                _width = linear.Bias.Length;
                _done.Add(linear);
                break;
            default:
                _done.Add(step);
                break;
        }
    }

    private void Scale(Step.Affine affine)
    {
        switch (_done.LastOrDefault())
        {
            case Step.Linear { Activation.Id: ActivationId.Identity } linear:
                for (int i = 0; i < linear.Weights.Length; i++)
                    linear.Weights[i] *= affine.ScaleOf(i % _width);
                ScaleOffsets(affine, linear.Bias);
                break;
            case Step.RowNorm norm:
                ScaleOffsets(affine, norm.Shift);
                for (int i = 0; i < _width; i++)
                    norm.Scale[i] *= affine.ScaleOf(i);
                break;
            case Step.ColumnNorm norm:
                ScaleOffsets(affine, norm.Shift);
                for (int i = 0; i < _width; i++)
                    norm.Scale[i] *= affine.ScaleOf(i);
                break;
            case null:
                // Of the inputs, before a layer that has no weights to take it: a layer of its own.
                var whole = new Step.Affine(affine.Where, new float[reserve(_width, affine.Where)], new float[reserve(_width, affine.Where)]);
                for (int i = 0; i < _width; i++)
                    (whole.Scale[i], whole.Offset[i]) = (affine.ScaleOf(i), affine.OffsetOf(i));
                _done.Add(whole);
                break;
            default:
                Diagonal(affine);
                break;
        }
    }

    private Step.Linear Diagonal(Step.Affine affine)
    {
        Step.Linear diagonal = Identity(affine.Where);
        for (int i = 0; i < _width; i++)
        {
            diagonal.Weights[(i * _width) + i] = affine.ScaleOf(i);
            diagonal.Bias[i] = affine.OffsetOf(i);
        }

        return diagonal;
    }

    private static void ScaleOffsets(Step.Affine affine, float[] offsets)
    {
        for (int i = 0; i < offsets.Length; i++)
            offsets[i] = (float)(((double)offsets[i] * affine.ScaleOf(i)) + affine.OffsetOf(i));
    }

    /// <summary>The layer before an activation, or weights that change nothing.</summary>
    private Step.Linear LayerToActivate(Step.Elementwise activation)
    {
        if (_done.LastOrDefault() is Step.ColumnNorm norm && _done is [.., Step.Linear { Activation.Id: ActivationId.Identity } normalized, _])
        {
            // Linear, batch normalization, activation, as most models have it: the statistics are fixed, so the three are one layer.
            for (int i = 0; i < _width; i++)
            {
                double factor = norm.Scale[i] / Math.Sqrt((double)norm.Variance[i] + LayerNorm.Epsilon);
                normalized.Bias[i] = (float)(((normalized.Bias[i] - (double)norm.Mean[i]) * factor) + norm.Shift[i]);
                for (int at = i; at < normalized.Weights.Length; at += _width)
                    normalized.Weights[at] = (float)(normalized.Weights[at] * factor);
            }

            _done.RemoveAt(_done.Count - 1);
        }

        if (_done is [Step.Affine scaling])
        {
            _done.Clear();
            return Diagonal(scaling);
        }

        return _done.LastOrDefault() is Step.Linear { Activation.Id: ActivationId.Identity } linear ? linear : Identity(activation.Where);
    }

    private Step.Linear Identity(string where)
    {
        var identity = new Step.Linear(where, new float[reserve((long)_width * _width, where)], new float[reserve(_width, where)]);
        for (int i = 0; i < _width; i++)
            identity.Weights[(i * _width) + i] = 1;
        _done.Add(identity);
        return identity;
    }
}
