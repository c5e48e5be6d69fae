using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace Backprop.Simd.Tests;

/// <summary>Data files made by hand, byte by byte.</summary>
internal static class DataBytes
{
    /// <summary>IDX: 0 0 type dimensions, big-endian sizes, values.</summary>
    public static byte[] Idx(byte type, int[] shape, params byte[] values)
    {
        byte[] bytes = new byte[4 + (4 * shape.Length) + values.Length];
        bytes[2] = type;
        bytes[3] = (byte)shape.Length;
        for (int i = 0; i < shape.Length; i++)
            BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(4 + (4 * i)), shape[i]);
        values.CopyTo(bytes, bytes.Length - values.Length);
        return bytes;
    }

    /// <summary>.npy as numpy.save writes it: the header is padded with spaces and ends a line at a multiple of 64 bytes.</summary>
    public static byte[] Npy(string descr, string fortran, string shape, params byte[] values) =>
        NpyHeader($"{{'descr': '{descr}', 'fortran_order': {fortran}, 'shape': {shape}, }}", 1, values);

    public static byte[] NpyHeader(string dictionary, byte version, params byte[] values)
    {
        int start = version == 1 ? 10 : 12;
        byte[] header = new byte[(start + Encoding.UTF8.GetByteCount(dictionary) + 1 + 63) / 64 * 64];
        header.AsSpan().Fill((byte)' ');
        header[0] = 0x93;
        "NUMPY"u8.CopyTo(header.AsSpan(1));
        header[6] = version;
        header[7] = 0;
        int length = header.Length - start;
        header[8] = (byte)length;
        header[9] = (byte)(length >> 8);
        if (version > 1)
            header[10] = header[11] = 0;
        Encoding.UTF8.GetBytes(dictionary, header.AsSpan(start));
        header[^1] = (byte)'\n';
        return [.. header, .. values];
    }

    public static byte[] Gzip(byte[] content)
    {
        using var compressed = new MemoryStream();
        using (var gzip = new GZipStream(compressed, CompressionLevel.Optimal))
            gzip.Write(content);
        return compressed.ToArray();
    }

    public static byte[] LittleEndian(params float[] values)
    {
        byte[] bytes = new byte[4 * values.Length];
        for (int i = 0; i < values.Length; i++)
            BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(4 * i), values[i]);
        return bytes;
    }

    public static byte[] BigEndian(params float[] values)
    {
        byte[] bytes = new byte[4 * values.Length];
        for (int i = 0; i < values.Length; i++)
            BinaryPrimitives.WriteSingleBigEndian(bytes.AsSpan(4 * i), values[i]);
        return bytes;
    }

    /// <summary>A zip archive, as numpy.savez (stored) and numpy.savez_compressed write it.</summary>
    public static byte[] Zip(CompressionLevel level, params (string Name, byte[] Content)[] entries)
    {
        using var stream = new MemoryStream();
        using (var archive = new ZipArchive(stream, ZipArchiveMode.Create))
        {
            foreach ((string name, byte[] content) in entries)
            {
                using Stream entry = archive.CreateEntry(name, level).Open();
                entry.Write(content);
            }
        }

        return stream.ToArray();
    }
}
