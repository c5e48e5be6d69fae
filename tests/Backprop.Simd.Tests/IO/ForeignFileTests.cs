using Backprop.Simd.Internal.IO;
using Xunit;

namespace Backprop.Simd.Tests;

/// <summary>Files that others wrote, without an architecture in them, fill a network that has been described.</summary>
public class ForeignFileTests
{
    // torch.nn.Sequential(Linear(5, 4), ReLU, Dropout, LayerNorm(4), Linear(4, 3), Tanh, BatchNorm1d(3), Linear(3, 2)), trained for 20 steps of Adam
    // and written by TorchSharp 0.107 with TorchSharp.PyBridge 1.4.4 (perf/Backprop.Simd.Peers, "files"): no metadata, no padding, tensors in the order of the modules.
    private const string TorchSharpFile =
        "TgMAAAAAAAB7IjAud2VpZ2h0Ijp7ImR0eXBlIjoiRjMyIiwic2hhcGUiOls0LDVdLCJkYXRhX29mZnNldHMiOlswLDgwXX0sIjAuYmlhcyI6eyJkdHlwZSI6IkYzMiIsInNoYXBlIjpbNF0sImRhdG"
        + "Ffb2Zmc2V0cyI6WzgwLDk2XX0sIjMud2VpZ2h0Ijp7ImR0eXBlIjoiRjMyIiwic2hhcGUiOls0XSwiZGF0YV9vZmZzZXRzIjpbOTYsMTEyXX0sIjMuYmlhcyI6eyJkdHlwZSI6IkYzMiIsInNoYXBl"
        + "IjpbNF0sImRhdGFfb2Zmc2V0cyI6WzExMiwxMjhdfSwiNC53ZWlnaHQiOnsiZHR5cGUiOiJGMzIiLCJzaGFwZSI6WzMsNF0sImRhdGFfb2Zmc2V0cyI6WzEyOCwxNzZdfSwiNC5iaWFzIjp7ImR0eX"
        + "BlIjoiRjMyIiwic2hhcGUiOlszXSwiZGF0YV9vZmZzZXRzIjpbMTc2LDE4OF19LCI2LndlaWdodCI6eyJkdHlwZSI6IkYzMiIsInNoYXBlIjpbM10sImRhdGFfb2Zmc2V0cyI6WzE4OCwyMDBdfSwi"
        + "Ni5iaWFzIjp7ImR0eXBlIjoiRjMyIiwic2hhcGUiOlszXSwiZGF0YV9vZmZzZXRzIjpbMjAwLDIxMl19LCI3LndlaWdodCI6eyJkdHlwZSI6IkYzMiIsInNoYXBlIjpbMiwzXSwiZGF0YV9vZmZzZX"
        + "RzIjpbMjEyLDIzNl19LCI3LmJpYXMiOnsiZHR5cGUiOiJGMzIiLCJzaGFwZSI6WzJdLCJkYXRhX29mZnNldHMiOlsyMzYsMjQ0XX0sIjYucnVubmluZ19tZWFuIjp7ImR0eXBlIjoiRjMyIiwic2hh"
        + "cGUiOlszXSwiZGF0YV9vZmZzZXRzIjpbMjQ0LDI1Nl19LCI2LnJ1bm5pbmdfdmFyIjp7ImR0eXBlIjoiRjMyIiwic2hhcGUiOlszXSwiZGF0YV9vZmZzZXRzIjpbMjU2LDI2OF19LCI2Lm51bV9iYX"
        + "RjaGVzX3RyYWNrZWQiOnsiZHR5cGUiOiJJNjQiLCJzaGFwZSI6W10sImRhdGFfb2Zmc2V0cyI6WzI2OCwyNzZdfX0fjIs8z7O4vHoBLD5yW5q91KzFvstWDT9Uwgu+ytfEPtOyh760wkE+3VZtPmS3"
        + "5b2HejG8NLiIPJfwab42XCu+vzZlvlkAPz733lU/1iEJPfxgCL8sex49yTIMv/hEgD40uAY/4L/+Pshkjj/QGbQ/V46gPpkzur4G2ay+LOCQvlz9Jj290Vi9Y17XvYxbTz93IFu+dc6UPEa4RD2980"
        + "Q/oEo+viuETb/LWVi/kVxWPuEcEr2cOpk+ScMSP0sR1z5Xmhs/1RsWPz37ET65vRa+ZMasvgxg0r7yiXI+9dnrPT6zlj1OWIO+GemHPlgVZj7cgqc7NNtiPo2YNT5xiys/FfPaPnYN4T4q1jE+FAAA"
        + "AAAAAAA=";

