using System.IO.Compression;
using System.Text.RegularExpressions;
using Backprop.Simd.Data;
using Xunit;

namespace Backprop.Simd.Tests;

/// <summary>The example of streaming in docs/exchange.md compiles and runs.</summary>
public sealed partial class StreamingExampleTests
{
    [Fact]
    public void The_example_is_the_compiled_one()
    {
        const string Indent = "            ";
        string source = Read("tests", "Backprop.Simd.Tests", "Data", "StreamingExampleTests.cs");
        string body = Marked().Match(source).Groups[1].Value.Replace("\n" + Indent, "\n", StringComparison.Ordinal).Trim();
        Assert.Contains($"```csharp\n{body}\n```", Read("docs", "exchange.md"), StringComparison.Ordinal);
    }

    [Fact]
    public void The_example_runs()
    {
        ChildProcess.Result result = ChildProcess.Run(RunExample);
        Assert.True(result.ExitCode == 0, result.Output);
        Assert.Equal("2 images, 2 signals, 2 runs, 3 epochs", result.Report.Trim());
    }

    private static void RunExample()
    {
        using var folder = new TemporaryFolder();
        folder.Write("images.idx", DataBytes.Idx(0x08, [2, 1, 1], 1, 2));
        folder.Write("labels.idx", DataBytes.Idx(0x08, [2], 3, 9));
        NpyWriter.Write(folder["x.npy"], [1f, 2, 3, 4], 2, 2);
        NpyWriter.Write(folder["y.npy"], [1f, 2], 2, 1);
        folder.Write("runs.npz", DataBytes.Zip(CompressionLevel.Optimal, ("x.npy", File.ReadAllBytes(folder["x.npy"])), ("y.npy", DataBytes.Npy("|u1", "False", "(2,)", 1, 0))));
        folder.Write("flowers.csv", "length,width,species\n1,2,iris\n3,4,iris\n5,6,rose\n7,8,rose\n9,9,rose\n"u8);
        Environment.CurrentDirectory = folder.FullName;
        try
        {
            using var trainer = new Trainer(new NetworkBuilder(2).Dense(2).Build(1), Loss.SoftmaxCrossEntropy, Optimizer.Adam());
            // exchange begins
            using StreamedDataset images = IdxReader.Open("images.idx").WithLabels(IdxReader.Read("labels.idx"), classes: 10, scale: 1 / 255f);
            using StreamedDataset signals = NpyReader.Open("x.npy").WithTargets(NpyReader.Open("y.npy"));
            using StreamedDataset runs = NpzReader.Open("runs.npz", "x").WithLabels(NpzReader.Read("runs.npz", "y"), classes: 2);
            using CsvStream flowers = CsvReader.Open("flowers.csv", new CsvOptions { LabelName = "species" });
            (Dataset train, Dataset held) = flowers.Data.Split(0.8f, seed: 1);
            TrainingHistory history = trainer.Fit(train, new FitOptions { Epochs = 3, BatchSize = 2, Validation = held });
            // exchange ends
            ChildProcess.Report($"{images.Count} images, {signals.Count} signals, {runs.Count} runs, {history.Epochs.Count} epochs");
        }
        finally
        {
            Environment.CurrentDirectory = Path.GetTempPath();
        }
    }

    private static string Read(params string[] path) => File.ReadAllText(Path.Combine([SourceTree.Root, .. path])).ReplaceLineEndings("\n");

    [GeneratedRegex("// exchange begins\n(.*?)// exchange ends", RegexOptions.Singleline)]
    private static partial Regex Marked();
}
