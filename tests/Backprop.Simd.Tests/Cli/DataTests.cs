using System.Globalization;
using System.Text;
using Backprop.Simd.Data;
using Xunit;

namespace Backprop.Simd.Tests.Cli;

/// <summary>The tool on data that its user brings.</summary>
public sealed class DataTests : IDisposable
{
    private static readonly string[] s_schedules = ["constant", "cosine", "step", "exponential", "onecycle"];

    private static readonly string[] s_files = ["curves.png", "fashion-mnist.png", "model.safetensors"];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_model_trained_on_a_table_takes_the_tables_numbers_as_they_are()
    {
        string table = WriteTable("table.csv", withKind: true), inputs = WriteTable("inputs.csv", withKind: false);
        Tool.Result trained = Tool.Run("train", "--data", table, "--epochs", "20", "--seed", "3", "--no-pictures", "--out", _folder["out"]);
        Assert.Equal((0, ""), (trained.ExitCode, trained.Error));

        // Three heaps whose inputs differ in size a thousandfold: it takes scaling to tell them apart in so few steps.
        Assert.Equal("Test accuracy: 100.00 %", trained.Lines[^4]);

        string model = _folder[Path.Combine("out", "model.safetensors")];
        Tool.Result tested = Tool.Run("evaluate", model, "--data", table, "--label-column", "kind");
        Assert.Equal("Test accuracy: 100.00 %", tested.Lines[^1]);
        Assert.Equal(trained.Lines[^1], tested.Lines[^2]);

        Tool.Result predicted = Tool.Run("predict", model, inputs, "--probabilities");
        Assert.Equal("class,p0,p1,p2", predicted.Lines[0]);
        Assert.Equal(File.ReadLines(table).Skip(1).Select(line => line[^1] - 'a'), predicted.Lines[1..].Select(line => int.Parse(line.Split(',')[0], CultureInfo.InvariantCulture)));
        foreach (string line in predicted.Lines[1..])
            Assert.Equal(1, line.Split(',')[1..].Sum(field => double.Parse(field, CultureInfo.InvariantCulture)), 1e-6);

        string output = _folder["said.csv"];
        Assert.Equal(0, Tool.Run("predict", model, table, "--label-column", "3", "--out", output).ExitCode);
        Assert.Equal(predicted.Lines.Select(line => line.Split(',')[0]), File.ReadLines(output));
    }

    [Fact]
    public void Fashion_MNIST_is_read_from_the_folder_that_is_named()
    {
        WriteImages("train-images-idx3-ubyte", "train-labels-idx1-ubyte", count: 200, compressed: false);
        WriteImages("t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz", count: 50, compressed: true);
        Tool.Result result = Tool.Run("train", "--data", "fashion-mnist", "--data-dir", _folder.FullName, "--layers", "16", "--epochs", "8", "--batch", "10", "--out", _folder["out"]);
        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        Assert.Contains("Network: 784-16-10, GELU, dropout 0.3", result.Output, StringComparison.Ordinal);
        Assert.Contains("9 ankle boot", result.Output, StringComparison.Ordinal);
        Assert.Equal(s_files, Directory.GetFiles(_folder["out"]).Select(Path.GetFileName).Order(StringComparer.Ordinal));

        // What the saved model says of raw pixels is what the training's end reported.
        string model = _folder[Path.Combine("out", "model.safetensors")];
        Tool.Result tested = Tool.Run("evaluate", model, "--data", "fashion-mnist", "--data-dir", _folder.FullName);
        Assert.Equal(result.Lines[^4], tested.Lines[^1]);
        tested = Tool.Run("evaluate", model, "--data", _folder["t10k-images-idx3-ubyte.gz"], "--labels", _folder["t10k-labels-idx1-ubyte.gz"]);
        Assert.Equal(result.Lines[^4], tested.Lines[^1]);
        Assert.Equal(51, Tool.Run("predict", model, _folder["t10k-images-idx3-ubyte.gz"]).Lines.Length);
    }

