using Backprop.Simd.Cli.Reports;

namespace Backprop.Simd.Cli.Inspection;

/// <summary>Texts that stand over every inspection; what comes from the file is made fit for a line.</summary>
internal static class FileHeading
{
    private const int Longest = 100;

    public static void Write(Screen screen, string path, string what) =>
        screen.Heading(FormattableString.Invariant($"{Path.GetFileName(path)}: {what}, {new FileInfo(path).Length:N0} bytes"));

    /// <summary>Without control characters, and not longer than a line.</summary>
    public static string OneLine(string text)
    {
        string cut = text.Length > Longest ? $"{text[..Longest]}..." : text;
        return string.Concat(cut.Select(c => char.IsControl(c) || char.IsSurrogate(c) ? '?' : c));
    }

    public static string Sizes<T>(IEnumerable<T> shape) => $"[{string.Join(", ", shape)}]";
}
