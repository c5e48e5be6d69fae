using System.Buffers.Binary;
using System.Text;

namespace Backprop.Simd.Data;

/// <summary>NumPy's .npy, versions 1 to 3: real numbers of any byte order, C or Fortran order.</summary>
public static class NpyReader
{
    private const int LongestHeader = 1 << 16;

    /// <summary>Reads an array into floats, row-major whatever the file's order; integers beyond 2^24 and doubles are rounded.</summary>
    /// <param name="path">An .npy file, compressed with gzip or not.</param>
    /// <exception cref="InvalidDataException">The file is no .npy file, holds no real numbers, ends too early or goes on too long; the message says where.</exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public static DataArray Read(string path)
    {
        using var file = new StrictFile(path);
        return Read(file);
    }

    /// <summary>Opens an array without reading its values: for data that are larger than memory.</summary>
    /// <param name="path">An .npy file in C order, not compressed.</param>
    /// <exception cref="InvalidDataException">The file is no .npy file, is compressed or in Fortran order, holds no real numbers, ends too early or goes on too long; the message says where.</exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public static StreamedArray Open(string path)
    {
        using var file = new StrictFile(path);
        NpyHeader array = ReadRowsHeader(file);
        return file.Stream(array.Shape, array.Type);
    }

    /// <summary>The header of an array whose examples lie one behind the other.</summary>
    internal static NpyHeader ReadRowsHeader(StrictFile file)
    {
        NpyHeader array = ReadHeader(file);
        return array.FortranOrder && array.Shape.Length > 1
            ? throw file.Error("in Fortran order: the values of one example lie apart. Save it in C order, as numpy.ascontiguousarray gives it.")
            : array;
    }

    internal static DataArray Read(StrictFile file)
    {
        NpyHeader array = ReadHeader(file);
        float[] values = file.ReadToEnd(ArrayShape.Count(file, array.Shape), array.Type);
        return new DataArray(file.Name, array.Shape, array.FortranOrder ? ColumnMajorOrder.ToRowMajor(values, array.Shape) : values, array.Type.ToString());
    }

    internal static NpyHeader ReadHeader(StrictFile file)
    {
        Span<byte> start = stackalloc byte[8];
        file.Read(start, "the magic string and version");
        if (start[0] != 0x93 || !start[1..6].SequenceEqual("NUMPY"u8))
            throw file.Error("no .npy file: it does not start with \\x93NUMPY.");
        if (start[6] is < 1 or > 3 || start[7] != 0)
            throw file.Error($".npy version {start[6]}.{start[7]}; 1.0, 2.0 and 3.0 are read.");
        Span<byte> length = stackalloc byte[sizeof(uint)];
        length.Clear();
        file.Read(length[..(start[6] == 1 ? sizeof(ushort) : sizeof(uint))], "the header's length");
        uint headerLength = BinaryPrimitives.ReadUInt32LittleEndian(length);
        if (headerLength > LongestHeader)
            throw file.Error($"a header of {headerLength} bytes; at most {LongestHeader} are read.");
        byte[] header = new byte[headerLength];
        file.Read(header, "the header");
        return NpyHeader.Parse(file, Encoding.UTF8.GetString(header));
    }
}
