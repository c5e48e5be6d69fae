using Backprop.Simd.Onnx;

namespace Backprop.Simd.Fuzz;

/// <summary>ONNX models.</summary>
internal static class OnnxTarget
{
    private static readonly string[] s_words =
    [
        "Gemm", "MatMul", "Add", "Sub", "Mul", "Div", "Relu", "LeakyRelu", "Elu", "Softplus", "Sigmoid", "Tanh", "Gelu", "Erf", "HardSwish", "Softmax", "LayerNormalization", "BatchNormalization", "Dropout", "Flatten",
        "Reshape", "Identity", "Transpose", "Constant", "transA", "transB", "alpha", "beta", "axis", "epsilon", "perm", "value", "input", "output", "batch", "ai.onnx", "\x0a\x00", "\x12\x04", "\x08\x01", "\x10\x07", "\xff\xff\xff\xff\x0f", "\x00\x00\x80\x7f",
    ];

    public static Target Onnx
    {
        get
        {
            byte[] perceptron = Exported(new NetworkBuilder(3).Dense(4, Activation.LeakyReLU(0.1)).LayerNorm().Dense(2).Build(1), new OnnxExportOptions { Output = OnnxOutput.Probabilities });
            byte[] normalized = Exported(new NetworkBuilder(2).BatchNorm().Dense(3, Activation.GELU).Dropout(0.5).Dense(2, Activation.SiLU).Build(2), new OnnxExportOptions { InputOffset = new float[] { 1, 2 }, InputScale = new float[] { 3, 4 } });
            byte[] gelu = Exported(new NetworkBuilder(2).Dense(3, Activation.GELUTanh).Dense(2, Activation.ELU(0.5)).Build(3), new OnnxExportOptions { Opset = 20 });
            return new Target("onnx", [perceptron, normalized, gelu], path => OnnxModel.Import(path), s_words);
        }
    }

    private static byte[] Exported(Network network, OnnxExportOptions options)
    {
        string path = Path.GetTempFileName();
        OnnxModel.Export(network, path, options);
        byte[] bytes = File.ReadAllBytes(path);
        File.Delete(path);
        return bytes;
    }
}
