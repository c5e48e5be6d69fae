using Backprop.Simd.Internal.Layers;
using Backprop.Simd.Internal.Losses;

namespace Backprop.Simd.Internal.Verification;

/// <summary>A loss over a batch in double precision, from the references of its formula.</summary>
internal sealed class DoubleLoss(LossKind kind, double[] targets, int rows, int size)
{
    private const double U = ReferenceBounds.U;

    // At least the largest second derivative of every elementwise loss, where it is smooth.
    private const double Curvature = 2;

    // Of a derivative, relative to it and to the target: a function that is 4 ULP off, a difference, and the factor 1 / count.
    private const double OwnError = 16 * U;

    private bool IsElementwise => kind.Id != LossId.SoftmaxCrossEntropy;

    // The loss is the mean over this many.
    private int Count => IsElementwise ? targets.Length : rows;

    /// <summary>The mean loss.</summary>
    public double Mean(double[] outputs)
    {
        double sum = 0;
        if (IsElementwise)
        {
            var action = new SumAction(outputs, targets);
            LossTable.Dispatch(kind, ref action);
            sum = action.Sum;
        }
        else
        {
            for (int row = 0; row < rows; row++)
                sum += SoftmaxCrossEntropy.Reference(outputs.AsSpan(row * size, size), targets.AsSpan(row * size, size));
        }

        return sum / Count;
    }

    /// <summary>The mean loss's derivative by each output.</summary>
    public double[] Gradient(double[] outputs)
    {
        double[] gradient = new double[outputs.Length];
        if (IsElementwise)
        {
            var action = new DerivativeAction(outputs, targets, gradient);
            LossTable.Dispatch(kind, ref action);
        }
        else
        {
            for (int row = 0; row < rows; row++)
                SoftmaxCrossEntropy.ReferenceDerivative(outputs.AsSpan(row * size, size), targets.AsSpan(row * size, size), gradient.AsSpan(row * size, size));
        }

        for (int i = 0; i < gradient.Length; i++)
            gradient[i] /= Count;
        return gradient;
    }

    /// <summary>Bounds of the gradient's error in floats, and where it may lie on the other side of a kink.</summary>
    /// <param name="outputs">rows x size.</param>
    /// <param name="errors">Of the outputs.</param>
    /// <param name="atKink">Overwritten.</param>
    public double[] GradientErrors(double[] outputs, double[] errors, bool[] atKink)
    {
        double[] gradient = Gradient(outputs), result = new double[outputs.Length];
        for (int i = 0; i < outputs.Length; i++)
            result[i] = OwnError * (Math.Abs(gradient[i]) + (Math.Abs(targets[i]) / Count));
        if (!IsElementwise)
        {
            double[] probabilities = new double[size], probabilityErrors = new double[size];
            for (int row = 0; row < rows; row++)
            {
                ReadOnlySpan<double> logits = outputs.AsSpan(row * size, size);
                SoftmaxReference.Forward(logits, probabilities);
                SoftmaxReference.Errors(logits, errors.AsSpan(row * size, size), probabilities, probabilityErrors);
                double total = 0;
                for (int j = 0; j < size; j++)
                    total += Math.Abs(targets[(row * size) + j]);
                for (int j = 0; j < size; j++)
                    result[(row * size) + j] += total * (probabilityErrors[j] + (size * U * probabilities[j])) / Count;
            }

            return result;
        }

        double[] below = [.. outputs], above = [.. outputs];
        for (int i = 0; i < outputs.Length; i++)
        {
            below[i] -= errors[i];
            above[i] += errors[i];
        }

        double[] gradientBelow = Gradient(below), gradientAbove = Gradient(above);
        for (int i = 0; i < outputs.Length; i++)
        {
            atKink[i] = HasKink(below[i], above[i], gradientBelow[i], gradientAbove[i]);
            result[i] += Math.Max(Math.Abs(gradientAbove[i] - gradient[i]), Math.Abs(gradientBelow[i] - gradient[i]));
        }

        return result;
    }

    /// <summary>Whether an element's gradient jumps between two outputs. Cross-entropy has no kinks, and its gradient depends on the other outputs too.</summary>
    public bool HasKink(double left, double right, double gradientLeft, double gradientRight) =>
        IsElementwise && Kink.LiesBetween(Math.Abs(right - left), Math.Abs(gradientRight - gradientLeft) * Count, Curvature);

    private struct SumAction(double[] outputs, double[] targets) : ILossAction
    {
        public double Sum { get; private set; }

        public void Invoke<TLoss>(TLoss loss)
            where TLoss : struct, IElementLoss
        {
            for (int i = 0; i < outputs.Length; i++)
                Sum += loss.Reference(outputs[i], targets[i]);
        }
    }

    private readonly struct DerivativeAction(double[] outputs, double[] targets, double[] derivatives) : ILossAction
    {
        public void Invoke<TLoss>(TLoss loss)
            where TLoss : struct, IElementLoss
        {
            for (int i = 0; i < outputs.Length; i++)
                derivatives[i] = loss.ReferenceDerivative(outputs[i], targets[i]);
        }
    }
}
