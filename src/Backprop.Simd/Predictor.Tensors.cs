using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using Backprop.Simd.Internal.Memory;

namespace Backprop.Simd;

public sealed unsafe partial class Predictor
{
    /// <summary>The network's outputs, [rows, OutputSize]. Valid until the next call; nothing is copied or allocated.</summary>
    /// <param name="inputs">[rows, InputSize], the size in one dimension or several ([rows, 28, 28]); or [InputSize], one example. Side by side in row-major order.</param>
    /// <exception cref="ArgumentException">Sizes do not fit, there are too many examples, or the tensor is a strided view.</exception>
    /// <exception cref="ObjectDisposedException">This predictor or its worker pool was disposed.</exception>
    [OverloadResolutionPriority(-1)]
    public ReadOnlyTensorSpan<float> Predict(in ReadOnlyTensorSpan<float> inputs)
    {
        ReadOnlySpan<float> outputs = Predict(TensorViews.Rows(inputs, _network.InputSize, nameof(inputs)));
        return new ReadOnlyTensorSpan<float>(outputs, [outputs.Length / _network.OutputSize, _network.OutputSize]);
    }
}
