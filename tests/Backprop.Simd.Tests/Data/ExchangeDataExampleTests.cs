using System.IO.Compression;
using System.Text.RegularExpressions;
using Backprop.Simd.Data;
using Xunit;

namespace Backprop.Simd.Tests;

/// <summary>The examples of data files and of scaling in docs/exchange.md compile and run.</summary>
public sealed class ExchangeDataExampleTests
{
    [Theory]
    [InlineData("data")]
    [InlineData("scaling")]
    public void The_example_is_the_compiled_one(string name)
    {
        string source = Read("tests", "Backprop.Simd.Tests", "Data", "ExchangeDataExampleTests.cs");
        string body = Regex.Match(source, $"// {name} begins\n(.*?)// {name} ends", RegexOptions.Singleline).Groups[1].Value.Replace("\n        ", "\n", StringComparison.Ordinal).Trim();
        Assert.Contains($"```csharp\n{body}\n```", Read("docs", "exchange.md"), StringComparison.Ordinal);
    }

    [Fact]
    public void The_example_of_data_files_runs()
    {
        ChildProcess.Result result = ChildProcess.Run(RunData);
        Assert.True(result.ExitCode == 0, result.Output);
        Assert.Equal("2 flowers: iris, rose; 2 2 2, 2 x 2, 2 x 3 weights", result.Report.Trim());
    }

    [Fact]
    public void The_example_of_scaling_runs()
    {
        ChildProcess.Result result = ChildProcess.Run(RunScaling);
        Assert.True(result.ExitCode == 0, result.Output);
        Assert.Equal("loaded True, prepended True, folded True", result.Report.Trim());
    }

    private static void RunData()
    {
        using var folder = new TemporaryFolder();
        folder.Write("images.idx.gz", DataBytes.Gzip(DataBytes.Idx(0x08, [2, 1, 2], 0, 1, 2, 255)));
        folder.Write("labels.idx.gz", DataBytes.Gzip(DataBytes.Idx(0x08, [2], 3, 9)));
        byte[] x = DataBytes.Npy("<f4", "False", "(2, 2)", DataBytes.LittleEndian(1, 2, 3, 4)), y = DataBytes.Npy("|u1", "False", "(2,)", 1, 0);
        folder.Write("x.npy", x);
        folder.Write("y.npy", y);
        folder.Write("runs.npz", DataBytes.Zip(CompressionLevel.Optimal, ("x.npy", x), ("y.npy", y)));
        folder.Write("flowers.csv", "length,species\n1.5,rose\n2,iris\n"u8);
        folder.Write("table.csv", "1,2\n3,4\n"u8);
        Environment.CurrentDirectory = folder.FullName;
        try
        {
            Network network = new NetworkBuilder(2).Dense(3).Build(1);
            var output = new StringWriter();
            TextWriter console = Console.Out;
            Console.SetOut(output);
            (Dataset images, Dataset signals, Dataset runs, DataArray table) = ReadAll(network);
            Console.SetOut(console);
            DataArray weights = NpyReader.Read("weights.npy");
            ChildProcess.Report($"{output.ToString().Trim()}; {images.Count} {signals.Count} {runs.Count}, {table.Count} x {table.ItemSize}, {weights.Count} x {weights.ItemSize} weights");
        }
        finally
        {
            Environment.CurrentDirectory = Path.GetTempPath();
        }
    }

    private static (Dataset Images, Dataset Signals, Dataset Runs, DataArray Table) ReadAll(Network network)
    {
        // data begins
        DataArray pixels = IdxReader.Read("images.idx.gz"), digits = IdxReader.Read("labels.idx.gz");
        Dataset images = pixels.WithLabels(digits, classes: 10, scale: 1 / 255f);

        // numpy.save, numpy.savez, numpy.savez_compressed
        Dataset signals = NpyReader.Read("x.npy").WithTargets(NpyReader.Read("y.npy"));
        Dataset runs = NpzReader.Read("runs.npz", "x").WithLabels(NpzReader.Read("runs.npz", "y"), classes: 2);
        NpyWriter.Write("weights.npy", network.Layers[0].Weights, network.InputSize, 3);

        // A column of labels, numbers or text; or numbers alone
        CsvTable flowers = CsvReader.Read("flowers.csv", new CsvOptions { LabelName = "species" });
        DataArray table = CsvReader.ReadNumbers("table.csv");
        Console.WriteLine($"{flowers.Data.Count} flowers: {string.Join(", ", flowers.ClassNames)}");
        // data ends
        return (images, signals, runs, table);
    }

    private static void RunScaling()
    {
        using var folder = new TemporaryFolder();
        Environment.CurrentDirectory = folder.FullName;
        try
        {
            float[] inputs = [.. Enumerable.Range(0, 16).SelectMany(i => (float[])[i, 500 - (i * i)])];
            (Network network, Network plain, Network scaling, InputScaler scaler) = Scale(new Dataset(inputs, 2, [.. Enumerable.Range(0, 16).Select(i => i / 8)], 2));
            float[] prepended = Outputs(scaling, inputs), folded = Outputs(plain, inputs);
            bool loaded = Network.Load("scaling.safetensors").Fingerprint() == network.Fingerprint();
            bool close = prepended.Zip(folded).All(pair => Math.Abs(pair.First - pair.Second) < 1e-4f);
            bool acts = !prepended.SequenceEqual(Outputs(scaling, [.. scaler.Apply(new Dataset(inputs, 2, new int[16], 2)).Inputs]));
            ChildProcess.Report($"loaded {loaded}, prepended {acts}, folded {close}");
        }
        finally
        {
            Environment.CurrentDirectory = Path.GetTempPath();
        }
    }

    private static float[] Outputs(Network network, float[] inputs)
    {
        using Predictor predictor = network.CreatePredictor(maxBatchSize: 16);
        return predictor.Predict(inputs).ToArray();
    }

    private static (Network Network, Network Plain, Network Scaling, InputScaler Scaler) Scale(Dataset flowers)
    {
        // scaling begins
        (Dataset train, Dataset test) = flowers.Split(0.75f, seed: 1);
        InputScaler scaler = InputScaler.Standardize(train);

        // A network that scales its inputs: it trains on numbers as they are, and its file and all that is exported of it take them
        Network network = new NetworkBuilder(inputs: 2).Scale(scaler).LayerNorm().Dense(2).Build(seed: 1);
        using (var trainer = new Trainer(network, Loss.SoftmaxCrossEntropy, Optimizer.Adam()))
            trainer.Fit(train, new FitOptions { Epochs = 10, BatchSize = 2, Validation = test });
        network.Save("scaling.safetensors");

        // Or: train on scaled examples, and give the scaling to the network afterwards
        Network plain = new NetworkBuilder(inputs: 2).Dense(8, Activation.Tanh).Dense(2).Build(seed: 1);
        using (var trainer = new Trainer(plain, Loss.SoftmaxCrossEntropy, Optimizer.Adam()))
            trainer.Fit(scaler.Apply(train), new FitOptions { Epochs = 10, BatchSize = 2, Validation = scaler.Apply(test) });
        Network scaling = scaler.Prepend(plain);   // a copy with a layer more: the same bits
        scaler.FoldInto(plain);                    // into the weights of the first Dense layer: nothing more to compute, the same but for rounding
        // scaling ends
        return (network, plain, scaling, scaler);
    }

    private static string Read(params string[] path) => File.ReadAllText(Path.Combine([SourceTree.Root, .. path])).ReplaceLineEndings("\n");
}
