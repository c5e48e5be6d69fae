using System.IO.Compression;
using Backprop.Simd.Data;
using Xunit;

namespace Backprop.Simd.Tests.Cli;

public sealed class InspectTests
{
    [Fact]
    public void A_network_shows_its_layers_and_tensors()
    {
        using var folder = new TemporaryFolder();
        Network network = new NetworkBuilder(4).Dense(5, Activation.LeakyReLU(0.2)).Dropout(0.25).BatchNorm().Dense(3).Build(1);
        network.Layers[2].Bias[1] = float.NaN;
        network.Save(folder["a.safetensors"]);
        string[] lines = Inspect(folder["a.safetensors"]);
        Assert.Matches(@"^a\.safetensors: a network, [\d,]+ bytes$", lines[0]);
        Assert.Contains("4 inputs, 3 outputs, 53 parameters", lines);
        Assert.Contains($"Fingerprint: {network.Fingerprint()}", lines);
        Has(lines, "Dense 4 5 25 LeakyReLU(0.2)");
        Has(lines, "Dropout 5 5 0 rate 0.25");
        Has(lines, "BatchNorm 5 5 10 momentum 0.1");
        Has(lines, "3.num_batches_tracked I64 [] - - - 0");
        Has(lines, "3.running_var F32 [5] 1 1 1 0");
        Assert.Contains(lines, line => line.StartsWith("4.bias ", StringComparison.Ordinal) && line.EndsWith(" 1", StringComparison.Ordinal));
    }

    [Fact]
    public void A_checkpoint_shows_the_state_of_its_training()
    {
        using var folder = new TemporaryFolder();
        using (var trainer = new Trainer(new NetworkBuilder(2).Dense(1).Build(1), Loss.MeanSquaredError, Optimizer.Adam(0.125)))
        {
            trainer.Step([1f, 2], [3f]);
            trainer.SaveCheckpoint(folder["a.checkpoint"]);
        }

        string[] lines = Inspect(folder["a.checkpoint"]);
        Assert.StartsWith("a.checkpoint: a checkpoint, ", lines[0], StringComparison.Ordinal);
        Has(lines, "Dense 2 1 3 Identity");
        Assert.Contains(lines, line => line.StartsWith("trainer.state.1 ", StringComparison.Ordinal));
        Assert.Contains("backprop_simd.updates: 1", lines);
        Assert.Contains("backprop_simd.learning_rate_bits: 3fc0000000000000 (0.125)", lines);
        Assert.Contains("backprop_simd.loss: MeanSquaredError", lines);
    }

    [Fact]
    public void Data_files_show_types_shapes_and_ranges()
    {
        using var folder = new TemporaryFolder();
        folder.Write("images", DataBytes.Idx(0x08, [2, 1, 2], 1, 2, 3, 10));
        folder.Write("labels.gz", DataBytes.Gzip(DataBytes.Idx(0x0B, [3], 0, 7, 0, 9, 0, 7)));
        folder.Write("f.npy", DataBytes.Npy("<f4", "True", "(2, 1)", DataBytes.LittleEndian(1, float.NaN)));
        NpyWriter.Write(folder["c.npy"], [0.5f, 1, 1.5f], 3);
        using (ZipArchive archive = ZipFile.Open(folder["z.npz"], ZipArchiveMode.Create))
            archive.CreateEntryFromFile(folder["c.npy"], "weights.npy");

        string[] images = Inspect(folder["images"]), labels = Inspect(folder["labels.gz"]);
        Assert.Equal("images: IDX, 20 bytes", images[0]);
        Has(images, "images uint8 [2, 1, 2] 1 4 10 0");
        Has(labels, "labels.gz int16 big-endian [3] 7 7.66667 9 0");
        Has(labels, "7 2");
        Has(labels, "9 1");
        Has(Inspect(folder["f.npy"]), "f.npy float32 [2, 1] 1 1 1 1");
        Has(Inspect(folder["c.npy"]), "c.npy float32 [3] 0.5 1 1.5 0");
        string[] archived = Inspect(folder["z.npz"]);
        Assert.StartsWith("z.npz: npz, 1 arrays, ", archived[0], StringComparison.Ordinal);
        Has(archived, "weights float32 [3] 0.5 1 1.5 0");
    }

    [Fact]
    public void A_table_shows_its_columns_and_classes()
    {
        using var folder = new TemporaryFolder();
        string[] lines = Inspect(folder.Write("t.csv", "size,kind\n1,iris\n,rose\n3,iris\n"u8));
        Assert.Equal("t.csv: CSV, 3 rows of 2, with a header, 30 bytes", lines[0]);
        Has(lines, "size 2 0 1 1 2 3 0");
        Has(lines, "kind 0 3 0 - - - 0");
        Has(lines, "iris 2");
        Assert.StartsWith("u.csv: CSV, 2 rows of 2, without a header", Inspect(folder.Write("u.csv", "1,a\n2,b\n"u8))[0], StringComparison.Ordinal);
    }

    [Fact]
    public void An_ONNX_model_shows_its_graph_and_whether_it_can_be_imported()
    {
        using var folder = new TemporaryFolder();
        new NetworkBuilder(4).Dense(5, Activation.ReLU).Dense(3).Build(1).Save(folder["a.safetensors"]);
        Assert.Equal(0, Tool.Run("export", folder["a.safetensors"], "--onnx", folder["a.onnx"], "--opset", "18").ExitCode);
        string[] lines = Inspect(folder["a.onnx"]);
        Assert.StartsWith("a.onnx: ONNX, ", lines[0], StringComparison.Ordinal);
        Assert.StartsWith("Operator sets: ai.onnx 18; written by ", lines[1], StringComparison.Ordinal);
        Assert.Contains("Input: input, FLOAT [batch, 4]", lines);
        Assert.Contains(lines, line => line.Contains(" Relu ", StringComparison.Ordinal));
        Assert.Contains("Import: yes; 4 inputs, 3 outputs, 43 parameters", lines);
    }

    [Fact]
    public void What_cannot_be_read_is_one_line_on_stderr()
    {
        using var folder = new TemporaryFolder();
        foreach (string path in (string[])[folder["none"], folder.Write("empty", []), folder.Write("cut.npy", DataBytes.Npy("<f4", "False", "(2,)")), folder.Write("cut.idx", [0, 0, 8, 1, 0]), folder.Write("bad.csv", "1,2\n3\n"u8),
            folder.Write("bad.safetensors", [2, 0, 0, 0, 0, 0, 0, 0, (byte)'{', (byte)'x']), folder.Write("bad.onnx", [8, 8, 0x3A, 0x7F]), folder.Write("bad.npz", "PK\u0003\u0004"u8)])
        {
            Tool.Result result = Tool.Run("inspect", path);
            Assert.Equal(2, result.ExitCode);
            Assert.StartsWith("backprop: file: ", result.Error, StringComparison.Ordinal);
            Assert.Single(result.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        }
    }

    private static string[] Inspect(string path)
    {
        Tool.Result result = Tool.Run("inspect", path);
        Assert.True(result.ExitCode == 0, result.Error);
        Assert.DoesNotContain('\u001b', result.Output);
        return result.Lines;
    }

    /// <summary>A row of a table, however wide its columns are.</summary>
    private static void Has(string[] lines, string row) =>
        Assert.Contains(row, lines.Select(line => string.Join(' ', line.Split(' ', StringSplitOptions.RemoveEmptyEntries))));
}
