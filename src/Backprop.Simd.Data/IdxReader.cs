using System.Buffers.Binary;

namespace Backprop.Simd.Data;

/// <summary>IDX, the format of the MNIST files: big-endian, 0 0 type dimensions, one 32-bit size per dimension, values. Also gzip.</summary>
public static class IdxReader
{
    private const int MostDimensions = 8;

    /// <summary>Reads a file of any IDX type into floats; integers beyond 2^24 and doubles are rounded.</summary>
    /// <param name="path">IDX, compressed with gzip or not; which one is seen from its first bytes.</param>
    /// <exception cref="InvalidDataException">The file is no IDX file, ends too early or goes on too long; the message says where.</exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public static DataArray Read(string path)
    {
        using var file = new StrictFile(path);
        int[] shape = ReadHeader(file, out ElementType type);
        return new DataArray(file.Name, shape, file.ReadToEnd(ArrayShape.Count(file, shape), type), type.ToString());
    }

    /// <summary>Opens a file of any IDX type without reading its values: for data that are larger than memory.</summary>
    /// <param name="path">IDX, not compressed.</param>
    /// <exception cref="InvalidDataException">The file is no IDX file, is compressed, ends too early or goes on too long; the message says where.</exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public static StreamedArray Open(string path)
    {
        using var file = new StrictFile(path);
        int[] shape = ReadHeader(file, out ElementType type);
        return file.Stream(shape, type);
    }

    private static int[] ReadHeader(StrictFile file, out ElementType type)
    {
        Span<byte> magic = stackalloc byte[4];
        file.Read(magic, "the magic number");
        if (magic[0] != 0 || magic[1] != 0)
            throw file.Error($"no IDX file: it starts with bytes {magic[0]:x2} {magic[1]:x2} instead of 00 00.");
        type = magic[2] switch
        {
            0x08 => new(ElementForm.Unsigned, 1, true),
            0x09 => new(ElementForm.Signed, 1, true),
            0x0B => new(ElementForm.Signed, 2, true),
            0x0C => new(ElementForm.Signed, 4, true),
            0x0D => new(ElementForm.Float, 4, true),
            0x0E => new(ElementForm.Float, 8, true),
            _ => throw file.Error($"the element type 0x{magic[2]:x2} is none of IDX's: 08, 09, 0b, 0c, 0d, 0e."),
        };
        if (magic[3] is 0 or > MostDimensions)
            throw file.Error($"{magic[3]} dimensions; 1 to {MostDimensions} are read.");
        int[] shape = new int[magic[3]];
        Span<byte> size = stackalloc byte[4];
        for (int i = 0; i < shape.Length; i++)
        {
            file.Read(size, $"the size of dimension {i}");
            shape[i] = BinaryPrimitives.ReadInt32BigEndian(size);
            if (shape[i] < 0)
                throw file.Error($"dimension {i} has the size {(uint)shape[i]}; at most {int.MaxValue} can be read.");
        }

        return shape;
    }
}
