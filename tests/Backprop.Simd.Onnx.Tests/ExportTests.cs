using Backprop.Simd.Internal.Activations;
using Backprop.Simd.Onnx;
using Xunit;

namespace Backprop.Simd.Tests;

/// <summary>What is exported gives in ONNX Runtime what it gives here, and read back it is the same network.</summary>
public class ExportTests
{
    private static readonly int[] s_opsets = [17, 19, 20, 22];

    public static TheoryData<string, int> Networks()
    {
        var data = new TheoryData<string, int>();
        foreach (string name in Names())
        {
            foreach (int opset in s_opsets)
                data.Add(name, opset);
        }

        return data;

        static IEnumerable<string> Names() => [.. ActivationTable.Elementwise.ToArray().Select(kind => kind.Id.ToString()), "Softmax", "LayerNorm", "BatchNorm", "Scale", "Dropout", "Deep"];
    }

    [Theory]
    [MemberData(nameof(Networks))]
    public void ONNX_Runtime_gives_the_same_outputs(string name, int opset)
    {
        Network network = Make(name);
        using var folder = new TemporaryFolder();
        string path = folder["model.onnx"];
        OnnxModel.Export(network, path, new OnnxExportOptions { Opset = opset });
        foreach (int rows in (int[])[1, 7])
        {
            float[] inputs = Runtime.Numbers(rows * network.InputSize, 3);
            Runtime.AssertClose(Runtime.Predict(network, inputs), Runtime.Run(path, inputs, rows, network.InputSize));
        }
    }

    [Theory]
    [MemberData(nameof(Networks))]
    public void Read_back_it_gives_the_same_bits(string name, int opset)
    {
        Network network = Make(name);
        using var folder = new TemporaryFolder();
        OnnxModel.Export(network, folder["model.onnx"], new OnnxExportOptions { Opset = opset });
        Network read = OnnxModel.Import(folder["model.onnx"]);
        Assert.Equal(network.Blocks.Select(block => block.Description).Where(text => !text.StartsWith("Dropout", StringComparison.Ordinal)), read.Blocks.Select(block => block.Description));
        float[] inputs = Runtime.Numbers(7 * network.InputSize, 3);
        if (name == "Scale")
        {
            // The three operations come back as one product and one sum.
            Runtime.AssertClose(Runtime.Predict(network, inputs), Runtime.Predict(read, inputs));
        }
        else
        {
            Assert.Equal(Runtime.Predict(network, inputs), Runtime.Predict(read, inputs));
        }

        Assert.Equal(network.Parameters.ToArray(), read.Parameters.ToArray());
    }

    public static TheoryData<string> Names => [.. Networks().Select(row => row.Data.Item1).Distinct()];

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_network_runs_with_each_output_and_scaling(string name)
    {
        const int Rows = 3;
        Network network = Make(name);
        int size = network.InputSize, classes = network.OutputSize;
        float[] offset = Runtime.Numbers(size, 1, 5), scale = Array.ConvertAll(Runtime.Numbers(size, 0.5f, 6), value => value + 1);
        float[] raw = Runtime.Numbers(Rows * size, 2), scaled = [.. raw.Select((value, i) => (value - offset[i % size]) * scale[i % size])];
        using var folder = new TemporaryFolder();
        foreach (bool scales in (bool[])[false, true])
        {
            float[] asBuilt = Runtime.Predict(network, scales ? scaled : raw), probabilities = new float[asBuilt.Length];
            bool endsInSoftmax = network.Blocks[^1] is Internal.Layers.Dense { Activation.Id: ActivationId.Softmax };
            if (endsInSoftmax)
                asBuilt.CopyTo(probabilities, 0);
            else
                Kernels.Softmax.Forward(asBuilt, classes, probabilities);
            foreach (OnnxOutput output in Enum.GetValues<OnnxOutput>())
            {
                OnnxModel.Export(network, folder["model.onnx"], new OnnxExportOptions { Output = output, InputOffset = scales ? (ReadOnlyMemory<float>?)offset : null, InputScale = scales ? (ReadOnlyMemory<float>?)scale : null });
                float[] outputs = Runtime.Run(folder["model.onnx"], raw, Rows, size), expected = output == OnnxOutput.Probabilities ? probabilities : asBuilt;
                if (output == OnnxOutput.Logits && endsInSoftmax)
                {
                    // The logits are known up to a constant a row: their softmax tells whether they are right.
                    Kernels.Softmax.Forward(outputs.ToArray(), classes, outputs);
                }

                Runtime.AssertClose(expected, outputs);
            }
        }
    }

    [Theory]
    [InlineData(OnnxOutput.Logits, false)]
    [InlineData(OnnxOutput.Logits, true)]
    [InlineData(OnnxOutput.AsBuilt, true)]
    [InlineData(OnnxOutput.Probabilities, false)]
    [InlineData(OnnxOutput.Probabilities, true)]
    public void Logits_or_probabilities_by_choice(OnnxOutput output, bool endsWithSoftmax)
    {
        Network logits = new NetworkBuilder(6).Dense(9, Activation.Tanh).Dense(5).Build(3);
        Network probabilities = new NetworkBuilder(6).Dense(9, Activation.Tanh).Dense(5, Activation.Softmax).Build(3);
        using var folder = new TemporaryFolder();
        OnnxModel.Export(endsWithSoftmax ? probabilities : logits, folder["model.onnx"], new OnnxExportOptions { Output = output });
        float[] inputs = Runtime.Numbers(4 * 6);
        Runtime.AssertClose(Runtime.Predict(output == OnnxOutput.Logits ? logits : probabilities, inputs), Runtime.Run(folder["model.onnx"], inputs, 4, 6));
    }