    [Fact]
    public void Each_schedule_trains_otherwise()
    {
        string table = WriteTable("table.csv", withKind: true);
        string[] fingerprints = [.. s_schedules.Select(schedule =>
            Tool.Run("train", "--data", table, "--schedule", schedule, "--epochs", "3", "--layers", "4", "--no-pictures", "--out", _folder["out"]).Lines[^1])];
        Assert.All(fingerprints, fingerprint => Assert.StartsWith("Fingerprint: ", fingerprint, StringComparison.Ordinal));
        Assert.Equal(fingerprints.Length, fingerprints.Distinct().Count());
    }

    /// <summary>A network that ends in Softmax gives probabilities already; of another's outputs predict makes them.</summary>
    [Fact]
    public void Probabilities_are_the_softmax_of_logits_taken_once()
    {
        Network logits = new NetworkBuilder(2).Dense(5, Activation.Tanh).Dense(3).Build(1), softmax = new NetworkBuilder(2).Dense(5, Activation.Tanh).Dense(3, Activation.Softmax).Build(1);
        logits.Save(_folder["logits"]);
        softmax.Save(_folder["softmax"]);
        float[] inputs = Shapes.Random(7 * 2, 1, 3), expected = new float[7 * 3];
        using (Predictor predictor = logits.CreatePredictor(7))
            Kernels.Softmax.Forward(predictor.Predict(inputs), 3, expected);
        File.WriteAllLines(_folder["rows.csv"], inputs.Chunk(2).Select(row => string.Create(CultureInfo.InvariantCulture, $"{row[0]},{row[1]}")));

        foreach (string model in (string[])["logits", "softmax"])
        {
            Tool.Result result = Tool.Run("predict", _folder[model], _folder["rows.csv"], "--probabilities");
            Assert.Equal((0, "class,p0,p1,p2"), (result.ExitCode, result.Lines[0]));
            string[][] rows = [.. result.Lines[1..].Select(line => line.Split(','))];
            Assert.Equal(expected, rows.SelectMany(row => row[1..]).Select(field => float.Parse(field, CultureInfo.InvariantCulture)));
            Assert.Equal(expected.Chunk(3).Select(row => Array.IndexOf(row, row.Max())), rows.Select(row => int.Parse(row[0], CultureInfo.InvariantCulture)));
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1e-38f)]
    [InlineData(2e38f)]
    [InlineData(float.NaN)]
    [InlineData(float.NegativeInfinity)]
    public void Values_that_cannot_be_scaled_are_refused(float value)
    {
        string path = _folder["x.npy"], labels = _folder["y.npy"];
        NpyWriter.Write(labels, [.. Enumerable.Range(0, 10).Select(i => i % 2)], 10);
        foreach (int[] shape in (int[][])[[10, 2], [10, 1, 2]])
        {
            NpyWriter.Write(path, [.. Enumerable.Repeat(value, 20)], shape);
            Tool.Result result = Tool.Run("train", "--data", path, "--labels", labels, "--epochs", "1", "--no-pictures", "--out", _folder["out"]);
            Assert.Equal(
                (2, "", $"backprop: --data: the values in {path} are all 0, or not all finite, or beyond what can be scaled."), (result.ExitCode, result.Output, result.Error.TrimEnd()));
        }

        // The ends of the range.
        NpyWriter.Write(path, [.. Enumerable.Range(0, 20).Select(i => i % 3 * (value < 1 ? 1e-37f : 5e37f))], 10, 2);
        Assert.Equal(0, Tool.Run("train", "--data", path, "--labels", labels, "--epochs", "1", "--no-pictures", "--out", _folder["out"]).ExitCode);
    }

