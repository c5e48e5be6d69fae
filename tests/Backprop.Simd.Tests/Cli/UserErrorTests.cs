using Xunit;

namespace Backprop.Simd.Tests.Cli;

public sealed class UserErrorTests
{
    [Theory]
    [InlineData("--layers", "0")]
    [InlineData("--layers", "64,,32")]
    [InlineData("--layers", "16384,16384,16384")]
    [InlineData("--activation", "softmax")]
    [InlineData("--optimizer", "magic")]
    [InlineData("--learning-rate", "-1")]
    [InlineData("--learning-rate", "NaN")]
    [InlineData("--learning-rate", "0,1")]
    [InlineData("--epochs", "0")]
    [InlineData("--epochs", "many")]
    [InlineData("--batch", "99999999999")]
    [InlineData("--seed", "-1")]
    [InlineData("--threads", "0")]
    [InlineData("--dropout", "1")]
    [InlineData("--no-such-option", "1")]
    public void A_wrong_option_ends_with_2_and_one_line_that_names_it(string option, string value) =>
        AssertUserError(option, Tool.Run("train", option, value));

    [Theory]
    [InlineData("check", "--loss", "hinge")]
    [InlineData("evaluate", "--seeds", "0")]
    [InlineData("evaluate", "--on", "train")]
    public void Other_commands_do_likewise(string command, string option, string value) =>
        AssertUserError(option, Tool.Run(command, option, value));

    [Fact]
    public void An_option_without_its_value_is_named() => AssertUserError("--epochs", Tool.Run("--epochs"));

    [Fact]
    public void A_folder_that_cannot_be_written_to_is_named_before_the_training()
    {
        string file = Path.GetTempFileName();
        try
        {
            AssertUserError("--out", Tool.Run("train", "--out", Path.Combine(file, "out")));
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static void AssertUserError(string option, Tool.Result result)
    {
        Assert.Equal(2, result.ExitCode);
        Assert.Empty(result.Output);
        string line = Assert.Single(result.Error.TrimEnd().Split('\n'));
        Assert.StartsWith("backprop: ", line, StringComparison.Ordinal);
        Assert.Contains(option, line, StringComparison.Ordinal);
    }
}
