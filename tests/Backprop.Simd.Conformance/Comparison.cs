using System.Security.Cryptography;
using System.Text;

namespace Backprop.Simd.Conformance;

/// <summary>Recorded lines against those of this machine.</summary>
internal static class Comparison
{
    /// <summary>First line of the file of recorded lines: raised when the networks or the bits change, with a line in the CHANGELOG.</summary>
    public const string Set = "fingerprint set 3";

    /// <summary>The lines that belong to this version of the library.</summary>
    public static List<string> Expected()
    {
        using Stream stream = typeof(Comparison).Assembly.GetManifestResourceStream("conformance-expected.txt")
            ?? throw new InvalidOperationException("The recorded lines are not in this program.");
        using var reader = new StreamReader(stream);
        if (reader.ReadLine() is var set && set != Set)
            throw new InvalidOperationException($"The recorded lines are those of \"{set}\"; this program makes \"{Set}\".");
        var lines = new List<string>();
        while (reader.ReadLine() is { } line)
            lines.Add(line);
        return lines;
    }

    /// <summary>Fingerprint of some lines.</summary>
    public static string Hash(IEnumerable<string> lines) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', lines))));

    /// <summary>Where the bits part first, network, step and part, or null.</summary>
    public static string? FirstDifference(IReadOnlyList<string> expected, IReadOnlyList<string> recorded)
    {
        for (int i = 0; i < Math.Max(expected.Count, recorded.Count); i++)
        {
            string[] wanted = i < expected.Count ? expected[i].Split("; ") : ["(none)", "?", ""];
            string[] given = i < recorded.Count ? recorded[i].Split("; ") : ["(none)", "?", ""];
            if (wanted[0] != given[0] || wanted[1] != given[1])
                return $"another list of networks: \"{given[0]}\", step {given[1]}, where \"{wanted[0]}\", step {wanted[1]}, was recorded";
            foreach ((string mine, string theirs) in given[2].Split(", ").Zip(wanted[2].Split(", ")))
            {
                if (mine != theirs)
                    return $"the bits part in network \"{given[0]}\", step {given[1]}, at {mine}, recorded {theirs}";
            }
        }

        return null;
    }
}
