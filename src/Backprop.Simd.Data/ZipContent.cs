using System.IO.Compression;

namespace Backprop.Simd.Data;

/// <summary>What one entry of a zip archive holds; its length and checksum are compared with those that the archive promises.</summary>
internal sealed class ZipContent(ZipArchiveEntry entry) : CheckedStream(entry.Open())
{
    private uint _checksum;

    protected override void OnRead(ReadOnlySpan<byte> bytes) => _checksum = Crc32.Append(_checksum, bytes);

    protected override void OnEnd()
    {
        if (Position != entry.Length)
            throw new InvalidDataException($"the entry ends after {Position} bytes of content; the archive says {entry.Length}.");
        if (_checksum != entry.Crc32)
            throw new InvalidDataException($"the content has the checksum {_checksum:x8}; the archive says {entry.Crc32:x8}.");
    }
}
