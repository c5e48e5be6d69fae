using System.IO.Compression;

namespace Backprop.Simd.Data;

/// <summary>NumPy's .npz: a zip archive of .npy files, compressed or not.</summary>
public static class NpzReader
{
    private const string Extension = ".npy";

    // A deflated entry may expand a thousandfold: more than this must be unpacked by the user, who then knows.
    private const long LargestEntry = 1L << 33;

    /// <summary>Names of the arrays in the archive's order, without ".npy".</summary>
    /// <param name="path">An .npz file.</param>
    /// <exception cref="InvalidDataException">The file is no zip archive, or holds something else than .npy files or one name twice.</exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public static IReadOnlyList<string> Names(string path)
    {
        using ZipArchive archive = Open(path);
        return NamesOf(path, archive);
    }

    /// <summary>Reads one array into floats, row-major.</summary>
    /// <param name="path">An .npz file.</param>
    /// <param name="name">As it was given to numpy.savez: without ".npy".</param>
    /// <exception cref="InvalidDataException">The file is damaged, or has no array of this name; the message says which it has.</exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public static DataArray Read(string path, string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        using ZipArchive archive = Open(path);
        List<string> names = NamesOf(path, archive);
        int index = names.IndexOf(name);
        if (index < 0)
            throw new InvalidDataException($"{path}: no array is called \"{Quote.Cut(name)}\"; there are {Quote.List(names)}.");
        return Read(path, archive.Entries[index]);
    }

    private static DataArray Read(string path, ZipArchiveEntry entry)
    {
        string entryName = $"{path}, {Quote.Cut(entry.FullName)}";
        long packed = entry.CompressedLength, length = entry.Length;
        if (packed > new FileInfo(path).Length || length > packed * StrictFile.LargestExpansion)
            throw new InvalidDataException($"{entryName}: {packed} bytes cannot hold the {length} that the archive says.");
        if (length > LargestEntry)
            throw new InvalidDataException($"{entryName}: {length} bytes; at most {LargestEntry} are unpacked.");
        return Guard(entryName, () =>
        {
            using var content = new StrictFile(entryName, new ZipContent(entry), length, compressed: packed != length);
            return NpyReader.Read(content);
        });
    }

    private static ZipArchive Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        FileStream file = StrictFile.Open(path);
        try
        {
            return Guard(path, () => new ZipArchive(file, ZipArchiveMode.Read));
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private static List<string> NamesOf(string path, ZipArchive archive)
    {
        var names = new List<string>();
        var known = new HashSet<string>(StringComparer.Ordinal);
        foreach (ZipArchiveEntry entry in Guard(path, () => archive.Entries))
        {
            if (!entry.FullName.EndsWith(Extension, StringComparison.Ordinal))
                throw new InvalidDataException($"{path}: the entry \"{Quote.Cut(entry.FullName)}\" is no .npy file.");
            string name = entry.FullName[..^Extension.Length];
            if (!known.Add(name))
                throw new InvalidDataException($"{path}: two entries are called \"{Quote.Cut(name)}\".");
            names.Add(name);
        }

        return names;
    }

    /// <summary>The base library's zip reader answers damage in several ways.</summary>
    private static T Guard<T>(string name, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (InvalidDataException e) when (e.Message.StartsWith(name, StringComparison.Ordinal))
        {
            throw;
        }
        catch (Exception e) when (e is InvalidDataException or IOException or NotSupportedException or ArgumentException or OverflowException)
        {
            throw new InvalidDataException($"{name}: the zip archive is damaged or of a kind that is not read: {e.Message}", e);
        }
    }
}
