using System.IO.Compression;

namespace Backprop.Simd.Data;

/// <summary>Reads a file, gzip or not, without believing what it says of itself.</summary>
internal sealed class StrictFile : IDisposable
{
    // Deflate cannot expand further, so a compressed file of this length cannot hold more.
    private const int LargestExpansion = 1032;

    private readonly FileStream _file;
    private readonly Stream _content;
    private readonly bool _compressed;
    private long _position;

    public StrictFile(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        Path = path;
        _file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        _compressed = _file.ReadByte() == 0x1F && _file.ReadByte() == 0x8B;
        _file.Position = 0;
        _content = _compressed ? new GZipStream(_file, CompressionMode.Decompress) : _file;
    }

    public string Path { get; }

    public void Dispose()
    {
        _content.Dispose();
        _file.Dispose();
    }

    public InvalidDataException Error(string what) => new($"{Path}: {what}");

    /// <summary>Fills the buffer or says where the file ends.</summary>
    public void Read(Span<byte> buffer, string what)
    {
        int read;
        try
        {
            read = _content.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
        }
        catch (InvalidDataException e)
        {
            throw new InvalidDataException($"{Path}: the gzip data are damaged after {_position} bytes: {e.Message}", e);
        }

        if (read < buffer.Length)
            throw Error($"the file ends at byte {_position + read}, inside {what}, which needs {buffer.Length} bytes from byte {_position} on.");
        _position += read;
    }

    /// <summary>Reads count numbers, which must be the rest of the file.</summary>
    public float[] ReadToEnd(long count, ElementType type)
    {
        long needed = checked(count * type.Size);
        long available = _compressed ? checked(_file.Length * LargestExpansion) : _file.Length - _position;
        if (needed > available || (!_compressed && needed < available))
            throw Error($"{count} values of {type.Size} bytes need {needed} bytes; the file {(_compressed ? "cannot hold more than" : "has")} {available}.");
        if (count > Array.MaxLength)
            throw Error($"{count} values; at most {Array.MaxLength} can be read.");
        const int Chunk = 1 << 16;
        byte[] bytes = new byte[Math.Min(needed, Chunk)];

        // A compressed file may still lie: the array grows with what was really read.
        float[] values = new float[(int)Math.Min(count, _compressed ? 1 << 20 : count)];
        int at = 0;
        int perChunk = Chunk / type.Size;
        while (at < count)
        {
            int take = (int)Math.Min(count - at, perChunk);
            Read(bytes.AsSpan(0, take * type.Size), "the values");
            if (at + take > values.Length)
                Array.Resize(ref values, (int)Math.Min(count, Math.Max(2L * values.Length, at + take)));
            for (int i = 0; i < take; i++)
                values[at++] = type.Read(bytes.AsSpan(i * type.Size, type.Size));
        }

        if (_compressed && _content.ReadByte() >= 0)
            throw Error($"the file goes on after its {count} values.");
        return values;
    }
}
