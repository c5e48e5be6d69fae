namespace Backprop.Simd.Cli;

/// <summary>(x - shift) factor for each input, fitted on the training part and folded into the model, which then takes the file's numbers as they are.</summary>
internal sealed class InputScaling
{
    private readonly float[] _shift;
    private readonly float[] _factor;

    private InputScaling(float[] shift, float[] factor)
    {
        _shift = shift;
        _factor = factor;
    }

    /// <summary>To 0 .. 1, all inputs alike: for pixels.</summary>
    public static InputScaling Pixels(int inputs, float largest)
    {
        float[] factor = new float[inputs];
        Array.Fill(factor, 1 / largest);
        return new InputScaling(new float[inputs], factor);
    }

    /// <summary>To mean 0 and standard deviation 1 over these examples, each input by itself; a constant one to 0.</summary>
    public static InputScaling Standardize(Dataset examples)
    {
        int inputs = examples.InputSize, count = examples.Count;
        float[] shift = new float[inputs], factor = new float[inputs];
        for (int column = 0; column < inputs; column++)
        {
            double sum = 0, squares = 0;
            for (int row = 0; row < count; row++)
                sum += examples.Inputs[(row * inputs) + column];
            double mean = sum / count;
            for (int row = 0; row < count; row++)
            {
                double difference = examples.Inputs[(row * inputs) + column] - mean;
                squares += difference * difference;
            }

            double deviation = Math.Sqrt(squares / count);
            shift[column] = (float)mean;
            factor[column] = deviation > 0 && float.IsFinite((float)(1 / deviation)) ? (float)(1 / deviation) : 1;
        }

        return new InputScaling(shift, factor);
    }

    public Dataset Apply(Dataset examples)
    {
        float[] inputs = examples.Inputs.ToArray();
        for (int row = 0; row < examples.Count; row++)
        {
            Span<float> example = inputs.AsSpan(row * _shift.Length, _shift.Length);
            for (int i = 0; i < example.Length; i++)
                example[i] = (example[i] - _shift[i]) * _factor[i];
        }

        return new Dataset(inputs, examples.InputSize, examples.Labels.ToArray(), examples.TargetSize);
    }

    /// <summary>Changes the first layer so that it takes inputs that are not scaled: ((x - shift) factor) W + b = x (factor W) + (b - (shift factor) W).</summary>
    /// <param name="network">Begins with a dense layer.</param>
    public void FoldInto(Network network)
    {
        NetworkLayer first = network.Layers[0];
        Span<float> weights = first.Weights, bias = first.Bias;
        double[] moved = new double[bias.Length];
        for (int row = 0; row < _shift.Length; row++)
        {
            for (int column = 0; column < moved.Length; column++)
            {
                ref float weight = ref weights[(row * moved.Length) + column];
                moved[column] -= (double)_shift[row] * _factor[row] * weight;
                weight *= _factor[row];
            }
        }

        for (int column = 0; column < moved.Length; column++)
            bias[column] = (float)(bias[column] + moved[column]);
    }
}
