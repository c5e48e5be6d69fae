using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using Backprop.Simd.Internal.Memory;

namespace Backprop.Simd;

public sealed unsafe partial class Trainer
{
    /// <summary>One step of training by class labels.</summary>
    /// <inheritdoc cref="Step(ReadOnlySpan{float}, ReadOnlySpan{int})"/>
    /// <param name="inputs">[rows, InputSize], the size in one dimension or several; side by side in row-major order.</param>
    /// <param name="labels">rows; each from 0 to OutputSize - 1.</param>
    /// <exception cref="ArgumentException">Sizes do not fit, the loss takes targets, or the tensor is a strided view.</exception>
    [OverloadResolutionPriority(-1)]
    public float Step(in ReadOnlyTensorSpan<float> inputs, ReadOnlySpan<int> labels) =>
        Step(TensorViews.Rows(inputs, _network.InputSize, nameof(inputs)), labels);

    /// <summary>One step of training by targets.</summary>
    /// <inheritdoc cref="Step(ReadOnlySpan{float}, ReadOnlySpan{float})"/>
    /// <param name="inputs">[rows, InputSize], the size in one dimension or several; side by side in row-major order.</param>
    /// <param name="targets">[rows, OutputSize]; side by side in row-major order.</param>
    /// <exception cref="ArgumentException">Sizes do not fit, or a tensor is a strided view.</exception>
    [OverloadResolutionPriority(-1)]
    public float Step(in ReadOnlyTensorSpan<float> inputs, in ReadOnlyTensorSpan<float> targets) =>
        Step(TensorViews.Rows(inputs, _network.InputSize, nameof(inputs)), TensorViews.Rows(targets, _network.OutputSize, nameof(targets)));

    /// <summary>First of three parts: the outputs in training mode, [rows, OutputSize], valid until the next call.</summary>
    /// <param name="inputs">[rows, InputSize], the size in one dimension or several; side by side in row-major order; copied.</param>
    /// <exception cref="ArgumentException">Sizes do not fit, or the tensor is a strided view.</exception>
    /// <exception cref="ObjectDisposedException">The trainer or its worker pool was disposed.</exception>
    [OverloadResolutionPriority(-1)]
    public ReadOnlyTensorSpan<float> Forward(in ReadOnlyTensorSpan<float> inputs)
    {
        ReadOnlySpan<float> outputs = Forward(TensorViews.Rows(inputs, _network.InputSize, nameof(inputs)));
        return new ReadOnlyTensorSpan<float>(outputs, [outputs.Length / _network.OutputSize, _network.OutputSize]);
    }

    /// <summary>Second of three parts: adds to <see cref="Gradients"/>.</summary>
    /// <param name="outputGradient">dLoss/dOutputs of the last Forward, [rows, OutputSize]; side by side in row-major order.</param>
    /// <exception cref="InvalidOperationException">No Forward since construction, Step, Update or Evaluate.</exception>
    /// <exception cref="ArgumentException">Sizes do not fit, or the tensor is a strided view.</exception>
    /// <exception cref="ObjectDisposedException">The trainer or its worker pool was disposed.</exception>
    [OverloadResolutionPriority(-1)]
    public void Backward(in ReadOnlyTensorSpan<float> outputGradient) => Backward(TensorViews.Rows(outputGradient, _network.OutputSize, nameof(outputGradient)));
}
