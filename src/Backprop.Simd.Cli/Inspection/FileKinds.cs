using System.Buffers.Binary;
using System.IO.Compression;

namespace Backprop.Simd.Cli.Inspection;

internal enum FileKind
{
    Safetensors,
    Onnx,
    Npy,
    Npz,
    Idx,
    Csv,
}

/// <summary>Tells what a file is by its first bytes; what looks like nothing else is text.</summary>
internal static class FileKinds
{
    private const int Needed = 9;

    public static FileKind Of(string path)
    {
        byte[] start = Start(path);
        if (start.Length == 0)
            throw new InvalidDataException($"{path}: the file is empty.");
        if (start is [0x93, (byte)'N', ..])
            return FileKind.Npy;
        if (start.AsSpan().StartsWith("PK"u8))
            return FileKind.Npz;

        // The header's length, then the header, which is an object in JSON.
        if (start.Length == Needed && start[8] == '{' && BinaryPrimitives.ReadUInt64LittleEndian(start) <= (ulong)new FileInfo(path).Length)
            return FileKind.Safetensors;
        if (start.Length > 2 && start[0] == 0 && start[1] == 0)
            return FileKind.Idx;

        // Field 1 of the message, the version of the format.
        return start[0] == 0x08 ? FileKind.Onnx : FileKind.Csv;
    }

    private static byte[] Start(string path)
    {
        using FileStream file = File.OpenRead(path);
        byte[] start = Read(file);
        if (start is not [0x1F, 0x8B, ..])
            return start;
        file.Position = 0;
        using var content = new GZipStream(file, CompressionMode.Decompress);
        return Read(content);
    }

    private static byte[] Read(Stream stream)
    {
        byte[] bytes = new byte[Needed];
        return bytes[..stream.ReadAtLeast(bytes, Needed, throwOnEndOfStream: false)];
    }
}
