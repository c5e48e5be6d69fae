using Backprop.Simd.Internal.Memory;
using Xunit;

namespace Backprop.Simd.Tests;

public sealed unsafe class AlignedBufferTests
{
    [Theory]
    [MemberData(nameof(Shapes.Lengths), MemberType = typeof(Shapes))]
    public void A_buffer_is_aligned_zeroed_and_as_long_as_asked(int length)
    {
        var buffer = new AlignedBuffer(length);
        Assert.Equal(length, buffer.Length);
        Assert.Equal(length, buffer.Span.Length);
        Assert.Equal((nuint)0, (nuint)buffer.Pointer % 64);
        Assert.False(buffer.Span.ContainsAnyExcept(0f));
        for (int i = 0; i < length; i++)
            buffer.Pointer[i] = i + 1;
        for (int i = 0; i < length; i++)
            Assert.Equal(i + 1, buffer.Span[i]);
    }

    [Fact]
    public void A_negative_length_is_refused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new AlignedBuffer(-1));

    [Fact]
    public void Neighbours_do_not_overlap()
    {
        AlignedBuffer[] buffers = [.. Enumerable.Range(0, 50).Select(i => new AlignedBuffer(i + 1))];
        for (int i = 0; i < buffers.Length; i++)
            buffers[i].Span.Fill(i);
        for (int i = 0; i < buffers.Length; i++)
            Assert.False(buffers[i].Span.ContainsAnyExcept((float)i));
    }

    [Fact]
    public void A_collection_does_not_move_it()
    {
        var garbage = new List<byte[]>();
        for (int i = 0; i < 100; i++)
            garbage.Add(new byte[1000]);
        var buffer = new AlignedBuffer(100);
        buffer.Span.Fill(3f);
        garbage.Clear();
        GC.Collect(2, GCCollectionMode.Forced, blocking: true, compacting: true);
        for (int i = 0; i < 100; i++)
            Assert.Equal(3f, buffer.Pointer[i]);
        buffer.Pointer[99] = 4f;
        Assert.Equal(4f, buffer.Span[99]);
    }
}