    /// <summary>Outputs that TorchSharp computed from these parameters; both sides round, in orders of their own.</summary>
    [Fact]
    public void A_file_that_TorchSharp_wrote_gives_the_outputs_of_TorchSharp()
    {
        float[] expected = [0.17897108f, 0.027008122f, 0.12006618f, -0.06729396f, 0.119482145f, -0.068378285f, 0.11946195f, -0.06800562f, 0.17897108f, 0.027008122f, 0.19183913f, 0.07200795f, 0.17640021f, 0.077420756f];
        using var folder = new TemporaryFolder();
        Network network = new NetworkBuilder(5).Dense(4, Activation.ReLU).Dropout(0.25).LayerNorm().Dense(3, Activation.Tanh).BatchNorm().Dense(2).Build(2);
        network.LoadParameters(folder.Write("torch.safetensors", Convert.FromBase64String(TorchSharpFile)));
        Assert.Equal(20, Assert.Single(network.Counters.ToArray()));
        using Predictor predictor = network.CreatePredictor(7);
        float[] inputs = [.. Enumerable.Range(0, 7 * 5).Select(i => ((i * 37 % 101) - 50) / 32f)];
        ReadOnlySpan<float> outputs = predictor.Predict(inputs);
        for (int i = 0; i < expected.Length; i++)
            Assert.Equal(expected[i], outputs[i], 1e-6f * expected.Max());
    }

    [Theory]
    [InlineData("F32")]
    [InlineData("F64")]
    [InlineData("F16")]
    [InlineData("BF16")]
    public void Floats_of_other_widths_are_converted(string type)
    {
        // Exact in every one of the types.
        float[] weight = [1, -2, 0.5f, 3, 4, float.PositiveInfinity], bias = [-0.25f, 96];
        using var folder = new TemporaryFolder();
        Network network = new NetworkBuilder(3).Dense(2).Build(1);
        network.LoadParameters(folder.Write("a", File(type, null, ("0.weight", [2, 3], weight), ("0.bias", [2], bias))));
        Assert.Equal([1, 3, -2, 4, 0.5f, float.PositiveInfinity], network.Layers[0].Weights.ToArray());
        Assert.Equal(bias, network.Layers[0].Bias.ToArray());
    }

    [Fact]
    public void A_double_is_rounded_to_the_nearest_float()
    {
        using var folder = new TemporaryFolder();
        var writer = new SafetensorsWriter();
        writer.AddDoubles("0.bias", [0.1]);
        writer.AddFloats("0.weight", [1, 1], stream => LittleEndian.Write(stream, [2f]));
        AtomicFile.Write(folder["a"], writer.Write);
        Network network = new NetworkBuilder(1).Dense(1).Build(1);
        network.LoadParameters(folder["a"]);
        Assert.Equal(0.1f, network.Layers[0].Bias[0]);
    }

    [Fact]
    public void Metadata_of_PyTorch_and_none_are_both_taken()
    {
        using var folder = new TemporaryFolder();
        foreach (string? metadata in (string?[])[null, """{"format":"pt"}"""])
        {
            Network network = new NetworkBuilder(1).Dense(1).Build(1);
            network.LoadParameters(folder.Write("a", File("F32", metadata, ("0.weight", [1, 1], [7]), ("0.bias", [1], [8]))));
            Assert.Equal([7f, 8], network.Parameters.ToArray());
        }
    }

    [Fact]
    public void Other_names_are_mapped_and_other_tensors_left_alone()
    {
        using var folder = new TemporaryFolder();
        string path = folder.Write("a", File("F32", null,
            ("actor.0.weight", [1, 1], [1]), ("actor.0.bias", [1], [2]), ("critic.fc.weight", [1, 1], [3]), ("critic.fc.bias", [1], [4])));
        Network network = new NetworkBuilder(1).Dense(1).Build(1);
        network.LoadParameters(path, name => "actor." + name);
        Assert.Equal([1f, 2], network.Parameters.ToArray());
        network.LoadParameters(path, name => name.Replace("0.", "critic.fc.", StringComparison.Ordinal));
        Assert.Equal([3f, 4], network.Parameters.ToArray());
        Assert.Equal($"{path}: tensor '0.weight' of layer 0 is missing.", Assert.Throws<InvalidDataException>(() => network.LoadParameters(path)).Message);
    }

    [Fact]
    public void A_file_of_this_library_is_taken_whatever_its_activations()
    {
        using var folder = new TemporaryFolder();
        Network saved = new NetworkBuilder(3).Dense(4, Activation.ReLU).BatchNorm().Dense(2).Build(1);
        saved.Save(folder["a"]);
        Network network = new NetworkBuilder(3).Dense(4, Activation.SiLU).BatchNorm(momentum: 0.5).Dense(2).Build(2);
        network.LoadParameters(folder["a"]);
        Assert.Equal(saved.Parameters.ToArray(), network.Parameters.ToArray());
    }

