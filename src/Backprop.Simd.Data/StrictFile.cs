namespace Backprop.Simd.Data;

/// <summary>Reads numbers from a file, gzip or not, or from a part of an archive, without believing what it says of itself.</summary>
internal sealed class StrictFile : IDisposable
{
    // Deflate cannot expand further, so compressed data of this length cannot hold more.
    public const int LargestExpansion = 1032;

    private const int Chunk = 1 << 16;

    private readonly Stream _content;
    private readonly long _length;
    private readonly bool _compressed;
    private long _position;

    public StrictFile(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        Name = path;
        FileStream file = Open(path);
        _content = file;
        try
        {
            _compressed = GzipContent.IsGzip(file);
            _length = _compressed ? checked(file.Length * LargestExpansion) : file.Length;
            if (_compressed)
                _content = new GzipContent(file);
        }
        catch (InvalidDataException e)
        {
            file.Dispose();
            throw Error(e.Message, e);
        }
    }

    /// <param name="name">What messages call it.</param>
    /// <param name="content">Disposed with this.</param>
    /// <param name="length">Bytes of the content; where it is compressed, the most that it can have.</param>
    /// <param name="compressed">Whether the length is only a bound.</param>
    public StrictFile(string name, Stream content, long length, bool compressed)
    {
        Name = name;
        _content = content;
        _length = length;
        _compressed = compressed;
    }

    public string Name { get; }

    public bool IsCompressed => _compressed;

    /// <summary>The file, which must be one that has a length.</summary>
    public static FileStream Open(string path)
    {
        var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        if (file.CanSeek)
            return file;
        file.Dispose();
        throw new InvalidDataException($"{path}: no ordinary file; a pipe cannot be read.");
    }

    public void Dispose() => _content.Dispose();

    public InvalidDataException Error(string what, Exception? inner = null) => new($"{Name}: {what}", inner);

    /// <summary>Fills the buffer or says where the file ends.</summary>
    public void Read(Span<byte> buffer, string what)
    {
        int read = ReadUpTo(buffer);
        if (read < buffer.Length)
            throw Error($"the {(_compressed ? "content" : "file")} ends at byte {_position + read}, inside {what}, which needs {buffer.Length} bytes from byte {_position} on.");
        _position += read;
    }

    /// <summary>Reads count numbers, which must be the rest of the file.</summary>
    /// <param name="count">From the file's header: not believed.</param>
    /// <param name="type">What lies there.</param>
    public float[] ReadToEnd(long count, ElementType type)
    {
        CheckRest(count, type);
        long needed = count * type.Size;
        if (count > Array.MaxLength)
            throw Error($"{count} values; at most {Array.MaxLength} can be read.");

        // Compressed data may still be fewer than promised: the array grows with what was really read.
        float[] values = new float[(int)(_compressed ? Math.Min(count, Chunk) : count)];
        byte[] bytes = new byte[(int)Math.Clamp(needed, 1, Chunk)];
        for (int at = 0; at < count;)
        {
            int take = (int)Math.Min(count - at, Chunk / type.Size);
            Read(bytes.AsSpan(0, take * type.Size), "the values");
            if (at + take > values.Length)
                Array.Resize(ref values, (int)Math.Min(count, Math.Max(2L * values.Length, at + take)));
            type.Read(bytes, values.AsSpan(at, take));
            at += take;
        }

        CheckEnd(count);
        return values;
    }

    /// <summary>Refuses a byte too many, or what the container finds at its end.</summary>
    /// <param name="count">Values that were read.</param>
    public void CheckEnd(long count)
    {
        Span<byte> more = stackalloc byte[1];
        if (ReadUpTo(more) > 0)
            throw Error($"the file goes on after its {count} values.");
    }

    /// <summary>Leaves the values, which must be the rest of the file, where they are.</summary>
    /// <param name="shape">From the file's header: not believed.</param>
    /// <param name="type">What lies there.</param>
    public StreamedArray Stream(int[] shape, ElementType type)
    {
        if (_compressed)
            throw Error("compressed with gzip: its examples cannot be read one by one. Unpack it first.");
        CheckRest(ArrayShape.Count(this, shape), type);
        return new StreamedArray(Name, File.OpenHandle(Name), _position, shape, type);
    }

    /// <summary>Refuses a number of values that the rest of the file cannot hold.</summary>
    public void CheckRest(long count, ElementType type)
    {
        long needed = checked(count * type.Size), available = _length - _position;
        if (needed > available || (!_compressed && needed < available))
            throw Error($"{count} values of {type.Size} bytes need {needed} bytes; the file {(_compressed ? "cannot hold more than" : "has")} {available} after its header.");
    }

    private int ReadUpTo(Span<byte> buffer)
    {
        try
        {
            return _content.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
        }
        catch (InvalidDataException e)
        {
            throw Error(e.Message, e);
        }
    }
}
