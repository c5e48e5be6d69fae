using Xunit;

namespace Backprop.Simd.Tests;

/// <summary>docs/same-bits.md shows what compiles, and it finds what it is there to find.</summary>
public sealed class LockStepTests
{
    private const string Indent = "    ";

    [Fact]
    public void The_example_is_the_compiled_one()
    {
        string source = Read("tests", "Backprop.Simd.Tests", "Architecture", "LockStepExample.cs"), page = Read("docs", "same-bits.md");
        string compiled = Between(source, "// example begins\n", Indent + "// example ends"), shown = Between(page, "```csharp\n", "```");
        Assert.Equal(shown, compiled[Indent.Length..].Replace("\n" + Indent, "\n", StringComparison.Ordinal));
    }

    [Fact]
    public void One_bit_that_differs_between_participants_is_found_at_the_next_check()
    {
        using LockStepExample first = new(), second = new();
        for (int step = 1; step <= 300; step++)
        {
            float[] inputs = Shapes.Random(8 * 4, step);
            int[] labels = Shapes.RandomLabels(8, 2, step);
            if (step == 250)
                second.Parameters[9] = MathF.BitIncrement(second.Parameters[9]);
            string?[] fingerprints = [first.Step(inputs, labels), second.Step(inputs, labels)];
            Assert.Equal(step % 100 == 0, fingerprints[0] is not null);
            Assert.Equal(step != 300, LockStepExample.InStep(fingerprints));
        }
    }

    private static string Read(params string[] path) => File.ReadAllText(Path.Combine([SourceTree.Root, .. path])).ReplaceLineEndings("\n");

    private static string Between(string text, string start, string end)
    {
        int from = text.IndexOf(start, StringComparison.Ordinal) + start.Length;
        return text[from..text.IndexOf(end, from, StringComparison.Ordinal)];
    }
}