    [Theory]
    [InlineData("F32", "0.weight", 3, 2, "tensor '0.weight' of layer 0 is F32 [3, 2]; the architecture needs F32 [2, 3].")]
    [InlineData("F32", "fc.weight", 2, 3, "tensor '0.weight' of layer 0 is missing.")]
    [InlineData("I32", "0.weight", 2, 3, "tensor '0.weight' of layer 0 is I32 [2, 3]; the architecture needs F32 [2, 3].")]
    public void A_file_that_does_not_fit_changes_nothing(string type, string name, int rows, int columns, string message)
    {
        using var folder = new TemporaryFolder();
        string path = folder.Write("a", File(type, null, ("0.bias", [2], [1, 2]), (name, [rows, columns], new float[6])));
        Network network = new NetworkBuilder(3).Dense(2).Build(1);
        string before = network.Fingerprint();
        Assert.Equal($"{path}: {message}", Assert.Throws<InvalidDataException>(() => network.LoadParameters(path)).Message);
        Assert.Equal(before, network.Fingerprint());
    }

    [Fact]
    public void A_matrix_of_any_size_is_transposed()
    {
        using var folder = new TemporaryFolder();
        foreach ((int rows, int columns) in new[] { (1, 1), (15, 1023), (16, 1024), (17, 1025), (33, 2050), (1, 3000), (3000, 1) })
        {
            float[] stored = Shapes.Random(rows * columns, 1);
            Network network = new NetworkBuilder(columns).Dense(rows).Build(1);
            network.LoadParameters(folder.Write("a", File("F32", null, ("0.weight", [rows, columns], stored), ("0.bias", [rows], new float[rows]))));
            Span<float> weights = network.Layers[0].Weights;
            for (int r = 0; r < rows; r++)
            {
                for (int c = 0; c < columns; c++)
                    Assert.Equal(stored[(r * columns) + c], weights[(c * rows) + r]);
            }
        }
    }

    /// <summary>Reading takes the network's memory and a buffer, not the file's size again.</summary>
    [Fact]
    public void A_large_file_is_not_held_in_memory()
    {
        using var folder = new TemporaryFolder();
        Network network = new NetworkBuilder(1500).Dense(1500).Build(1);
        network.Save(folder["a"]);
        long before = GC.GetAllocatedBytesForCurrentThread();
        network.LoadParameters(folder["a"]);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 200_000);
        before = GC.GetAllocatedBytesForCurrentThread();
        Network loaded = Network.Load(folder["a"]);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, (4L * loaded.ParameterCount) + 200_000);
    }

    [Fact]
    public void A_file_that_becomes_shorter_while_it_is_open_is_refused()
    {
        using var folder = new TemporaryFolder();
        string path = folder.Write("a", File("F32", null, ("0.weight", [100, 100], new float[10_000])));
        using var reader = new SafetensorsReader(path);
        using (var shorter = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
            shorter.SetLength(5000);
        float[] values = new float[10_000];
        Assert.StartsWith($"{path}: the file ends at byte 5000, earlier than when it was opened.",
            Assert.Throws<InvalidDataException>(() => reader.ReadFloats(reader.Tensors["0.weight"], 0, values)).Message, StringComparison.Ordinal);
    }

    /// <summary>A safetensors file as its format says, written by hand.</summary>
    private static byte[] File(string type, string? metadata, params (string Name, int[] Shape, float[] Values)[] tensors)
    {
        using var data = new MemoryStream();
        using var writer = new BinaryWriter(data);
        var members = new List<string>();
        if (metadata is not null)
            members.Add($"\"__metadata__\":{metadata}");
        foreach ((string name, int[] shape, float[] values) in tensors)
        {
            long begin = data.Position;
            foreach (float value in values)
            {
                switch (type)
                {
                    case "F64": writer.Write((double)value); break;
                    case "F16": writer.Write((Half)value); break;
                    case "BF16": writer.Write((ushort)(BitConverter.SingleToUInt32Bits(value) >> 16)); break;
                    case "I32": writer.Write((int)value); break;
                    default: writer.Write(value); break;
                }
            }

            members.Add($$"""  "{{name}}":{"dtype":"{{type}}","shape":[{{string.Join(',', shape)}}],"data_offsets":[{{begin}},{{data.Position}}]}""");
        }

        byte[] json = System.Text.Encoding.UTF8.GetBytes("{" + string.Join(',', members) + "}");
        return [.. BitConverter.GetBytes((long)json.Length), .. json, .. data.ToArray()];
    }
}
