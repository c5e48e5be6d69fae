namespace Backprop.Simd.Data;

/// <summary>Text from a file, fit to stand in a message of one line.</summary>
internal static class Quote
{
    private const int Longest = 40;
    private const int MostNames = 10;

    public static string Cut(ReadOnlySpan<char> text)
    {
        Span<char> shown = stackalloc char[Math.Min(text.Length, Longest)];
        for (int i = 0; i < shown.Length; i++)
            shown[i] = char.IsControl(text[i]) || char.IsSurrogate(text[i]) ? '?' : text[i];
        return text.Length <= Longest ? shown.ToString() : $"{shown}...";
    }

    /// <summary>The first of the names.</summary>
    public static string List(IReadOnlyList<string> names) =>
        string.Join(", ", names.Take(MostNames).Select(name => Cut(name))) + (names.Count > MostNames ? ", ..." : string.Empty);
}
