using Backprop.Simd.Onnx;

namespace Backprop.Simd.Tests;

/// <summary>The example of docs/exchange.md.</summary>
internal static class ExchangeExample
{
    public static (Network Network, Network Back) Run()
    {
        // example begins
        Network network = new NetworkBuilder(inputs: 4).Dense(16, Activation.GELU).Dense(3).Build(seed: 1);

        // ONNX: for ONNX Runtime, and whatever else reads it
        OnnxModel.Export(network, "model.onnx", new OnnxExportOptions { Output = OnnxOutput.Probabilities });
        Network back = OnnxModel.Import("model.onnx");

        // C#: one class without a library behind it, MyGame.Brain.Predict(inputs, outputs)
        using (StreamWriter source = File.CreateText("Brain.cs"))
            CSharpExport.Write(network, source, "MyGame", "Brain");
        // example ends
        return (network, back);
    }
}
