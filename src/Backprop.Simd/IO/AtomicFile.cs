namespace Backprop.Simd.Internal.IO;

/// <summary>Writes a file whole or not at all.</summary>
internal static class AtomicFile
{
    /// <summary>
    /// Writes a temporary file in the same folder, flushes it to the disk, and renames it to <paramref name="path"/>, over what was there.
    /// Where anything throws, the old file stays as it was and the temporary one is removed.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="write">Writes its bytes.</param>
    /// <param name="makeRoom">Called when the new bytes are on the disk: says under which name the old file is kept. Null: it is not.</param>
    public static void Write(string path, Action<Stream> write, Func<string>? makeRoom = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        string target = Path.GetFullPath(path);
        string temporary = $"{target}.{Path.GetRandomFileName()}.tmp";
        var stream = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None);
        try
        {
            using (stream)
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }

            // Replace links the old file to its new name before it renames: at no moment is there no file.
            if (makeRoom is not null && File.Exists(target))
                File.Replace(temporary, target, makeRoom(), ignoreMetadataErrors: true);
            else
                File.Move(temporary, target, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }

    /// <summary>Removes what killed processes left of files that they were about to write; nobody else may be writing <paramref name="path"/>.</summary>
    public static void DeleteLeftovers(string path)
    {
        string target = Path.GetFullPath(path);
        foreach (string file in Directory.GetFiles(Path.GetDirectoryName(target)!, $"{Path.GetFileName(target)}.????????.???.tmp"))
            File.Delete(file);
    }
}
