using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Backprop.Simd.Internal.IO;

namespace Backprop.Simd.Data;

/// <summary>Writes NumPy's .npy, version 1.0: little-endian, C order.</summary>
public static class NpyWriter
{
    private const int Alignment = 64;

    /// <summary>Writes floats as '&lt;f4'. The file is whole or, where anything throws, the one that was there before.</summary>
    /// <param name="path">Written over if it exists.</param>
    /// <param name="values">Row-major.</param>
    /// <param name="shape">Sizes of the dimensions, slowest first; none for a single number.</param>
    /// <exception cref="ArgumentException">The shape has another number of values.</exception>
    public static void Write(string path, ReadOnlySpan<float> values, params ReadOnlySpan<int> shape) =>
        Write(path, "<f4", MemoryMarshal.Cast<float, uint>(values), shape);

    /// <summary>Writes whole numbers (labels) as '&lt;i4'.</summary>
    /// <inheritdoc cref="Write(string, ReadOnlySpan{float}, ReadOnlySpan{int})"/>
    public static void Write(string path, ReadOnlySpan<int> values, params ReadOnlySpan<int> shape) =>
        Write(path, "<i4", MemoryMarshal.Cast<int, uint>(values), shape);

    private static void Write(string path, string descr, ReadOnlySpan<uint> values, ReadOnlySpan<int> shape)
    {
        long count = 1;
        foreach (int size in shape)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(size, nameof(shape));
            count = checked(count * size);
        }

        if (count != values.Length)
            throw new ArgumentException($"shape has {count} values; {values.Length} are given.", nameof(shape));
        byte[] header = Header(descr, shape);
        byte[] bytes = new byte[values.Length * (long)sizeof(uint)];
        for (int i = 0; i < values.Length; i++)
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(i * sizeof(uint)), values[i]);
        AtomicFile.Write(path, stream =>
        {
            stream.Write(header);
            stream.Write(bytes);
        });
    }

    /// <summary>Padded with spaces to a multiple of 64 bytes, the last of them a line end.</summary>
    private static byte[] Header(string descr, ReadOnlySpan<int> shape)
    {
        const int Start = 10;
        var sizes = new StringBuilder();
        foreach (int size in shape)
            sizes.Append(CultureInfo.InvariantCulture, $"{(sizes.Length > 0 ? " " : string.Empty)}{size},");
        if (shape.Length > 1)
            sizes.Length--;
        byte[] text = Encoding.ASCII.GetBytes($"{{'descr': '{descr}', 'fortran_order': False, 'shape': ({sizes}), }}");
        byte[] header = new byte[(Start + text.Length + Alignment) / Alignment * Alignment];
        header.AsSpan().Fill((byte)' ');
        header[0] = 0x93;
        "NUMPY"u8.CopyTo(header.AsSpan(1));
        header[6] = 1;
        header[7] = 0;
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(8), checked((ushort)(header.Length - Start)));
        text.CopyTo(header, Start);
        header[^1] = (byte)'\n';
        return header;
    }
}
