using Xunit;

namespace Backprop.Simd.Tests.Cli;

public sealed class ExportTests
{
    [Fact]
    public void A_network_goes_out_as_ONNX_and_comes_back_with_the_same_bits()
    {
        using var folder = new TemporaryFolder();
        Network network = new NetworkBuilder(5).Dense(7, Activation.GELU).LayerNorm().Dense(3).Build(1);
        network.Save(folder["a.safetensors"]);

        Tool.Result export = Tool.Run("export", folder["a.safetensors"], "--onnx", folder["a.onnx"], "--opset", "20");
        Tool.Result import = Tool.Run("import", folder["a.onnx"], "--out", folder["b.safetensors"]);

        Assert.Equal((0, 0), (export.ExitCode, import.ExitCode));
        Assert.Equal([$"Wrote {folder["a.onnx"]}"], export.Lines);
        Assert.Contains($"Fingerprint: {network.Fingerprint()}", import.Lines);
        Assert.Equal(network.Fingerprint(), Network.Load(folder["b.safetensors"]).Fingerprint());
    }

    [Fact]
    public void The_class_has_the_names_that_were_asked_for()
    {
        using var folder = new TemporaryFolder();
        new NetworkBuilder(5).Dense(3).Build(1).Save(folder["a.safetensors"]);

        Tool.Result result = Tool.Run("export", folder["a.safetensors"], "--csharp", folder["Net.cs"], "--namespace", "My.Game", "--class", "Net");

        Assert.Equal(0, result.ExitCode);
        string text = File.ReadAllText(folder["Net.cs"]);
        Assert.Contains("namespace My.Game;", text, StringComparison.Ordinal);
        Assert.Contains("public static class Net\n", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("export needs --onnx FILE or --csharp FILE.", "export", "a.safetensors")]
    [InlineData("none: there is no such file.", "export", "none", "--onnx", "x")]
    [InlineData("--opset takes a whole number from 17 to 22; it was given '9'.", "export", "a.safetensors", "--onnx", "x", "--opset", "9")]
    [InlineData("--class 1: no name that the class can have.", "export", "a.safetensors", "--csharp", "x", "--class", "1")]
    [InlineData("--namespace a.: no name in C#.", "export", "a.safetensors", "--csharp", "x", "--namespace", "a.")]
    [InlineData("none: there is no such file.", "import", "none")]
    [InlineData("a.safetensors: damaged, or no ONNX file: ", "import", "a.safetensors")]
    public void Errors_are_one_line(string message, params string[] arguments)
    {
        using var folder = new TemporaryFolder();
        new NetworkBuilder(5).Dense(3).Build(1).Save(folder["a.safetensors"]);

        Tool.Result result = Tool.Run([.. arguments.Select(argument => argument is "a.safetensors" or "none" or "x" ? folder[argument] : argument)]);

        Assert.Equal(2, result.ExitCode);
        Assert.StartsWith($"backprop: {message}", result.Error.Replace(folder.FullName + Path.DirectorySeparatorChar, string.Empty, StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.Equal(["a.safetensors"], folder.Files);
    }
}