    [Fact]
    public void Scaling_of_the_inputs_is_a_part_of_the_model()
    {
        Network network = new NetworkBuilder(6).Dense(9, Activation.SiLU).Dense(5).Build(3);
        float[] offset = Runtime.Numbers(6, 1, 5), scale = Array.ConvertAll(Runtime.Numbers(6, 1, 6), value => value + 2);
        float[] raw = Runtime.Numbers(4 * 6, 3), scaled = [.. raw.Select((value, i) => (value - offset[i % 6]) * scale[i % 6])];
        using var folder = new TemporaryFolder();
        OnnxModel.Export(network, folder["model.onnx"], new OnnxExportOptions { InputOffset = offset, InputScale = scale });
        float[] expected = Runtime.Predict(network, scaled);
        Runtime.AssertClose(expected, Runtime.Run(folder["model.onnx"], raw, 4, 6));
        Runtime.AssertClose(expected, Runtime.Predict(OnnxModel.Import(folder["model.onnx"]), raw));
    }

    [Fact]
    public void Names_and_opset_are_those_of_the_options()
    {
        using var folder = new TemporaryFolder();
        OnnxModel.Export(new NetworkBuilder(3).Dense(2).Build(1), folder["model.onnx"], new OnnxExportOptions { InputName = "0.Gemm", OutputName = "0.weight", Opset = 21 });
        using var session = new Microsoft.ML.OnnxRuntime.InferenceSession(folder["model.onnx"]);
        Assert.Equal(["0.Gemm"], session.InputNames);
        Assert.Equal(["0.weight"], session.OutputNames);
        Assert.Equal([-1, 3], session.InputMetadata["0.Gemm"].Dimensions);
        Assert.Equal(["batch", string.Empty], session.InputMetadata["0.Gemm"].SymbolicDimensions);
        Assert.Equal(21, Internal.Onnx.ModelFile.Read(folder["model.onnx"], out _).OpsetImport[0].Version);
    }

    [Fact]
    public void Bad_options_are_refused_before_a_file_is_written()
    {
        Network network = new NetworkBuilder(3).Dense(2).Build(1);
        using var folder = new TemporaryFolder();
        string path = folder["model.onnx"];
        Assert.Throws<ArgumentOutOfRangeException>(() => OnnxModel.Export(network, path, new OnnxExportOptions { Opset = 16 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => OnnxModel.Export(network, path, new OnnxExportOptions { Opset = 23 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => OnnxModel.Export(network, path, new OnnxExportOptions { Output = (OnnxOutput)3 }));
        Assert.Throws<ArgumentException>(() => OnnxModel.Export(network, path, new OnnxExportOptions { InputName = "output" }));
        Assert.Throws<ArgumentException>(() => OnnxModel.Export(network, path, new OnnxExportOptions { OutputName = string.Empty }));
        Assert.Throws<ArgumentException>(() => OnnxModel.Export(network, string.Empty));
        var e = Assert.Throws<ArgumentException>(() => OnnxModel.Export(network, path, new OnnxExportOptions { InputScale = new float[2] }));
        Assert.StartsWith("InputScale has 2 values; the network has 3 inputs.", e.Message, StringComparison.Ordinal);
        Assert.Empty(folder.Files);
    }

    [Fact]
    public void A_failed_export_keeps_the_old_file()
    {
        using var folder = new TemporaryFolder();
        string path = folder["model.onnx"];
        Directory.CreateDirectory(path);
        Assert.ThrowsAny<Exception>(() => OnnxModel.Export(new NetworkBuilder(3).Dense(2).Build(1), path));
        Assert.Empty(folder.Files);
    }

    private static Network Make(string name)
    {
        Network network = name switch
        {
            "Softmax" => new NetworkBuilder(6).Dense(9, Activation.Softmax).Build(1),
            "LayerNorm" => new NetworkBuilder(6).LayerNorm().Dense(19, Activation.GELU).LayerNorm().Build(2),
            "BatchNorm" => new NetworkBuilder(6).BatchNorm().Dense(19, Activation.GELUTanh).BatchNorm(0.25).Build(2),
            "Scale" => InputScaler.Multiply(21, 0.3f).Prepend(new NetworkBuilder(21).LayerNorm().Dense(19, Activation.GELU).Build(2)),
            "Dropout" => new NetworkBuilder(6).Dropout(0.5).Dense(19, Activation.ReLU).Dropout(0.5).Build(2),
            "Deep" => new NetworkBuilder(64).Dense(48, Activation.ReLU).BatchNorm().Dropout(0.25).Dense(33, Activation.LeakyReLU(0.2)).LayerNorm().Dense(16, Activation.ELU(0.7)).Dense(10, Activation.Softmax).Build(4),
            _ => new NetworkBuilder(8).Dense(17, new Activation(ActivationTable.Elementwise.ToArray().Single(kind => kind.Id.ToString() == name))).Dense(5).Build(1),
        };
        foreach (NetworkLayer layer in network.Layers)
        {
            // Scales and shifts that are not 1 and 0.
            float[] numbers = Runtime.Numbers(layer.Bias.Length, 0.5f, 7);
            for (int i = 0; i < numbers.Length; i++)
                layer.Bias[i] += numbers[i];
        }

        for (int i = 0; i < network.Blocks.Length; i++)
        {
            Span<float> statistics = network.Statistics.Slice(network.StatisticsOffsets[i], network.Blocks[i].StatisticsCount);
            float[] numbers = Runtime.Numbers(statistics.Length, 0.75f, 9);
            for (int j = 0; j < numbers.Length; j++)
                statistics[j] += numbers[j];
        }

        return network;
    }
}
