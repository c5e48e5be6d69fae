using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Backprop.Simd.Internal.IO;

/// <summary>SHA-256 over text, integers and float bits, the same on every machine.</summary>
/// <remarks>
/// Bytes, all integers 64-bit little-endian: a string is its UTF-8 length and its UTF-8 bytes, a span of floats its length and the bits of each, an integer itself.
/// The lengths keep "ab" + "c" apart from "a" + "bc". Every NaN counts as 0x7FC00000; +0 and -0 differ.
/// </remarks>
internal sealed class FingerprintHash
{
    private const int CanonicalNaN = 0x7FC0_0000;
    private const int FloatsAtOnce = 256;

    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    public void Add(long value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
        _hash.AppendData(bytes);
    }

    public void Add(string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        Add(bytes.Length);
        _hash.AppendData(bytes);
    }

    public void AddFloats(ReadOnlySpan<float> values)
    {
        Add(values.Length);
        Span<byte> bytes = stackalloc byte[FloatsAtOnce * sizeof(float)];
        while (values.Length > 0)
        {
            int count = Math.Min(FloatsAtOnce, values.Length);
            for (int i = 0; i < count; i++)
            {
                int bits = float.IsNaN(values[i]) ? CanonicalNaN : BitConverter.SingleToInt32Bits(values[i]);
                BinaryPrimitives.WriteInt32LittleEndian(bytes[(i * sizeof(float))..], bits);
            }

            _hash.AppendData(bytes[..(count * sizeof(float))]);
            values = values[count..];
        }
    }

    /// <summary>The hash as lower-case hex; the object is used up.</summary>
    public string Finish()
    {
        using IncrementalHash hash = _hash;
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
