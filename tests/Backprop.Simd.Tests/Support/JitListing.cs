using System.Text.RegularExpressions;

namespace Backprop.Simd.Tests;

/// <summary>Reads what DOTNET_JitDisasm wrote.</summary>
internal static partial class JitListing
{
    public static string[] Methods(string listing) => listing.Split("; Assembly listing for method ", StringSplitOptions.RemoveEmptyEntries);

    // A loop is what lies between a label and a jump back to it; here one without another inside. As many in a longer one may be what comes after the loop, placed before it.
    public static string[] LoopWithMostMultiplyAdds(string method)
    {
        string[] lines = method.Split('\n');
        string[] best = [];
        int most = 0, lastStart = -1;
        for (int end = 0; end < lines.Length; end++)
        {
            Match jump = Jump().Match(lines[end]);
            if (!jump.Success)
                continue;
            int start = Array.FindIndex(lines, line => line.StartsWith(jump.Groups[1].Value + ":", StringComparison.Ordinal));
            if (start < 0 || start >= end || lastStart >= start)
                continue;
            lastStart = start;
            string[] loop = lines[start..(end + 1)];
            int count = loop.Count(line => line.Contains("vfmadd", StringComparison.Ordinal));
            if (count > most || (count == most && loop.Length < best.Length))
                (best, most) = (loop, count);
        }

        return best;
    }

    [GeneratedRegex(@"\bcall\b")]
    public static partial Regex Call();

    [GeneratedRegex(@"\[r[sb]p.*[xyz]mm|[xyz]mm.*\[r[sb]p")]
    public static partial Regex VectorOnStack();

    [GeneratedRegex(@"^\s+j\w+\s+(?:SHORT )?(G_M\w+)")]
    private static partial Regex Jump();
}
