using System.Text.RegularExpressions;

namespace Backprop.Simd.Internal.IO;

/// <summary>Names in C# source.</summary>
internal static class CSharpName
{
    /// <summary>The parts of a namespace as they are written, or an exception.</summary>
    public static string Namespace(string name, string parameter) => string.Join('.', name.Split('.').Select(part => Escape(part, name, parameter)));

    /// <summary>The name of a class as it is written, or an exception.</summary>
    public static string Class(string name, string parameter)
    {
        string escaped = Escape(name, name, parameter);
        return CSharpWriter.IsMember(name) ? throw new ArgumentException($"'{name}' is the name of a member of the class.", parameter) : escaped;
    }

    // Every keyword is in lower-case letters, and @ changes nothing where it is not needed.
    private static string Escape(string part, string whole, string parameter)
    {
        if (!Regex.IsMatch(part, @"^[\p{L}_][\p{L}\p{Nd}_]*\z"))
            throw new ArgumentException($"'{whole}' is no name in C#.", parameter);
        return Regex.IsMatch(part, @"^[a-z]+\z") ? "@" + part : part;
    }
}
