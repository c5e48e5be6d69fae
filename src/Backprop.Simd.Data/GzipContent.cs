using System.Buffers.Binary;
using System.IO.Compression;

namespace Backprop.Simd.Data;

/// <summary>What a gzip file of one member holds; its last four bytes are the content's length modulo 2^32.</summary>
internal sealed class GzipContent : CheckedStream
{
    private const int ShortestFile = 18;

    private readonly uint _length;

    public GzipContent(FileStream file)
        : base(new GZipStream(file, CompressionMode.Decompress))
    {
        if (file.Length < ShortestFile)
            throw new InvalidDataException($"a gzip file has at least {ShortestFile} bytes; this one has {file.Length}.");
        Span<byte> last = stackalloc byte[sizeof(uint)];
        file.Seek(-last.Length, SeekOrigin.End);
        file.ReadExactly(last);
        file.Position = 0;
        _length = BinaryPrimitives.ReadUInt32LittleEndian(last);
    }

    public static bool IsGzip(FileStream file)
    {
        bool gzip = file.ReadByte() == 0x1F && file.ReadByte() == 0x8B;
        file.Position = 0;
        return gzip;
    }

    protected override void OnEnd()
    {
        if ((uint)Position != _length)
            throw new InvalidDataException($"the gzip data end after {Position} bytes of content, and the file's last 4 bytes say {_length}: the file was cut off, goes on after its end, or has several members.");
    }
}
