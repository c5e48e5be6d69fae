namespace Backprop.Simd.Internal.Layers;

/// <summary>
/// Normalisation in double precision over one group of values, a row (LayerNorm) or a column (BatchNorm), with running error bounds of the float kernels:
/// h = (x - mean) / sqrt(variance + epsilon), y = h scale + shift; dx = (g - mean(g) - h mean(g h)) / sqrt(variance + epsilon) with g = dy scale.
/// </summary>
internal readonly struct NormReference
{
    private const double U = ReferenceBounds.U;

    private readonly ReferencePass _pass;
    private readonly int _start;
    private readonly int _step;
    private readonly int _count;
    private readonly int _size;
    private readonly int _parameter;
    private readonly int _parameterStep;
    private readonly double _mean;
    private readonly double _inverse;
    private readonly double _variance;

    private NormReference(ReferencePass pass, int start, int step, int count, int size, int parameter, int parameterStep)
    {
        (_pass, _start, _step, _count, _size, _parameter, _parameterStep) = (pass, start, step, count, size, parameter, parameterStep);
        for (int i = 0; i < count; i++)
            _mean += pass.Input[At(i)] / count;
        for (int i = 0; i < count; i++)
            _variance += (pass.Input[At(i)] - _mean) * (pass.Input[At(i)] - _mean) / count;
        _inverse = 1 / Math.Sqrt(_variance + LayerNorm.Epsilon);
    }

    /// <summary>A row, each value with its own scale and shift.</summary>
    public static NormReference OfRow(ReferencePass pass, int row, int size) => new(pass, row * size, 1, size, size, 0, 1);

    /// <summary>A column, with one scale and one shift.</summary>
    public static NormReference OfColumn(ReferencePass pass, int column, int size) => new(pass, column, size, pass.Rows, size, column, 0);

    public void Forward()
    {
        for (int i = 0; i < _count; i++)
            _pass.Output[At(i)] = (Normal(i) * Scale(i)) + Shift(i);
    }

    public void Errors(ReferenceBounds bounds)
    {
        double[] normalErrors = NormalErrors(bounds, out _);
        for (int i = 0; i < _count; i++)
            bounds.OutputError[At(i)] = (normalErrors[i] * Math.Abs(Scale(i))) + (2 * U * (Math.Abs(Normal(i) * Scale(i)) + Math.Abs(Shift(i))));
    }

    public void Gradients(ReferenceBounds bounds)
    {
        double[] normalErrors = NormalErrors(bounds, out double inverseError);
        double mean = 0, meanError = 0, projection = 0, projectionError = 0;
        for (int i = 0; i < _count; i++)
        {
            double dy = bounds.OutputGradient[At(i)], dyError = bounds.OutputGradientError[At(i)], h = Normal(i);
            double g = dy * Scale(i), gError = (dyError * Math.Abs(Scale(i))) + (U * Math.Abs(g));
            mean += g / _count;
            meanError += (gError + ((_count + 1) * U * Math.Abs(g))) / _count;
            projection += g * h / _count;
            projectionError += ((gError * Math.Abs(h)) + (Math.Abs(g) * normalErrors[i]) + ((_count + 2) * U * Math.Abs(g * h))) / _count;

            int p = _parameter + (i * _parameterStep);
            bounds.ParameterGradients[p] += dy * h;
            bounds.ParameterGradientErrors[p] += (dyError * Math.Abs(h)) + (Math.Abs(dy) * normalErrors[i]) + ((_pass.Rows + 2) * U * Math.Abs(dy * h));
            bounds.ParameterGradients[_size + p] += dy;
            bounds.ParameterGradientErrors[_size + p] += dyError + (_pass.Rows * U * Math.Abs(dy));
        }

        for (int i = 0; i < _count; i++)
        {
            double g = bounds.OutputGradient[At(i)] * Scale(i), h = Normal(i), difference = g - mean - (h * projection);
            double error = (bounds.OutputGradientError[At(i)] * Math.Abs(Scale(i))) + meanError + (normalErrors[i] * Math.Abs(projection)) + (Math.Abs(h) * projectionError)
                + (4 * U * (Math.Abs(g) + Math.Abs(mean) + Math.Abs(h * projection)));
            bounds.InputGradient[At(i)] = _inverse * difference;
            bounds.InputGradientError[At(i)] = (inverseError * Math.Abs(difference)) + (_inverse * error) + (2 * U * Math.Abs(_inverse * difference));
        }
    }

    private double[] NormalErrors(ReferenceBounds bounds, out double inverseError)
    {
        double meanError = 0;
        for (int i = 0; i < _count; i++)
            meanError += (bounds.InputError[At(i)] + ((_count + 1) * U * Math.Abs(_pass.Input[At(i)]))) / _count;
        double[] errors = new double[_count];
        double varianceError = (_count + 2) * U * _variance;
        for (int i = 0; i < _count; i++)
        {
            double difference = Math.Abs(_pass.Input[At(i)] - _mean);
            errors[i] = bounds.InputError[At(i)] + meanError + (U * difference);
            varianceError += ((2 * difference) + errors[i]) * errors[i] / _count;
        }

        inverseError = (_inverse * _inverse * _inverse * varianceError / 2) + (4 * U * _inverse);
        for (int i = 0; i < _count; i++)
            errors[i] = (errors[i] * _inverse) + (Math.Abs(_pass.Input[At(i)] - _mean) * inverseError) + (U * Math.Abs(Normal(i)));
        return errors;
    }

    private int At(int index) => _start + (index * _step);

    private double Normal(int index) => (_pass.Input[At(index)] - _mean) * _inverse;

    private double Scale(int index) => _pass.Parameters[_parameter + (index * _parameterStep)];

    private double Shift(int index) => _pass.Parameters[_size + _parameter + (index * _parameterStep)];
}
