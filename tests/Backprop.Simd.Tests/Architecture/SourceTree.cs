using System.Text.RegularExpressions;

namespace Backprop.Simd.Tests;

/// <summary>The repository that this test program was built in.</summary>
internal static partial class SourceTree
{
    public static string Root { get; } = FindRoot();

    public static string Library => Path.Combine(Root, "src", "Backprop.Simd");

    /// <summary>The library's files: the path relative to it, with slashes, and the text without comments and strings.</summary>
    public static IReadOnlyList<(string Path, string Code)> LibraryFiles { get; } =
    [
        .. Directory.EnumerateFiles(Library, "*.cs", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(Library, path).Replace('\\', '/'))
            .Where(path => !path.StartsWith("obj/", StringComparison.Ordinal) && !path.StartsWith("bin/", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)
            .Select(path => (path, WithoutCommentsAndStrings(File.ReadAllText(Path.Combine(Library, path))))),
    ];

    /// <summary>The first folder of a library path, or "" in the root.</summary>
    public static string FolderOf(string path) => path.Contains('/', StringComparison.Ordinal) ? path[..path.IndexOf('/', StringComparison.Ordinal)] : string.Empty;

    /// <summary>Keeps the lines, so that line numbers stay right.</summary>
    public static string WithoutCommentsAndStrings(string source) =>
        CommentOrString().Replace(source, match => match.Value.StartsWith('/') ? new string('\n', match.Value.Count(c => c == '\n')) : "\"\"");

    [GeneratedRegex("""//[^\n]*|/\*.*?\*/|\"{3}.*?\"{3}|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])+'""", RegexOptions.Singleline)]
    private static partial Regex CommentOrString();

    private static string FindRoot()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "Backprop.Simd.sln")))
            folder = Path.GetDirectoryName(folder);
        return folder ?? throw new DirectoryNotFoundException($"No folder above {AppContext.BaseDirectory} holds Backprop.Simd.sln.");
    }
}
