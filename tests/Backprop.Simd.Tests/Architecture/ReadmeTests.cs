using System.Text.RegularExpressions;
using Xunit;

namespace Backprop.Simd.Tests;

/// <summary>What the README says in code compiles, runs, and prints what it says.</summary>
public sealed partial class ReadmeTests
{
    private const string Indent = "        ";

    [Fact]
    public void The_example_is_the_compiled_one()
    {
        string source = File.ReadAllText(Path.Combine(SourceTree.Root, "tests", "Backprop.Simd.Tests", "Architecture", "ReadmeExample.cs")).ReplaceLineEndings("\n");
        Match compiled = Marked().Match(source);
        Assert.True(compiled.Success);
        string[] lines = compiled.Groups[1].Value.Trim('\n').Split('\n');
        string body = string.Join('\n', lines.Select(line => line.StartsWith(Indent, StringComparison.Ordinal) ? line[Indent.Length..] : line)).Trim();

        MatchCollection shown = CodeBlock().Matches(File.ReadAllText(Path.Combine(SourceTree.Root, "README.md")).ReplaceLineEndings("\n"));
        Assert.Equal("using Backprop.Simd;\n\n" + body, shown[0].Groups[1].Value.Trim());
    }

    [Fact]
    public void The_example_prints_what_its_comment_says_and_writes_its_file()
    {
        ChildProcess.Result result = ChildProcess.Run(RunExample);
        Assert.True(result.ExitCode == 0, result.Output);
        Assert.Equal("1\n", result.Output.ReplaceLineEndings("\n"));
        Assert.Equal("2 -> 2\n", result.Report);
    }

    [Fact]
    public void Files_that_the_documents_link_to_exist()
    {
        string[] documents = [.. Directory.GetFiles(SourceTree.Root, "*.md"), .. Directory.GetFiles(Path.Combine(SourceTree.Root, "docs"), "*.md")];
        Assert.Contains(documents, path => path.EndsWith("README.md", StringComparison.Ordinal));
        IEnumerable<string> missing =
            from document in documents
            from Match link in Link().Matches(File.ReadAllText(document))
            let target = link.Groups[1].Value.Split('#')[0]
            where target.Length > 0 && !target.Contains("://", StringComparison.Ordinal)
            where !Path.Exists(Path.Combine(Path.GetDirectoryName(document)!, target))
            select $"{Path.GetFileName(document)}: {target}";
        Assert.Empty(missing);
    }

    // In a folder of its own: the example saves its network where it runs.
    private static void RunExample()
    {
        string folder = Directory.CreateTempSubdirectory("backprop-").FullName;
        Environment.CurrentDirectory = folder;
        try
        {
            ReadmeExample.Run();
            Network saved = Network.Load("xor.safetensors");
            ChildProcess.Report($"{saved.InputSize} -> {saved.OutputSize}");
        }
        finally
        {
            Environment.CurrentDirectory = Path.GetTempPath();
            Directory.Delete(folder, recursive: true);
        }
    }

    [GeneratedRegex("// README begins\n(.*?)// README ends", RegexOptions.Singleline)]
    private static partial Regex Marked();

    [GeneratedRegex("```csharp\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex CodeBlock();

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Link();
}
