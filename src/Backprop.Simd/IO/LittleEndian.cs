using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Backprop.Simd.Internal.IO;

/// <summary>Floats as the bytes that files and hashes hold: little-endian, bit for bit.</summary>
internal static class LittleEndian
{
    /// <summary>Writes the bits of all values.</summary>
    public static void Write(Stream stream, ReadOnlySpan<float> values)
    {
        if (BitConverter.IsLittleEndian)
        {
            stream.Write(MemoryMarshal.AsBytes(values));
            return;
        }

        Span<int> part = stackalloc int[256];
        for (; values.Length > 0; values = values[Math.Min(part.Length, values.Length)..])
        {
            ReadOnlySpan<int> bits = MemoryMarshal.Cast<float, int>(values[..Math.Min(part.Length, values.Length)]);
            BinaryPrimitives.ReverseEndianness(bits, part);
            stream.Write(MemoryMarshal.AsBytes(part[..bits.Length]));
        }
    }

    /// <summary>Turns bytes that were read into <paramref name="values"/> as they lay in the file into this machine's order.</summary>
    public static void FromFile(Span<float> values)
    {
        if (BitConverter.IsLittleEndian)
            return;
        Span<int> bits = MemoryMarshal.Cast<float, int>(values);
        BinaryPrimitives.ReverseEndianness(bits, bits);
    }
}
