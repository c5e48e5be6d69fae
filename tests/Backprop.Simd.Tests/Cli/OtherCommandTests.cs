using System.Globalization;
using Xunit;

namespace Backprop.Simd.Tests.Cli;

public sealed class OtherCommandTests
{
    [Fact]
    public void Info_names_the_tier_measures_the_peak_and_passes_its_self_test()
    {
        Tool.Result result = Tool.Run("info");

        Assert.Equal(0, result.ExitCode);
        Assert.Contains($"Tier: {SimdInfo.Tier}", result.Lines);
        Assert.Matches(@"(?m)^FMA peak of one core: [1-9]\d*\.\d GFLOP/s", result.Output);
        Assert.Matches(@"(?m)^exp .* ok$", result.Output);
        Assert.Contains("CC BY 4.0", result.Output, StringComparison.Ordinal);
        Assert.StartsWith("Self-test: ok", result.Lines[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void Evaluate_prints_a_row_per_seed_and_their_mean()
    {
        Tool.Result result = Tool.Run("evaluate", "--seeds", "3", "--layers", "16", "--epochs", "2", "--no-shifts");

        Assert.Equal(0, result.ExitCode);
        double[] rows = [.. result.Lines.Where(line => line.StartsWith("seed ", StringComparison.Ordinal)).Select(line => Number(line.Split(':')[1]))];
        Assert.Equal(3, rows.Length);

        // Rows are rounded to 0.01.
        Assert.Equal(rows.Average(), Number(result.Lines[^1].Split(':')[1]), 0.011);
        Assert.StartsWith("Mean test accuracy: ", result.Lines[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void Evaluate_on_validation_leaves_the_test_part_alone()
    {
        Tool.Result result = Tool.Run("evaluate", "--on", "validation", "--seeds", "1", "--layers", "8", "--epochs", "1", "--no-shifts");

        Assert.Equal(0, result.ExitCode);
        Assert.StartsWith("Mean validation accuracy: ", result.Lines[^1], StringComparison.Ordinal);
        Assert.DoesNotContain("test accuracy", result.Output, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void Check_compares_every_activation_with_every_loss()
    {
        Tool.Result result = Tool.Run("check", "--layers", "5,4");

        Assert.Equal(0, result.ExitCode);
        Assert.Matches(@"(?m)^activation +crossentropy +bce +mse +mae +huber$", result.Output);
        Assert.Matches(@"(?m)^GELU( +\d\.\de-\d\d){5}$", result.Output);
        Assert.StartsWith("Gradient check: ok (55 of 55 networks)", result.Lines[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void Check_of_one_network_names_it()
    {
        Tool.Result result = Tool.Run("check", "--layers", "7", "--activation", "silu", "--loss", "mse");

        Assert.Equal(0, result.ExitCode);
        Assert.Contains("64-7-10", result.Output, StringComparison.Ordinal);
        Assert.Matches(@"(?m)^SiLU +\d\.\de-\d\d$", result.Output);
    }

    [Fact]
    public void Help_credits_the_data()
    {
        Tool.Result result = Tool.Run("--help");

        Assert.Equal(0, result.ExitCode);
        Assert.Contains("Alpaydin", result.Output, StringComparison.Ordinal);
        Assert.Contains("--learning-rate", result.Output, StringComparison.Ordinal);
    }

    private static double Number(string text) => double.Parse(text.Split('%')[0], CultureInfo.InvariantCulture);
}
