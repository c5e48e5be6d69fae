using System.IO.Compression;

namespace Backprop.Simd.Data;

/// <summary>NumPy's .npz: a zip archive of .npy files, compressed or not.</summary>
public static class NpzReader
{
    private const string Extension = ".npy";

    // A deflated entry may expand a thousandfold: more than this must be unpacked by the user, who then knows.
    private const long LargestEntry = 1L << 33;

    private const int Chunk = 1 << 16;

    /// <summary>Names of the arrays in the archive's order, without ".npy".</summary>
    /// <param name="path">An .npz file.</param>
    /// <exception cref="InvalidDataException">The file is no zip archive, or holds something else than .npy files or one name twice.</exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public static IReadOnlyList<string> Names(string path)
    {
        using ZipArchive archive = OpenArchive(path, out _);
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
        using ZipArchive archive = OpenArchive(path, out FileStream file);
        ZipArchiveEntry entry = Find(path, archive, name);
        string entryName = NameOf(path, entry);
        CheckLengths(entryName, file, entry, unpacks: true);
        return Guard(entryName, () =>
        {
            using StrictFile content = ContentOf(entryName, entry);
            return NpyReader.Read(content);
        });
    }

    /// <summary>Opens one array whose values stay on disk: for data that are larger than memory. It is read once, and its checksum compared.</summary>
    /// <param name="path">An .npz file.</param>
    /// <param name="name">As it was given to numpy.savez: without ".npy". The array must be in C order.</param>
    /// <param name="scratchFolder">
    /// For a compressed array (numpy.savez_compressed), which is unpacked to a temporary file of 4 bytes for each value: where it is made; null: the system's folder for them. It is gone when the result is disposed or the process
    /// ends, however it ends. An array that is not compressed is read where it lies in the archive.
    /// </param>
    /// <exception cref="InvalidDataException">The file is damaged, has no array of this name, or the array is in Fortran order or unpacks to more than 8 GiB; the message says which.</exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="IOException">The temporary file cannot be written.</exception>
    public static StreamedArray Open(string path, string name, string? scratchFolder = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        using ZipArchive archive = OpenArchive(path, out FileStream file);
        ZipArchiveEntry entry = Find(path, archive, name);
        string entryName = NameOf(path, entry);
        CheckLengths(entryName, file, entry, unpacks: false);
        if (entry.CompressedLength == entry.Length)
        {
            using StrictFile content = Guard(entryName, () => ContentOf(entryName, entry));
            NpyHeader array = Guard(entryName, () => NpyReader.ReadRowsHeader(content));
            long start = file.Position;
            CopyToEnd(content, array, target: null);

            // A decompressor reads ahead: only what is stored moves the archive on by the values themselves.
            if (file.Position - start == ArrayShape.Count(content, array.Shape) * array.Type.Size)
                return new StreamedArray(entryName, File.OpenHandle(path), start, array.Shape, array.Type);
        }

        CheckLengths(entryName, file, entry, unpacks: true);
        using StrictFile packed = Guard(entryName, () => ContentOf(entryName, entry));
        NpyHeader header = Guard(entryName, () => NpyReader.ReadRowsHeader(packed));
        using var scratch = new ScratchFile(scratchFolder ?? Path.GetTempPath());
        CopyToEnd(packed, header, scratch);
        return scratch.ToArray(entryName, header.Shape);
    }

    /// <summary>Reads the values, which must be the rest of the entry.</summary>
    private static void CopyToEnd(StrictFile content, NpyHeader array, ScratchFile? target)
    {
        long count = ArrayShape.Count(content, array.Shape);
        content.CheckRest(count, array.Type);
        byte[] bytes = new byte[Chunk];
        float[] values = new float[Chunk / array.Type.Size];
        for (long left = count; left > 0;)
        {
            int take = (int)Math.Min(left, values.Length);
            Guard(content.Name, () => content.Read(bytes.AsSpan(0, take * array.Type.Size), "the values"));
            array.Type.Read(bytes, values.AsSpan(0, take));
            target?.Add(values.AsSpan(0, take));
            left -= take;
        }

        Guard(content.Name, () => content.CheckEnd(count));
    }

    private static ZipArchiveEntry Find(string path, ZipArchive archive, string name)
    {
        List<string> names = NamesOf(path, archive);
        int index = names.IndexOf(name);
        if (index < 0)
            throw new InvalidDataException($"{path}: no array is called \"{Quote.Cut(name)}\"; there are {Quote.List(names)}.");
        return archive.Entries[index];
    }

    private static string NameOf(string path, ZipArchiveEntry entry) => $"{path}, {Quote.Cut(entry.FullName)}";

    private static void CheckLengths(string entryName, FileStream file, ZipArchiveEntry entry, bool unpacks)
    {
        long packed = entry.CompressedLength, length = entry.Length;
        if (packed > file.Length || length > packed * StrictFile.LargestExpansion)
            throw new InvalidDataException($"{entryName}: {packed} bytes cannot hold the {length} that the archive says.");
        if (unpacks && length > LargestEntry)
            throw new InvalidDataException($"{entryName}: {length} bytes; at most {LargestEntry} are unpacked.");
    }

    private static StrictFile ContentOf(string entryName, ZipArchiveEntry entry) =>
        new(entryName, new ZipContent(entry), entry.Length, compressed: entry.CompressedLength != entry.Length);

    private static ZipArchive OpenArchive(string path, out FileStream file)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        FileStream opened = file = StrictFile.Open(path);
        try
        {
            return Guard(path, () => new ZipArchive(opened, ZipArchiveMode.Read));
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

    private static void Guard(string name, Action read) => Guard(name, () =>
    {
        read();
        return true;
    });

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
