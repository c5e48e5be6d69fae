namespace Backprop.Simd.Onnx;

/// <summary>How a network is written as an ONNX model.</summary>
public sealed record OnnxExportOptions
{
    /// <summary>Oldest operator set that can be written: LayerNormalization came with it.</summary>
    public const int MinimumOpset = 17;

    /// <summary>Newest operator set that can be written.</summary>
    public const int MaximumOpset = 22;

    /// <summary>Version of the operator set, <see cref="MinimumOpset"/> to <see cref="MaximumOpset"/>. From 20 on GELU is one operator; before, it is put together from Erf or Tanh.</summary>
    public int Opset { get; init; } = 17;

    /// <summary>What the model ends with.</summary>
    public OnnxOutput Output { get; init; }

    /// <summary>Subtracted from every example before anything else (such as the training data's means), or null; as many values as the network has inputs.</summary>
    public ReadOnlyMemory<float>? InputOffset { get; init; }

    /// <summary>Multiplied with every example after the subtraction (such as 1 / standard deviation), or null; as many values as the network has inputs.</summary>
    public ReadOnlyMemory<float>? InputScale { get; init; }

    /// <summary>Name of the model's input, float [batch, InputSize].</summary>
    public string InputName { get; init; } = "input";

    /// <summary>Name of the model's output, float [batch, OutputSize].</summary>
    public string OutputName { get; init; } = "output";
}
