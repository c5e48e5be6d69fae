using Backprop.Simd.Internal.Activations;
using Backprop.Simd.Internal.Elementwise;
using Backprop.Simd.Internal.Memory;

namespace Backprop.Simd.Kernels;

/// <summary>Activation functions and their derivatives over spans. Softmax is not elementwise: <see cref="Softmax"/>. Nothing is allocated.</summary>
public static unsafe partial class Activations
{
    /// <summary>y[i] = f(x[i]); overwrites y, which may be x.</summary>
    /// <exception cref="ArgumentException">Lengths differ, spans overlap in part, or the activation is Softmax.</exception>
    public static void Forward(Activation activation, ReadOnlySpan<float> x, Span<float> y)
    {
        RefuseSoftmax(activation);
        SpanChecks.SameLength(y.Length, x.Length, nameof(y), nameof(x));
        SpanChecks.SameOrApart(x, y, nameof(y), nameof(x));
        fixed (float* from = x, to = y)
        {
            var action = new ForwardAction(from, to, x.Length);
            ActivationTable.Dispatch(activation.Kind, ref action);
        }
    }

    /// <summary>dx[i] = f'(x[i]) dy[i]; overwrites dx, which may be any of the inputs.</summary>
    /// <param name="activation">Not Softmax.</param>
    /// <param name="x">What Forward got.</param>
    /// <param name="y">What Forward gave; some derivatives are computed from it, the others from x.</param>
    /// <param name="dy">dLoss/dy.</param>
    /// <param name="dx">Gets dLoss/dx.</param>
    /// <exception cref="ArgumentException">Lengths differ, spans overlap in part, or the activation is Softmax.</exception>
    public static void Backward(Activation activation, ReadOnlySpan<float> x, ReadOnlySpan<float> y, ReadOnlySpan<float> dy, Span<float> dx)
    {
        RefuseSoftmax(activation);
        SpanChecks.SameLength(y.Length, x.Length, nameof(y), nameof(x));
        SpanChecks.SameLength(dy.Length, x.Length, nameof(dy), nameof(x));
        SpanChecks.SameLength(dx.Length, x.Length, nameof(dx), nameof(x));
        SpanChecks.SameOrApart(x, dx, nameof(dx), nameof(x));
        SpanChecks.SameOrApart(y, dx, nameof(dx), nameof(y));
        SpanChecks.SameOrApart(dy, dx, nameof(dx), nameof(dy));
        fixed (float* input = x, output = y, outputGradient = dy, inputGradient = dx)
        {
            float* saved = ActivationTable.Saves(activation.Kind) == Saved.Input ? input : output;
            var action = new BackwardAction(saved, outputGradient, inputGradient, x.Length);
            ActivationTable.Dispatch(activation.Kind, ref action);
        }
    }

    private static void RefuseSoftmax(Activation activation)
    {
        if (activation.Kind.Id == ActivationId.Softmax)
            throw new ArgumentException("Softmax is not elementwise: use Softmax.Forward, which takes rows.", nameof(activation));
    }

    private readonly struct ForwardAction(float* x, float* y, int length) : IActivationAction
    {
        public void Invoke<TActivation>(TActivation activation)
            where TActivation : struct, IActivation =>
            Map.Unary(new ActivationForward<TActivation>(activation), x, y, length);
    }

    private readonly struct BackwardAction(float* saved, float* dy, float* dx, int length) : IActivationAction
    {
        public void Invoke<TActivation>(TActivation activation)
            where TActivation : struct, IActivation =>
            Map.Binary(new ActivationBackward<TActivation>(activation), saved, dy, dx, length);
    }
}
