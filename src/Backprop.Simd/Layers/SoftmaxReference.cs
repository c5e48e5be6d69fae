namespace Backprop.Simd.Internal.Layers;

/// <summary>Softmax of one row in double precision, with running error bounds of the float kernels.</summary>
internal static class SoftmaxReference
{
    private const double U = ReferenceBounds.U;

    // exp and division: a few ULP.
    private const int OwnRoundings = 12;

    /// <summary>y_j = e^(z_j) / sum e^(z_k)</summary>
    public static void Forward(ReadOnlySpan<double> sums, Span<double> outputs)
    {
        double max = Largest(sums), total = 0;
        for (int j = 0; j < sums.Length; j++)
            total += outputs[j] = ReferenceExp(sums[j] - max);
        for (int j = 0; j < sums.Length; j++)
            outputs[j] /= total;
    }

    /// <summary>y_j changes by y_j (dz_j - sum y_k dz_k); z - max is rounded too.</summary>
    public static void Errors(ReadOnlySpan<double> sums, ReadOnlySpan<double> sumErrors, ReadOnlySpan<double> outputs, Span<double> errors)
    {
        double max = Largest(sums), mean = 0;
        for (int j = 0; j < outputs.Length; j++)
            mean += outputs[j] * (sumErrors[j] + (U * (max - sums[j])));
        for (int j = 0; j < outputs.Length; j++)
            errors[j] = outputs[j] * (sumErrors[j] + (U * (max - sums[j])) + mean + ((outputs.Length + OwnRoundings) * U));
    }

    /// <summary>dz_j = y_j (dy_j - sum y_k dy_k)</summary>
    public static void Backward(ReadOnlySpan<double> outputs, ReadOnlySpan<double> errors, ReadOnlySpan<double> dy, ReadOnlySpan<double> dyError, Span<double> dz, Span<double> dzError)
    {
        double mean = 0, meanError = 0;
        for (int j = 0; j < outputs.Length; j++)
        {
            mean += outputs[j] * dy[j];
            meanError += (errors[j] * Math.Abs(dy[j])) + (outputs[j] * dyError[j]) + ((outputs.Length + 2) * U * Math.Abs(outputs[j] * dy[j]));
        }

        for (int j = 0; j < outputs.Length; j++)
        {
            dz[j] = outputs[j] * (dy[j] - mean);
            dzError[j] = (errors[j] * Math.Abs(dy[j] - mean)) + (outputs[j] * (dyError[j] + meanError)) + (3 * U * outputs[j] * (Math.Abs(dy[j]) + Math.Abs(mean)));
        }
    }

    private static double Largest(ReadOnlySpan<double> values)
    {
        double max = double.NegativeInfinity;
        foreach (double value in values)
            max = Math.Max(max, value);
        return max;
    }

    private static double ReferenceExp(double x) => Math.Exp(x);
}
