namespace Backprop.Simd.Internal.Memory;

/// <summary>One flat arena: reserve pieces, allocate once, use the pieces until it is disposed.</summary>
internal sealed unsafe class Workspace : IDisposable
{
    private const int AlignmentFloats = 16;

    private AlignedBuffer? _buffer;
    private long _reserved;

    /// <summary>Sets <paramref name="floats"/> aside and returns their offset, aligned to 64 bytes.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The arena would be larger than an array can be.</exception>
    public int Reserve(long floats)
    {
        long offset = _reserved;
        long end = checked(offset + ((floats + AlignmentFloats - 1) / AlignmentFloats * AlignmentFloats));
        if (end > AlignedBuffer.MaximumLength)
            throw new ArgumentOutOfRangeException(nameof(floats), $"The workspace would hold {end} floats; at most {AlignedBuffer.MaximumLength} can be addressed.");
        _reserved = end;
        return (int)offset;
    }

    /// <summary>Rents the memory; no more reservations after it.</summary>
    public void Allocate() => _buffer = BufferPool.Rent((int)_reserved);

    /// <summary>Everything becomes +0 again.</summary>
    public void Clear() => _buffer!.Span.Clear();

    public float* At(int offset) => _buffer!.Pointer + offset;

    /// <summary>A span that, unlike a pointer, keeps the memory from being collected.</summary>
    public Span<float> Span(int offset, int length) => _buffer!.Span.Slice(offset, length);

    /// <summary>Returns the memory to the pool.</summary>
    public void Dispose()
    {
        if (_buffer is { } buffer)
            BufferPool.Return(buffer);
        _buffer = null;
    }
}
