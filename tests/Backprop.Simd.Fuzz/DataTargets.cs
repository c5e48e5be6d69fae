using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using Backprop.Simd.Data;
using Backprop.Simd.Tests;

namespace Backprop.Simd.Fuzz;

/// <summary>IDX, CSV, npy and npz, gzip or not.</summary>
internal static class DataTargets
{
    private static readonly string[] s_npyWords =
    [
        "'descr': ", "'fortran_order': ", "'shape': ", "True", "False", "(", ")", "()", "(,)", ", ", "{", "}", "'", "\"", "<f4", ">f8", "|u1", "<i8", "<f2", "|b1", "<U3", "|O", "[('a', '<f4')]", "(2, 3)", "(0,)", "(99999999999, 99999999999)", "L", "\n", "\x93NUMPY",
    ];

    public static Target[] All
    {
        get
        {
            byte[][] idx =
            [
                DataBytes.Idx(0x08, [3, 2], 1, 2, 3, 4, 5, 6),
                DataBytes.Idx(0x0B, [2], 0, 1, 2, 3),
                DataBytes.Idx(0x0D, [1, 2, 1], DataBytes.BigEndian(0.5f, -2)),
                DataBytes.Gzip(DataBytes.Idx(0x08, [4, 50], new byte[200])),
            ];
            byte[][] csv = [.. Texts.Select(Encoding.UTF8.GetBytes), DataBytes.Gzip(Encoding.UTF8.GetBytes(Texts[0]))];
            byte[][] numbers = ["1,2,3\n4,5,6\n"u8.ToArray(), "x;y\n1;2.5\n-3e-2;4\n"u8.ToArray()];
            byte[][] npy =
            [
                DataBytes.Npy("<f4", "False", "(2, 3)", DataBytes.LittleEndian(1, 2, 3, 4, 5, 6)),
                DataBytes.Npy(">f4", "True", "(2, 2)", DataBytes.BigEndian(1, 2, 3, 4)),
                DataBytes.Npy("|u1", "False", "(3,)", 1, 2, 3),
                DataBytes.NpyHeader("{'descr': '<i8', 'fortran_order': False, 'shape': (), }", 2, new byte[8]),
            ];
            byte[][] npz = [Zip(CompressionLevel.NoCompression, npy[0], npy[1]), Zip(CompressionLevel.Optimal, npy[2]), Zip(CompressionLevel.NoCompression, npy[3])];
            string[] csvWords = [",", ";", "\t", "\"", "\"\"", "\n", "\r\n", "\r", "#", "\ufeff", "nan", "inf", "-", "+", ".", "e", "1e400", "0x1", " ", "\0", "label", "\u00e9", "1,2,3\n", "\"a\nb\""];
            string[] idxWords = ["\0\0\x08\x02", "\0\0\0\x03", "\0\0\x0d\x01", "\x1f", "\0"], npzWords = [.. s_npyWords, "PK\x03\x04", "PK\x01\x02", "PK\x05\x06", "a0.npy", "a1.npy", "../a0.npy", "\0\0\0\0"];
            return
            [
                new Target("idx", idx, path => IdxReader.Read(path), idxWords, Compressed),
                new Target("csv", csv, path => CsvReader.Read(path), csvWords, Compressed),
                new Target("csv-numbers", numbers, path => CsvReader.ReadNumbers(path), csvWords, Compressed),
                new Target("npy", npy, path => NpyReader.Read(path), s_npyWords, FitNpyHeader),
                new Target("idx-open", idx[..^1], path => Use(IdxReader.Open(path)), idxWords),
                new Target("csv-open", csv, path => CsvReader.Open(path).Dispose(), csvWords, Compressed),
                new Target("npy-open", [npy[0], npy[2], npy[3]], path => Use(NpyReader.Open(path)), s_npyWords, FitNpyHeader),
                new Target("npz-open", [Zip(CompressionLevel.NoCompression, npy[0], npy[2]), Zip(CompressionLevel.Optimal, npy[2]), Zip(CompressionLevel.NoCompression, npy[3])], OpenAll, npzWords, FitCrc),
                new Target("npz", npz, ReadAll, npzWords, FitCrc),
            ];
        }
    }

    private static string[] Texts =>
    [
        "1,2,0\n3,4,1\n5,6,0\n",
        "width,height,species\n1.5,2,setosa\n-3e-2,\"4\",virginica\n\n5,6,\"se\"\"tosa\"\n",
        "1;2.5;a\r\n3;4;b\r\n",
    ];

    private static void ReadAll(string path)
    {
        foreach (string name in NpzReader.Names(path))
            NpzReader.Read(path, name);
    }

    private static void OpenAll(string path)
    {
        foreach (string name in NpzReader.Names(path))
            Use(NpzReader.Open(path, name));
    }

    // The first and the last example, as far as they are small.
    private static void Use(StreamedArray array)
    {
        using (array)
        {
            if (array.ItemSize is 0 or > 1 << 16)
                return;
            float[] example = new float[array.ItemSize];
            array.Read(0, example);
            array.Read(array.Count - 1, example);
        }
    }

    private static byte[] Compressed(byte[] bytes) => bytes is [0x1f, ..] ? bytes : DataBytes.Gzip(bytes);

    // The length that the header gives of itself: up to its end of line.
    private static byte[] FitNpyHeader(byte[] bytes)
    {
        int end = bytes.AsSpan().IndexOf((byte)'\n') + 1;
        if (end < 12 || bytes[6] != 1)
            return bytes;
        byte[] fitted = [.. bytes];
        BinaryPrimitives.WriteUInt16LittleEndian(fitted.AsSpan(8), (ushort)(end - 10));
        return fitted;
    }

    // The sum of the first entry, where it is stored as it is, in both places.
    private static byte[] FitCrc(byte[] bytes)
    {
        int directory = bytes.AsSpan().IndexOf("PK\x01\x02"u8);
        if (directory < 30 || bytes.Length < directory + 46)
            return bytes;
        byte[] fitted = [.. bytes];
        int start = 30 + BinaryPrimitives.ReadUInt16LittleEndian(fitted.AsSpan(26)) + BinaryPrimitives.ReadUInt16LittleEndian(fitted.AsSpan(28));
        int size = BinaryPrimitives.ReadInt32LittleEndian(fitted.AsSpan(22));
        if (size < 0 || start > directory - size)
            return bytes;
        uint sum = Crc32(fitted.AsSpan(start, size));
        BinaryPrimitives.WriteUInt32LittleEndian(fitted.AsSpan(14), sum);
        BinaryPrimitives.WriteUInt32LittleEndian(fitted.AsSpan(directory + 16), sum);
        return fitted;
    }

    private static uint Crc32(ReadOnlySpan<byte> bytes)
    {
        uint sum = uint.MaxValue;
        foreach (byte value in bytes)
        {
            sum ^= value;
            for (int bit = 0; bit < 8; bit++)
                sum = (sum >> 1) ^ ((sum & 1) * 0xEDB88320);
        }

        return ~sum;
    }

    private static byte[] Zip(CompressionLevel level, params byte[][] arrays)
    {
        using var bytes = new MemoryStream();
        using (var zip = new ZipArchive(bytes, ZipArchiveMode.Create, leaveOpen: true))
        {
            for (int i = 0; i < arrays.Length; i++)
            {
                using Stream entry = zip.CreateEntry($"a{i}.npy", level).Open();
                entry.Write(arrays[i]);
            }
        }

        return bytes.ToArray();
    }
}
