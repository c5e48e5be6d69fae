using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using Backprop.Simd.Internal.Memory;

namespace Backprop.Simd.Kernels;

public static unsafe partial class Activations
{
    /// <summary>y = f(x), element by element, over tensors of any dimensions; overwrites y, which may be x.</summary>
    /// <exception cref="ArgumentException">Lengths differ, a tensor is a strided view, the tensors overlap in part, or the activation is Softmax.</exception>
    [OverloadResolutionPriority(-1)]
    public static void Forward(Activation activation, in ReadOnlyTensorSpan<float> x, in TensorSpan<float> y)
    {
        TensorViews.SameLengths(y, x, nameof(y), nameof(x));
        Forward(activation, TensorViews.Dense(x, nameof(x)), TensorViews.Dense(y, nameof(y)));
    }

    /// <summary>dx = f'(x) dy, element by element, over tensors of any dimensions; overwrites dx, which may be any of the inputs.</summary>
    /// <param name="activation">Not Softmax.</param>
    /// <param name="x">What Forward got.</param>
    /// <param name="y">What Forward gave.</param>
    /// <param name="dy">dLoss/dy.</param>
    /// <param name="dx">Gets dLoss/dx.</param>
    /// <exception cref="ArgumentException">Lengths differ, a tensor is a strided view, the tensors overlap in part, or the activation is Softmax.</exception>
    [OverloadResolutionPriority(-1)]
    public static void Backward(Activation activation, in ReadOnlyTensorSpan<float> x, in ReadOnlyTensorSpan<float> y, in ReadOnlyTensorSpan<float> dy, in TensorSpan<float> dx)
    {
        TensorViews.SameLengths(y, x, nameof(y), nameof(x));
        TensorViews.SameLengths(dy, x, nameof(dy), nameof(x));
        TensorViews.SameLengths(dx, x, nameof(dx), nameof(x));
        Backward(activation, TensorViews.Dense(x, nameof(x)), TensorViews.Dense(y, nameof(y)), TensorViews.Dense(dy, nameof(dy)), TensorViews.Dense(dx, nameof(dx)));
    }
}
