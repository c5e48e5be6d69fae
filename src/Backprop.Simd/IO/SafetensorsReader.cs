using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Backprop.Simd.Internal.IO;

/// <summary>A safetensors file, opened and checked; the tensors' bytes are read on demand.</summary>
/// <remarks>The file: the header's length (64-bit little-endian), the header, the data. No length is believed before the file's own length bears it out.</remarks>
internal sealed class SafetensorsReader : IDisposable
{
    /// <summary>The format's own limit.</summary>
    public const long LongestHeader = 100_000_000;

    private const int LengthSize = sizeof(long);

    private readonly SafeFileHandle _file;
    private readonly SafetensorsHeader _header;
    private readonly string _path;
    private readonly long _dataStart;

    /// <summary>Opens a file and checks all but the values.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">It is not a well-formed safetensors file.</exception>
    public SafetensorsReader(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        _path = path;
        if (!File.Exists(path))
            throw new FileNotFoundException($"There is no file '{path}'.", path);
        _file = File.OpenHandle(path);
        try
        {
            _header = ReadHeader(out _dataStart);
        }
        catch
        {
            _file.Dispose();
            throw;
        }
    }

    public IReadOnlyDictionary<string, string> Metadata => _header.Metadata;

    public IReadOnlyDictionary<string, SafetensorsEntry> Tensors => _header.Tensors;

    /// <summary>What is wrong with this file.</summary>
    public InvalidDataException Bad(string what, Exception? inner = null) => new($"{_path}: {what}", inner);

    /// <summary>Reads elements of an F32 tensor, from element <paramref name="first"/> on.</summary>
    public void ReadFloats(SafetensorsEntry entry, long first, Span<float> values)
    {
        ReadExactly(MemoryMarshal.AsBytes(values), _dataStart + entry.Begin + (first * sizeof(float)));
        LittleEndian.FromFile(values);
    }

    /// <summary>Reads an I64 tensor of one element.</summary>
    public long ReadInt64(SafetensorsEntry entry)
    {
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        ReadExactly(bytes, _dataStart + entry.Begin);
        return BinaryPrimitives.ReadInt64LittleEndian(bytes);
    }

    public void Dispose() => _file.Dispose();

    private SafetensorsHeader ReadHeader(out long dataStart)
    {
        long fileLength = RandomAccess.GetLength(_file);
        if (fileLength < LengthSize)
            throw Bad($"the file holds {fileLength} bytes; the length of the header alone takes {LengthSize}.");
        Span<byte> lengthBytes = stackalloc byte[LengthSize];
        ReadExactly(lengthBytes, 0);
        ulong length = BinaryPrimitives.ReadUInt64LittleEndian(lengthBytes);
        if (length > LongestHeader)
            throw Bad($"the header says that it has {length} bytes; the format allows {LongestHeader}.");
        dataStart = LengthSize + (long)length;
        if (dataStart > fileLength)
            throw Bad($"the header says that it has {length} bytes; the file holds {fileLength - LengthSize} after the length.");
        byte[] json = new byte[length];
        ReadExactly(json, LengthSize);
        try
        {
            return SafetensorsHeader.Parse(json, fileLength - dataStart);
        }
        catch (InvalidDataException e)
        {
            throw Bad(e.Message, e);
        }
    }

    private void ReadExactly(Span<byte> bytes, long position)
    {
        while (bytes.Length > 0)
        {
            int count = RandomAccess.Read(_file, bytes, position);
            if (count == 0)
                throw Bad($"the file ends at byte {position}, earlier than when it was opened.");
            bytes = bytes[count..];
            position += count;
        }
    }
}
