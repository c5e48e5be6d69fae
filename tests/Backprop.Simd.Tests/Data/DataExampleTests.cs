using System.Text.RegularExpressions;
using Backprop.Simd.Data;
using Xunit;

namespace Backprop.Simd.Tests;

/// <summary>The README's example of data files compiles and runs.</summary>
public sealed partial class DataExampleTests
{
    private const string Indent = "            ";

    [Fact]
    public void The_example_is_the_compiled_one()
    {
        string source = Read("tests", "Backprop.Simd.Tests", "Data", "DataExampleTests.cs");
        string[] lines = Marked().Match(source).Groups[1].Value.Trim('\n').Split('\n');
        string body = string.Join('\n', lines.Select(line => line.StartsWith(Indent, StringComparison.Ordinal) ? line[Indent.Length..] : line)).Trim();
        Assert.Contains($"```csharp\nusing Backprop.Simd;\nusing Backprop.Simd.Data;\n\n{body}\n```", Read("README.md"), StringComparison.Ordinal);
    }

    [Fact]
    public void The_example_reads_its_files()
    {
        ChildProcess.Result result = ChildProcess.Run(RunExample);
        Assert.True(result.ExitCode == 0, result.Output);
        Assert.Equal("2 images of 4 pixels, iris setosa, 3 numbers", result.Report.Trim());
    }

    private static void RunExample()
    {
        using var folder = new TemporaryFolder();
        folder.Write("train-images-idx3-ubyte.gz", DataBytes.Gzip(DataBytes.Idx(0x08, [2, 2, 2], 0, 1, 2, 3, 4, 5, 6, 255)));
        folder.Write("train-labels-idx1-ubyte.gz", DataBytes.Gzip(DataBytes.Idx(0x08, [2], 9, 0)));
        folder.Write("flowers.csv", "length,species\n1.5,setosa\n2,iris\n"u8);
        Environment.CurrentDirectory = folder.FullName;
        try
        {
            // README begins
            DataArray labels = IdxReader.Read("train-labels-idx1-ubyte.gz");
            Dataset images = IdxReader.Read("train-images-idx3-ubyte.gz").WithLabels(labels, classes: 10, scale: 1 / 255f);
            CsvTable flowers = CsvReader.Read("flowers.csv", new CsvOptions { LabelName = "species" });
            NpyWriter.Write("numbers.npy", [1f, 2, 3], shape: [3]);
            DataArray numbers = NpyReader.Read("numbers.npy");
            // README ends
            ChildProcess.Report($"{images.Count} images of {images.InputSize} pixels, {string.Join(' ', flowers.ClassNames)}, {numbers.Count} numbers");
        }
        finally
        {
            Environment.CurrentDirectory = Path.GetTempPath();
        }
    }

    private static string Read(params string[] path) => File.ReadAllText(Path.Combine([SourceTree.Root, .. path])).ReplaceLineEndings("\n");

    [GeneratedRegex("// README begins\n(.*?)// README ends", RegexOptions.Singleline)]
    private static partial Regex Marked();
}
