namespace Backprop.Simd.Onnx;

/// <summary>What an exported model ends with.</summary>
public enum OnnxOutput
{
    /// <summary>What <see cref="Predictor.Predict(ReadOnlySpan{float})"/> gives: probabilities where the last layer is Softmax, else the last layer's outputs.</summary>
    AsBuilt,

    /// <summary>The weighted sums of the last layer: a Softmax in it is left out.</summary>
    Logits,

    /// <summary>Softmax at the end, also where the network was trained on logits.</summary>
    Probabilities,
}
