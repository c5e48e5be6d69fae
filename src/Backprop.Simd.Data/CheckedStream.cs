namespace Backprop.Simd.Data;

/// <summary>A forward-only stream that counts what it gives, and at its end asks whether that was all.</summary>
/// <remarks>The decompressors of the base library take the end of the file for the end of the data.</remarks>
internal abstract class CheckedStream(Stream inner) : Stream
{
    private long _position;
    private bool _ended;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => _position;
        set => throw new NotSupportedException();
    }

    public override int Read(Span<byte> buffer)
    {
        if (buffer.IsEmpty || _ended)
            return 0;
        int read;
        try
        {
            read = inner.Read(buffer);
        }
        catch (InvalidDataException e)
        {
            throw new InvalidDataException($"the compressed data are damaged after {_position} bytes of content, or their checksum does not fit.", e);
        }

        _position += read;
        OnRead(buffer[..read]);
        if (read == 0)
        {
            _ended = true;
            OnEnd();
        }

        return read;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected virtual void OnRead(ReadOnlySpan<byte> bytes)
    {
    }

    /// <summary>Throws an <see cref="InvalidDataException"/> where the content is not what the container promised.</summary>
    protected abstract void OnEnd();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            inner.Dispose();
        base.Dispose(disposing);
    }
}
