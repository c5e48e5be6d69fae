using System.IO.Compression;
using System.Text;
using System.Text.RegularExpressions;

namespace Backprop.Simd.Internal.IO;

/// <summary>A type of this library as source, member by member: the formulas of exported classes are these, not copies.</summary>
/// <remarks>It relies on the form of these files: one type in each, members indented by four spaces. (Expressions are not compiled ahead here: seven would be 10 KB of the library.)</remarks>
internal sealed class SourceText
{
    private readonly List<(string Name, string Text)> _members = [];

    private SourceText(string text)
    {
        // Exported types are not generic.
        string[] lines = Regex.Replace(text.ReplaceLineEndings("\n"), @"\n *where V : struct, IVectorF32<V>", string.Empty).Split('\n');
        int start = Array.FindIndex(lines, line => line.StartsWith("internal ", StringComparison.Ordinal));
        Constructor = Regex.Match(lines[start], @"(?<=(?:struct|class) \w+)\([^)]*\)").Value;
        var member = new StringBuilder();
        string name = string.Empty;
        for (int i = start + 2; lines[i] != "}"; i++)
        {
            string line = lines[i];
            if (line.Length == 0 || line.StartsWith("    ///", StringComparison.Ordinal))
            {
                if (line.Length == 0 && member.Length > 0)
                    member.Append('\n');
                continue;
            }

            if (name.Length == 0 && !line.StartsWith("    [", StringComparison.Ordinal))
                name = NameOf(line);
            member.Append(line).Append('\n');
            bool isBlock = line == "    }", isStatement = line.EndsWith(';') && !member.ToString().Contains("\n    {\n", StringComparison.Ordinal);
            if (!isBlock && !isStatement)
                continue;
            _members.Add((name, member.ToString().Replace("<V>", string.Empty, StringComparison.Ordinal)));
            member.Clear();
            name = string.Empty;
        }
    }

    /// <summary>"(float slope)", or nothing.</summary>
    public string Constructor { get; }

    /// <summary>Reads an embedded source file.</summary>
    public static SourceText Read(string name)
    {
        using Stream stream = typeof(SourceText).Assembly.GetManifestResourceStream("formulas.zip")!;
        using var archive = new ZipArchive(stream);
        ZipArchiveEntry entry = archive.GetEntry(name) ?? throw new InvalidOperationException($"{name} is not embedded.");
        using var reader = new StreamReader(entry.Open());
        return new SourceText(reader.ReadToEnd());
    }

    /// <summary>The members that are wanted and those that these need, in the order of the file.</summary>
    public IEnumerable<string> Closure(Func<string, bool> isWanted)
    {
        var needed = new HashSet<string>(StringComparer.Ordinal);
        var open = new Stack<string>(_members.Select(member => member.Name).Where(isWanted));
        while (open.TryPop(out string? name))
        {
            if (!needed.Add(name))
                continue;
            foreach ((_, string text) in _members.Where(member => member.Name == name))
            {
                foreach (Match word in Regex.Matches(text, @"\b[A-Za-z_]\w*\b"))
                {
                    if (_members.Exists(member => member.Name == word.Value))
                        open.Push(word.Value);
                }
            }
        }

        return _members.Where(member => needed.Contains(member.Name)).Select(member => member.Text);
    }

    // Operators have no names to be found by.
    private static string NameOf(string declaration) => declaration.Contains(" operator ", StringComparison.Ordinal) ? "operator" : Regex.Match(declaration, @"\w+(?=(?:<\w+>)?\()|\w+(?= =)|\w+$").Value;
}
