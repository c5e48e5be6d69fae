using Xunit;

namespace Backprop.Simd.Tests;

/// <summary>docs/exchange.md says what compiles and runs.</summary>
public class ExchangeTests
{
    private const string Indent = "        ";

    [Fact]
    public void The_example_is_the_compiled_one()
    {
        string compiled = Between(Read("tests", "Backprop.Simd.Onnx.Tests", "ExchangeExample.cs"), "// example begins\n", Indent + "// example ends");
        string shown = Between(Read("docs", "exchange.md"), "```csharp\n", "```");
        Assert.Equal(shown, compiled.Replace("\n" + Indent, "\n", StringComparison.Ordinal)[Indent.Length..]);
    }

    [Fact]
    public void The_example_runs()
    {
        using var folder = new TemporaryFolder();
        string before = Environment.CurrentDirectory;
        Environment.CurrentDirectory = folder.FullName;
        try
        {
            (Network network, Network back) = ExchangeExample.Run();
            Assert.Equal(network.Parameters.ToArray(), back.Parameters.ToArray());
            Assert.Equal(["Brain.cs", "model.onnx"], folder.Files);
        }
        finally
        {
            Environment.CurrentDirectory = before;
        }
    }

    private static string Read(params string[] path) => File.ReadAllText(Path.Combine([SourceTree.Root, .. path])).ReplaceLineEndings("\n");

    private static string Between(string text, string start, string end)
    {
        int from = text.IndexOf(start, StringComparison.Ordinal) + start.Length;
        return text[from..text.IndexOf(end, from, StringComparison.Ordinal)];
    }
}
