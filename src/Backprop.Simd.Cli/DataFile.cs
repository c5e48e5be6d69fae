using System.IO.Compression;
using Backprop.Simd.Data;

namespace Backprop.Simd.Cli;

/// <summary>Files that users name: CSV, IDX or npy, known by their first bytes.</summary>
internal static class DataFile
{
    /// <summary>Examples without labels.</summary>
    public static DataArray ReadInputs(string path, CsvOptions csv) => IsCsv(path) ? CsvReader.ReadNumbers(path, csv) : ReadArray(path);

    /// <summary>An IDX or npy file.</summary>
    public static DataArray ReadArray(string path) => FirstByte(path) == 0x93 ? NpyReader.Read(path) : IdxReader.Read(path);

    public static bool IsCsv(string path) => FirstByte(path) is not (0x93 or 0);

    private static int FirstByte(string path)
    {
        const int GzipMagic = 0x1F;
        using FileStream file = File.OpenRead(path);
        int first = file.ReadByte();
        if (first != GzipMagic)
            return first;
        file.Position = 0;
        using var content = new GZipStream(file, CompressionMode.Decompress);
        return content.ReadByte();
    }
}