    [Fact]
    public void Wrong_data_end_with_2_and_one_line_that_says_what_and_where()
    {
        string table = WriteTable("table.csv", withKind: true), bad = _folder.Write("bad.csv", "1,2,a\n1,x,b\n"u8), none = _folder["none.csv"];
        string images = _folder.Write("images", DataBytes.Idx(0x08, [2, 1, 2], 1, 2, 3, 4)), labels = _folder.Write("labels", DataBytes.Idx(0x08, [3], 0, 1, 0));
        new NetworkBuilder(5).Dense(3).Build(1).Save(_folder["model.safetensors"]);
        string model = _folder["model.safetensors"];

        AssertError($"--data takes digits, fashion-mnist or a file; there is no file '{none}'.", "train", "--data", none);
        AssertError($"--data: {bad}, line 2, column 2: \"x\" is no number.", "train", "--data", bad);
        AssertError($"--data: {table}, line 1: no column is called \"weight\"; there are size, price, kind.", "train", "--data", table, "--label-column", "weight");
        AssertError($"--data {images} is an array without labels: name their file by --labels.", "train", "--data", images);
        AssertError($"--data: {labels} holds 3 labels, and {images} 2 examples.", "train", "--data", images, "--labels", labels);
        AssertError($"--labels goes with IDX or npy images; {table} looks like CSV, whose label is a column.", "train", "--data", table, "--labels", labels);
        AssertError(
            $"--data fashion-mnist: {_folder.FullName} holds no train-images-idx3-ubyte.gz: install Debian's package (apt-get install dataset-fashion-mnist), or name the folder of the four files by --data-dir.",
            "train", "--data", "fashion-mnist", "--data-dir", _folder.FullName);
        AssertError("--schedule takes one of cosine, constant, step, exponential, onecycle; it was given 'never'.", "train", "--schedule", "never");
        AssertError($"file: {images} has 2 values a row; the model takes 5.", "predict", model, images);
        AssertError($"file: {table}, line 2, column 3: \"a\" is no number.", "predict", model, table);
        AssertError($"model: {model} takes 5 values and knows 3 classes; the data have 2 values and 3 classes.", "evaluate", model, "--data", table);
        Assert.Equal(2, Tool.Run("predict", none, table).ExitCode);

        static void AssertError(string message, params string[] arguments)
        {
            Tool.Result result = Tool.Run(arguments);
            Assert.Equal((2, "", $"backprop: {message}"), (result.ExitCode, result.Output, result.Error.TrimEnd()));
        }
    }

    /// <summary>Heaps a, b and c far apart in columns of very different size.</summary>
    private string WriteTable(string name, bool withKind)
    {
        var random = new Random(5);
        var text = new StringBuilder(withKind ? "size,price,kind\n" : "size,price\n");
        for (int i = 0; i < 300; i++)
        {
            int kind = i % 3;
            double size = (kind == 1 ? 0.5 : 0) + (0.05 * random.NextDouble()), price = (kind == 2 ? 9000 : 7000) + (500 * random.NextDouble());
            text.Append(CultureInfo.InvariantCulture, $"{size},{price}{(withKind ? $",{(char)('a' + kind)}" : "")}\n");
        }

        return _folder.Write(name, Encoding.UTF8.GetBytes(text.ToString()));
    }

    /// <summary>28 x 28 pixels of which one row, the label's, is dark.</summary>
    private void WriteImages(string images, string labels, int count, bool compressed)
    {
        const int Side = 28;
        byte[] pixels = new byte[count * Side * Side], classes = new byte[count];
        for (int i = 0; i < count; i++)
        {
            classes[i] = (byte)(i % 10);
            pixels.AsSpan((i * Side * Side) + (classes[i] * Side), Side).Fill((byte)(100 + i % 156));
        }

        Write(images, DataBytes.Idx(0x08, [count, Side, Side], pixels));
        Write(labels, DataBytes.Idx(0x08, [count], classes));

        void Write(string name, byte[] file) => _folder.Write(name, compressed ? DataBytes.Gzip(file) : file);
    }
}
