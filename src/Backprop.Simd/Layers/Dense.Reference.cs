using Backprop.Simd.Internal.Activations;

namespace Backprop.Simd.Internal.Layers;

internal sealed unsafe partial class Dense
{
    private const double U = ReferenceBounds.U;

    // At most 4 ULP, each at most two units.
    private const double ActivationError = 8 * U;

    // A slope is made of a function that is that far off, and of values near 1 that may cancel.
    private const double SlopeError = 32 * U;

    // Every activation's second derivative is below 1, ELU's at most its alpha.
    public override double ReferenceCurvature => Math.Max(1, Math.Abs(Activation.Parameter));

    private bool IsSoftmax => Activation.Id == ActivationId.Softmax;

    public override void Reference(ReferencePass pass)
    {
        for (int row = 0; row < pass.Rows; row++)
        {
            Span<double> sums = pass.Sums.AsSpan(row * OutputSize, OutputSize);
            pass.Parameters.AsSpan(WeightCount).CopyTo(sums);
            for (int i = 0; i < InputSize; i++)
            {
                double x = pass.Input[(row * InputSize) + i];
                ReadOnlySpan<double> weights = pass.Parameters.AsSpan(i * OutputSize, OutputSize);
                for (int j = 0; j < sums.Length; j++)
                    sums[j] += x * weights[j];
            }

            if (IsSoftmax)
                SoftmaxReference.Forward(sums, pass.Output.AsSpan(row * OutputSize, OutputSize));
        }

        if (IsSoftmax)
            return;
        var action = new ReferenceAction(pass);
        ActivationTable.Dispatch(Activation, ref action);
    }

    public override void ReferenceErrors(ReferencePass pass, ReferenceBounds bounds)
    {
        double[] sumErrors = new double[pass.Output.Length];
        for (int row = 0; row < pass.Rows; row++)
        {
            for (int j = 0; j < OutputSize; j++)
            {
                double error = 0, terms = Math.Abs(pass.Parameters[WeightCount + j]);
                for (int i = 0; i < InputSize; i++)
                {
                    double weight = Math.Abs(pass.Parameters[(i * OutputSize) + j]);
                    error += bounds.InputError[(row * InputSize) + i] * weight;
                    terms += Math.Abs(pass.Input[(row * InputSize) + i]) * weight;
                }

                sumErrors[(row * OutputSize) + j] = error + ((InputSize + 2) * U * terms);
            }

            if (IsSoftmax)
            {
                int start = row * OutputSize;
                SoftmaxReference.Errors(pass.Sums.AsSpan(start, OutputSize), sumErrors.AsSpan(start, OutputSize), pass.Output.AsSpan(start, OutputSize), bounds.OutputError.AsSpan(start, OutputSize));
            }
        }

        if (IsSoftmax)
            return;
        var action = new ReferenceErrorAction(pass, bounds, sumErrors, ReferenceCurvature);
        ActivationTable.Dispatch(Activation, ref action);
    }

    public override void ReferenceGradients(ReferencePass pass, ReferenceBounds bounds)
    {
        double[] dz = new double[OutputSize], dzError = new double[OutputSize];
        double[] gradients = bounds.ParameterGradients, errors = bounds.ParameterGradientErrors;
        for (int row = 0; row < pass.Rows; row++)
        {
            ReferenceSumGradients(pass, bounds, row * OutputSize, dz, dzError);
            for (int i = 0; i < InputSize; i++)
            {
                int at = (row * InputSize) + i;
                double x = pass.Input[at], xError = bounds.InputError[at], sum = 0, error = 0;
                for (int j = 0; j < OutputSize; j++)
                {
                    int weight = (i * OutputSize) + j;
                    gradients[weight] += x * dz[j];
                    errors[weight] += (xError * Math.Abs(dz[j])) + ((Math.Abs(x) + xError) * dzError[j]) + ((pass.Rows + 2) * U * Math.Abs(x * dz[j]));
                    sum += dz[j] * pass.Parameters[weight];
                    error += (dzError[j] + ((OutputSize + 2) * U * Math.Abs(dz[j]))) * Math.Abs(pass.Parameters[weight]);
                }

                bounds.InputGradient[at] = sum;
                bounds.InputGradientError[at] = error;
            }

            for (int j = 0; j < OutputSize; j++)
            {
                gradients[WeightCount + j] += dz[j];
                errors[WeightCount + j] += dzError[j] + (pass.Rows * U * Math.Abs(dz[j]));
            }
        }
    }

    // dz = f'(z) dy of one row
    private void ReferenceSumGradients(ReferencePass pass, ReferenceBounds bounds, int start, double[] dz, double[] dzError)
    {
        if (IsSoftmax)
        {
            SoftmaxReference.Backward(
                pass.Output.AsSpan(start, OutputSize),
                bounds.OutputError.AsSpan(start, OutputSize),
                bounds.OutputGradient.AsSpan(start, OutputSize),
                bounds.OutputGradientError.AsSpan(start, OutputSize),
                dz,
                dzError);
            return;
        }

        for (int j = 0; j < OutputSize; j++)
        {
            double dy = bounds.OutputGradient[start + j], slope = pass.Slopes[start + j], slopeError = bounds.SlopeError[start + j];
            dz[j] = dy * slope;
            dzError[j] = (bounds.OutputGradientError[start + j] * (Math.Abs(slope) + slopeError)) + (Math.Abs(dy) * slopeError) + (U * Math.Abs(dz[j]));
        }
    }

    private readonly struct ReferenceAction(ReferencePass pass) : IActivationAction
    {
        public void Invoke<TActivation>(TActivation activation)
            where TActivation : struct, IActivation
        {
            for (int i = 0; i < pass.Output.Length; i++)
            {
                pass.Output[i] = activation.Reference(pass.Sums[i]);
                pass.Slopes[i] = activation.ReferenceDerivative(pass.Sums[i]);
            }
        }
    }

    private readonly struct ReferenceErrorAction(ReferencePass pass, ReferenceBounds bounds, double[] sumErrors, double curvature) : IActivationAction
    {
        public void Invoke<TActivation>(TActivation activation)
            where TActivation : struct, IActivation
        {
            for (int i = 0; i < sumErrors.Length; i++)
            {
                double z = pass.Sums[i], error = sumErrors[i], slope = pass.Slopes[i];
                double below = activation.ReferenceDerivative(z - error), above = activation.ReferenceDerivative(z + error);
                double bend = Math.Max(Math.Abs(above - slope), Math.Abs(below - slope));
                bounds.AtKink[i] = Kink.LiesBetween(2 * error, Math.Abs(above - below), curvature);
                bounds.OutputError[i] = ((Math.Abs(slope) + bend) * error) + (ActivationError * Math.Abs(pass.Output[i]));
                bounds.SlopeError[i] = bend + (SlopeError * curvature);
            }
        }
    }
}
