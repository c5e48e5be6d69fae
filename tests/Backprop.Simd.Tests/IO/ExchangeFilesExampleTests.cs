using System.IO.Compression;
using System.Text.RegularExpressions;
using Backprop.Simd.Data;
using Xunit;

namespace Backprop.Simd.Tests;

/// <summary>The example of safetensors, checkpoints and npz in docs/exchange.md compiles and runs.</summary>
public sealed partial class ExchangeFilesExampleTests
{
    [Fact]
    public void The_example_is_the_compiled_one()
    {
        const string Indent = "        ";
        string source = Read("tests", "Backprop.Simd.Tests", "IO", "ExchangeFilesExampleTests.cs");
        string body = Marked().Match(source).Groups[1].Value.Replace("\n" + Indent, "\n", StringComparison.Ordinal).Trim();
        Assert.Contains($"```csharp\n{body}\n```", Read("docs", "exchange.md"), StringComparison.Ordinal);
    }

    [Fact]
    public void The_example_runs()
    {
        ChildProcess.Result result = ChildProcess.Run(RunExample);
        Assert.True(result.ExitCode == 0, result.Output);
        Assert.Equal("3 examples of 2, True, run.best.safetensors run.safetensors", result.Report.Trim());
    }

    private static void RunExample()
    {
        using var folder = new TemporaryFolder();
        Environment.CurrentDirectory = folder.FullName;
        try
        {
            Network pytorch = Make(seed: 2);
            pytorch.Save("state_dict.safetensors");
            NpyWriter.Write("x.npy", [1f, 2, 3, 4, 5, 6], 3, 2);
            NpyWriter.Write("y.npy", [0f, 1, 2], 3);
            using (ZipArchive archive = ZipFile.Open("examples.npz", ZipArchiveMode.Create))
            {
                archive.CreateEntryFromFile("x.npy", "x.npy");
                archive.CreateEntryFromFile("y.npy", "y.npy");
            }

            Network network = Make(seed: 1);
            using var trainer = new Trainer(network, Loss.SoftmaxCrossEntropy, Optimizer.Adam());
            string before = network.Fingerprint();
            (Network loaded, Dataset examples) = Exchange(network, trainer, new Dataset([1f, 2, 3, 4], 2, [0, 2], 3));
            bool same = loaded.Fingerprint() == before && network.Fingerprint() != pytorch.Fingerprint();
            ChildProcess.Report($"{examples.Count} examples of {examples.InputSize}, {same}, {string.Join(' ', folder.Files.Where(file => file.StartsWith("run", StringComparison.Ordinal)).Order(StringComparer.Ordinal))}");
        }
        finally
        {
            Environment.CurrentDirectory = Path.GetTempPath();
        }
    }

    private static (Network Loaded, Dataset Examples) Exchange(Network network, Trainer trainer, Dataset dataset)
    {
        // exchange begins
        // A network: here, in PyTorch and wherever safetensors is read
        network.Save("model.safetensors");
        Network loaded = Network.Load("model.safetensors");

        // What PyTorch saved of the same layers, model.state_dict(): the file says nothing of the architecture
        network.LoadParameters("state_dict.safetensors");

        // A training that goes on where it was killed
        var options = new FitOptions { Epochs = 20, Seed = 1, Checkpoint = new CheckpointOptions("run.safetensors", everySteps: 100) };
        if (File.Exists("run.safetensors"))
            options = options with { ResumeFrom = "run.safetensors" };
        trainer.Fit(dataset, options);

        // Arrays of numpy.savez
        Dataset examples = NpzReader.Read("examples.npz", "x").WithLabels(NpzReader.Read("examples.npz", "y"), classes: 3);
        // exchange ends
        return (loaded, examples);
    }

    private static Network Make(ulong seed) => new NetworkBuilder(2).Dense(4, Activation.Tanh).Dense(3).Build(seed);

    private static string Read(params string[] path) => File.ReadAllText(Path.Combine([SourceTree.Root, .. path])).ReplaceLineEndings("\n");

    [GeneratedRegex("// exchange begins\n(.*?)// exchange ends", RegexOptions.Singleline)]
    private static partial Regex Marked();
}
