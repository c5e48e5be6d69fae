using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Xunit;

namespace Backprop.Simd.Tests.Cli;

/// <summary>Trainings of the tool that end early and go on in another process.</summary>
public sealed class ResumeTests : IDisposable
{
    private static readonly string[] s_files = ["checkpoint.safetensors", "curves.png", "model.safetensors"];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_resumed_training_writes_the_same_model_as_an_uninterrupted_one()
    {
        string table = WriteTable(rows: 90);
        Train(table, "whole", 5);
        Train(table, "part", 2, "--checkpoint", "1");
        Assert.NotEqual(Bytes("whole", "model"), Bytes("part", "model"));

        Tool.Result resumed = Train(table, "resumed", 5, "--checkpoint", "2", "--resume", Checkpoint("part"));

        Assert.Contains("Resumed: after 2 of 5 epochs", resumed.Output, StringComparison.Ordinal);
        Assert.DoesNotMatch(@"(?m)^ +2/5 ", resumed.Output);
        Assert.Matches(@"(?m)^ +3/5 ", resumed.Output);
        Assert.Equal(Bytes("whole", "model"), Bytes("resumed", "model"));
        Assert.Equal(s_files, Directory.GetFiles(_folder["resumed"]).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_checkpoint_of_a_finished_training_gives_its_model_again()
    {
        string table = WriteTable(rows: 90);
        Train(table, "first", 2, "--checkpoint", "1");

        Train(table, "second", 2, "--resume", Checkpoint("first"));

        Assert.Equal(Bytes("first", "model"), Bytes("second", "model"));
    }

    /// <summary>What the tool has not said yet waits in a pipe of 64 KiB, fewer than 1,000 epochs, so that Ctrl-C finds it training.</summary>
    [Fact]
    public void A_training_that_Ctrl_C_ended_goes_on_to_the_model_of_the_uninterrupted_one()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Needs a POSIX signal.");
        const int Epochs = 3000;
        string table = WriteTable(rows: 90);
        Train(table, "whole", Epochs, "--no-pictures");

        using Process process = Tool.Start([.. Arguments(table, "part", Epochs), "--no-pictures", "--checkpoint", "5000"]);
        Tool.Result stopped = Tool.Interrupt(process, $" 7/{Epochs}");
        Assert.Equal((130, ""), (stopped.ExitCode, stopped.Error));
        Assert.StartsWith("Stopped by Ctrl-C: ", stopped.Lines[^1], StringComparison.Ordinal);
        Assert.NotEqual(Bytes("whole", "model"), Bytes("part", "model"));

        Tool.Result resumed = Train(table, "resumed", Epochs, "--no-pictures", "--resume", Checkpoint("part"));
        int finished = int.Parse(Regex.Match(resumed.Output, $"Resumed: after (\\d+) of {Epochs} epochs").Groups[1].Value, CultureInfo.InvariantCulture);
        Assert.InRange(finished, 7, Epochs - 1);
        Assert.Equal(Network.Load(Model("whole")).Fingerprint(), Network.Load(Model("resumed")).Fingerprint());
        Assert.Equal(Bytes("whole", "model"), Bytes("resumed", "model"));
    }

    [Fact]
    public void A_file_that_cannot_be_resumed_from_is_named_before_the_training()
    {
        string table = WriteTable(rows: 90);
        Train(table, "first", 2, "--checkpoint", "1");
        string model = Model("first");

        AssertUserError("there is no such file", _folder["none"], []);
        AssertUserError("model.safetensors", model, []);
        AssertUserError("seed", Checkpoint("first"), ["--seed", "8"]);
        AssertUserError("network", Checkpoint("first"), ["--layers", "9"]);
        AssertUserError("--epochs 1", Checkpoint("first"), ["--epochs", "1"]);

        void AssertUserError(string part, string file, string[] otherwise)
        {
            string[] arguments = Arguments(table, "refused");
            if (otherwise.Length > 0)
                arguments[Array.IndexOf(arguments, otherwise[0]) + 1] = otherwise[1];
            Tool.Result result = Tool.Run([.. arguments, "--resume", file]);
            Assert.Equal((2, ""), (result.ExitCode, result.Output));
            Assert.Contains(part, Assert.Single(result.Error.TrimEnd().Split('\n')), StringComparison.Ordinal);
        }
    }

    private string[] Arguments(string table, string output, int epochs = 2) =>
        ["train", "--data", table, "--layers", "8", "--schedule", "constant", "--seed", "3", "--epochs", epochs.ToString(CultureInfo.InvariantCulture), "--out", _folder[output]];

    private Tool.Result Train(string table, string output, int epochs, params string[] arguments)
    {
        Tool.Result result = Tool.Run([.. Arguments(table, output, epochs), .. arguments]);
        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        return result;
    }

    private string Checkpoint(string output) => _folder[Path.Combine(output, "checkpoint.safetensors")];

    private string Model(string output) => _folder[Path.Combine(output, "model.safetensors")];

    private byte[] Bytes(string output, string file) => File.ReadAllBytes(_folder[Path.Combine(output, file + ".safetensors")]);

    /// <summary>Two classes that overlap, in inputs that need scaling.</summary>
    private string WriteTable(int rows)
    {
        IEnumerable<string> lines = Enumerable.Range(0, rows).Select(i => string.Create(CultureInfo.InvariantCulture, $"{1000 + (i * 37 % 90)},{i * 53 % 91 * 0.01},{(i * 37 % 90 > 40 + (i % 7) ? "b" : "a")}"));
        File.WriteAllLines(_folder["table.csv"], ["x,y,kind", .. lines]);
        return _folder["table.csv"];
    }
}
