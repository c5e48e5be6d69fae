using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Xunit;

namespace Backprop.Simd.Tests.Cli;

public sealed class TrainTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("backprop-cli-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Training_ends_with_the_four_lines_and_leaves_three_files()
    {
        Tool.Result result = Tool.Run("--epochs", "2", "--layers", "64,32", "--out", _folder);

        Assert.Equal(0, result.ExitCode);
        Assert.Empty(result.Error);
        Assert.DoesNotContain('\x1b', result.Output);
        Assert.Matches(@"(?m)^ +2/2 .* %", result.Output);
        string[] last = result.Lines[^4..];
        Assert.Matches(@"^Test accuracy: \d{2}\.\d{2} %$", last[0]);
        Assert.Matches(@"^Step: \d+\.\d us$", last[1]);
        Assert.Equal("Allocated per step: 0 bytes", last[2]);
        string fingerprint = Regex.Match(last[3], "^Fingerprint: ([0-9a-f]{64})$").Groups[1].Value;

        // Two epochs of a small network are far above chance, 10 %.
        double accuracy = double.Parse(last[0].Split(' ')[2], CultureInfo.InvariantCulture);
        Assert.InRange(accuracy, 80, 100);
        Assert.Equal(fingerprint, Network.Load(Path.Combine(_folder, "model.safetensors")).Fingerprint());
        AssertPicture("curves.png");
        AssertPicture("digits.png");
    }

    [Fact]
    public void Seed_decides_the_network_and_threads_do_not()
    {
        string one = Fingerprint("--seed", "7"), two = Fingerprint("--seed", "7", "--threads", "2"), other = Fingerprint("--seed", "8");

        Assert.Equal(one, two);
        Assert.NotEqual(one, other);

        string Fingerprint(params string[] arguments) =>
            Tool.Run(["train", "--epochs", "1", "--layers", "32", "--no-shifts", "--no-pictures", "--out", _folder, .. arguments]).Lines[^1];
    }

    [Fact]
    public void No_pictures_writes_the_model_alone()
    {
        Tool.Run("train", "--epochs", "1", "--layers", "8", "--no-shifts", "--no-pictures", "--out", _folder);

        Assert.Equal(["model.safetensors"], Directory.GetFiles(_folder).Select(Path.GetFileName));
    }

    [Fact]
    public void Confusion_matrix_counts_every_test_image()
    {
        Tool.Result result = Tool.Run("train", "--epochs", "1", "--layers", "8", "--no-shifts", "--no-pictures", "--out", _folder);

        int heading = Array.FindIndex(result.Lines, line => line.StartsWith("is \\ said", StringComparison.Ordinal));
        int[][] counts = [.. result.Lines[(heading + 1)..(heading + 11)].Select(line =>
            line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1..].Select(cell => cell == "." ? 0 : int.Parse(cell, CultureInfo.InvariantCulture)).ToArray())];
        const int TestImages = 359;
        Assert.Equal(TestImages, counts.Sum(row => row.Sum()));
        Assert.Contains($"Test: {counts.Select((row, digit) => row[digit]).Sum()} of {TestImages} right", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_loss_that_explodes_ends_with_one_line_and_no_model()
    {
        Tool.Result result = Tool.Run("--optimizer", "sgd", "--learning-rate", "1e30", "--epochs", "1", "--out", _folder);

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("--learning-rate", Assert.Single(result.Error.TrimEnd().Split('\n')), StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(_folder));
    }

    [Fact]
    public void Interrupt_keeps_the_best_model_and_says_so()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Needs a POSIX signal.");
        using Process process = Tool.Start("--epochs", "100000", "--layers", "16", "--no-shifts", "--out", _folder);
        Tool.Result result = Tool.Interrupt(process, "  3/");

        Assert.Equal(130, result.ExitCode);
        Assert.Empty(result.Error);
        Assert.Matches(@"^Stopped by Ctrl-C: the best model so far \(epoch \d+, test accuracy .*\) is in .*model\.safetensors$", result.Lines[^1]);
        Assert.Equal(10, Network.Load(Path.Combine(_folder, "model.safetensors")).OutputSize);
    }

    /// <summary>A PNG of a sensible size that is not one flat colour, which would fit into a few kilobytes.</summary>
    private void AssertPicture(string name)
    {
        byte[] png = File.ReadAllBytes(Path.Combine(_folder, name));
        Assert.Equal([0x89, (byte)'P', (byte)'N', (byte)'G'], png[..4]);
        Assert.InRange(BinaryPrimitives.ReadInt32BigEndian(png.AsSpan(16)), 1000, 4000);
        Assert.InRange(png.Length, 20_000, 500_000);
    }
}
