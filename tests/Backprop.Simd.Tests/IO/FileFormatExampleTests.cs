using Backprop.Simd.Internal.IO;
using Xunit;

namespace Backprop.Simd.Tests;

/// <summary>The example of docs/file-format.md compiles and runs.</summary>
public sealed class FileFormatExampleTests
{
    private const string Indent = "            ";

    [Fact]
    public void The_example_is_the_compiled_one()
    {
        string compiled = Between(Read("tests", "Backprop.Simd.Tests", "IO", "FileFormatExampleTests.cs"), "// example begins\n", "\n" + Indent + "// example ends");
        string shown = Between(Read("docs", "file-format.md"), "```csharp\n", "\n```");
        Assert.Equal(shown, compiled.Replace("\n" + Indent, "\n", StringComparison.Ordinal)[Indent.Length..]);
    }

    [Fact]
    public void The_example_runs()
    {
        ChildProcess.Result result = ChildProcess.Run(RunExample);
        Assert.True(result.ExitCode == 0, result.Output);
        Assert.Equal("agent.safetensors model.safetensors run.best.safetensors run.safetensors; True True", result.Report.Trim());
    }

    // In a folder of its own: the example's files have relative names.
    private static void RunExample()
    {
        using var folder = new TemporaryFolder();
        Environment.CurrentDirectory = folder.FullName;
        try
        {
            var data = new Dataset(Shapes.Random(60 * 4, 1), 4, Shapes.RandomLabels(60, 3, 2), 3);

            // Of an agent whose actor is one network among others. (Dropout has a module's number: the second Dense is 3.)
            var writer = new SafetensorsWriter();
            NetworkFile.AddTensors(writer, new NetworkBuilder(4).Dense(16, Activation.ReLU).Dropout(0).Dense(3).Build(3), "actor.");
            AtomicFile.Write("agent.safetensors", writer.Write);

            // example begins
            var builder = new NetworkBuilder(inputs: 4).Dense(16, Activation.ReLU).Dropout(0.1).Dense(3);
            Network network = builder.Build(seed: 1);

            // Goes on where it was: after a crash, a kill, or Ctrl-C
            using (var trainer = new Trainer(network, Loss.SoftmaxCrossEntropy, Optimizer.Adam()))
            {
                trainer.Fit(data, new FitOptions
                {
                    Epochs = 20,
                    Checkpoint = new("run.safetensors", everySteps: 50, keepLast: 3),
                    ResumeFrom = File.Exists("run.safetensors") ? "run.safetensors" : null,
                });
            }

            network.Save("model.safetensors");
            Network same = Network.Load("model.safetensors");

            // A state_dict of PyTorch holds no architecture: describe it, then load. The second form is for other names
            Network mine = builder.Build(seed: 2);
            mine.LoadParameters("model.safetensors");
            mine.LoadParameters("agent.safetensors", name => "actor." + name);
            // example ends
            ChildProcess.Report($"{string.Join(' ', folder.Files)}; {same.Fingerprint() == network.Fingerprint()} {mine.Fingerprint() != network.Fingerprint()}");
        }
        finally
        {
            Environment.CurrentDirectory = Path.GetTempPath();
        }
    }

    private static string Read(params string[] path) => File.ReadAllText(Path.Combine([SourceTree.Root, .. path])).ReplaceLineEndings("\n");

    private static string Between(string text, string start, string end)
    {
        int from = text.IndexOf(start, StringComparison.Ordinal) + start.Length;
        return text[from..text.IndexOf(end, from, StringComparison.Ordinal)];
    }
}
