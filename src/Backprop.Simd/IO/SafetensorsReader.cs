using System.Buffers.Binary;
using System.IO.MemoryMappedFiles;

namespace Backprop.Simd.Internal.IO;

/// <summary>A safetensors file, mapped into memory and checked: the tensors' bytes come from the disk when they are read, and are never copied as a whole.</summary>
/// <remarks>
/// The file: the header's length (64-bit little-endian), the header, the data. No length is believed before the file's own length bears it out.
/// Files that this library replaces get a new file's bytes, never new bytes in the old file, so that a file that is mapped keeps its own.
/// </remarks>
internal sealed unsafe class SafetensorsReader : IDisposable
{
    /// <summary>The format's own limit.</summary>
    public const long LongestHeader = 100_000_000;

    private const int LengthSize = sizeof(long);

    private readonly FileStream _file;
    private readonly long _fileLength;
    private readonly MemoryMappedFile? _map;
    private readonly MemoryMappedViewAccessor? _view;
    private readonly byte* _start;
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
        _file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
        try
        {
            _fileLength = _file.Length;
            if (_fileLength < LengthSize)
                throw Bad($"the file holds {_fileLength} bytes; the length of the header alone takes {LengthSize}.");
            _map = MemoryMappedFile.CreateFromFile(_file, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true);
            _view = _map.CreateViewAccessor(0, _fileLength, MemoryMappedFileAccess.Read);
            _view.SafeMemoryMappedViewHandle.AcquirePointer(ref _start);
            _header = ReadHeader(out _dataStart);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public IReadOnlyDictionary<string, string> Metadata => _header.Metadata;

    public IReadOnlyDictionary<string, SafetensorsEntry> Tensors => _header.Tensors;

    /// <summary>What is wrong with this file.</summary>
    public InvalidDataException Bad(string what, Exception? inner = null) => new($"{_path}: {what}", inner);

    /// <summary>Reads elements of a tensor whose type <see cref="SafetensorsType.IsFloat"/>, from element <paramref name="first"/> on.</summary>
    public void ReadFloats(SafetensorsEntry entry, long first, Span<float> values)
    {
        SafetensorsType.TryGetBits(entry.Type, out int bits);
        long bytes = (long)values.Length * (bits / 8);
        byte* source = At(_dataStart + entry.Begin + (first * (bits / 8)), bytes);
        switch (entry.Type)
        {
            case SafetensorsType.F64:
                for (int i = 0; i < values.Length; i++)
                    values[i] = (float)BinaryPrimitives.ReadDoubleLittleEndian(new ReadOnlySpan<byte>(source + ((long)i * sizeof(double)), sizeof(double)));
                break;
            case SafetensorsType.F16:
                for (int i = 0; i < values.Length; i++)
                    values[i] = (float)BinaryPrimitives.ReadHalfLittleEndian(new ReadOnlySpan<byte>(source + ((long)i * sizeof(ushort)), sizeof(ushort)));
                break;
            case SafetensorsType.BF16:
                for (int i = 0; i < values.Length; i++)
                    values[i] = BitConverter.Int32BitsToSingle(BinaryPrimitives.ReadUInt16LittleEndian(new ReadOnlySpan<byte>(source + ((long)i * sizeof(ushort)), sizeof(ushort))) << 16);
                break;
            default:
                // The start of a tensor need not be aligned.
                fixed (float* target = values)
                    Buffer.MemoryCopy(source, target, bytes, bytes);
                LittleEndian.FromFile(values);
                break;
        }
    }

    /// <summary>Reads an I64 tensor of one element.</summary>
    public long ReadInt64(SafetensorsEntry entry) => BinaryPrimitives.ReadInt64LittleEndian(new ReadOnlySpan<byte>(At(_dataStart + entry.Begin, sizeof(long)), sizeof(long)));

    /// <summary>Reads an F64 tensor of one dimension.</summary>
    public double[] ReadDoubles(SafetensorsEntry entry)
    {
        double[] values = new double[entry.Shape[0]];
        byte* source = At(_dataStart + entry.Begin, entry.End - entry.Begin);
        for (int i = 0; i < values.Length; i++)
            values[i] = BinaryPrimitives.ReadDoubleLittleEndian(new ReadOnlySpan<byte>(source + ((long)i * sizeof(double)), sizeof(double)));
        return values;
    }

    public void Dispose()
    {
        if (_start != null)
            _view!.SafeMemoryMappedViewHandle.ReleasePointer();
        _view?.Dispose();
        _map?.Dispose();
        _file.Dispose();
    }

    private SafetensorsHeader ReadHeader(out long dataStart)
    {
        ulong length = BinaryPrimitives.ReadUInt64LittleEndian(new ReadOnlySpan<byte>(At(0, LengthSize), LengthSize));
        if (length > LongestHeader)
            throw Bad($"the header says that it has {length} bytes; the format allows {LongestHeader}.");
        dataStart = LengthSize + (long)length;
        if (dataStart > _fileLength)
            throw Bad($"the header says that it has {length} bytes; the file holds {_fileLength - LengthSize} after the length.");
        try
        {
            return SafetensorsHeader.Parse(new ReadOnlySpan<byte>(At(LengthSize, (long)length), (int)length), _fileLength - dataStart);
        }
        catch (InvalidDataException e)
        {
            throw Bad(e.Message, e);
        }
    }

    // A page that the file no longer has would end the process: look before each access.
    private byte* At(long position, long length)
    {
        long now = RandomAccess.GetLength(_file.SafeFileHandle);
        return position + length <= now ? _start + position : throw Bad($"the file ends at byte {now}, earlier than when it was opened.");
    }
}
