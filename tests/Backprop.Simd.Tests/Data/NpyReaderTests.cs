using Backprop.Simd.Data;
using Xunit;

namespace Backprop.Simd.Tests;

public class NpyReaderTests
{
    public static TheoryData<string, byte[], float[]> Types => new()
    {
        { "<f4", DataBytes.LittleEndian(1.5f, -0f, float.NaN), [1.5f, -0f, float.NaN] },
        { ">f4", DataBytes.BigEndian(1.5f, -0f, float.NaN), [1.5f, -0f, float.NaN] },
        { "<f8", [0, 0, 0, 0, 0, 0, 0xF8, 0x3F, 0, 0, 0, 0, 0, 0, 0, 0xC0, 0, 0, 0, 0, 0, 0, 0xF0, 0x7F], [1.5f, -2, float.PositiveInfinity] },
        { ">f8", [0x3F, 0xF8, 0, 0, 0, 0, 0, 0, 0xC0, 0, 0, 0, 0, 0, 0, 0, 0x7F, 0xF0, 0, 0, 0, 0, 0, 0], [1.5f, -2, float.PositiveInfinity] },
        { "<f2", [0, 0x3E, 0, 0xC0, 1, 0], [1.5f, -2, 5.9604645e-8f] },
        { "|b1", [0, 1, 1], [0, 1, 1] },
        { "|u1", [0, 128, 255], [0, 128, 255] },
        { "|i1", [0, 128, 255], [0, -128, -1] },
        { "<i2", [0xFE, 0xFF, 0, 0x80, 1, 2], [-2, -32768, 513] },
        { ">u2", [0xFF, 0xFE, 0x80, 0, 2, 1], [65534, 32768, 513] },
        { "<i8", [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0, 0, 0, 0, 0x80, 1, 0, 0, 1, 0, 0, 0, 0], [-1, -9223372036854775808f, 16777216] },
        { "<u8", [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0, 0, 0, 0, 0x80, 7, 0, 0, 0, 0, 0, 0, 0], [18446744073709551616f, 9223372036854775808f, 7] },
        { "=i4", [1, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0, 1, 0, 0], [1, -1, 256] },
    };

    [Theory]
    [MemberData(nameof(Types))]
    public void Every_real_type_is_read_in_its_byte_order(string descr, byte[] values, float[] expected)
    {
        using var folder = new TemporaryFolder();
        DataArray array = NpyReader.Read(folder.Write("a.npy", DataBytes.Npy(descr, "False", "(3,)", values)));
        Assert.Equal([3], array.Shape);
        Assert.Equal(-1, Tolerance.FirstDifference(expected, array.Values));
    }

    /// <summary>numpy.save(file, numpy.array([[1, 2, 3], [4, 5, 6]], dtype=numpy.float32)), all 152 bytes.</summary>
    [Fact]
    public void A_file_of_NumPy_is_read()
    {
        byte[] file =
        [
            0x93, .. "NUMPY"u8, 1, 0, 0x76, 0,
            .. "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }                                                          \n"u8,
            0, 0, 0x80, 0x3F, 0, 0, 0, 0x40, 0, 0, 0x40, 0x40, 0, 0, 0x80, 0x40, 0, 0, 0xA0, 0x40, 0, 0, 0xC0, 0x40,
        ];
        Assert.Equal(152, file.Length);
        using var folder = new TemporaryFolder();
        DataArray array = NpyReader.Read(folder.Write("a.npy", file));
        Assert.Equal([2, 3], array.Shape);
        Assert.Equal([1, 2, 3, 4, 5, 6], array.Values);
        Assert.Equal((2, 3), (array.Count, array.ItemSize));
    }

    [Fact]
    public void Fortran_order_is_turned_round()
    {
        using var folder = new TemporaryFolder();
        DataArray matrix = NpyReader.Read(folder.Write("a", DataBytes.Npy("|u1", "True", "(2, 3)", 1, 4, 2, 5, 3, 6)));
        Assert.Equal([1, 2, 3, 4, 5, 6], matrix.Values);

        // a[i, j, k] = 100 i + 10 j + k, the first index fastest.
        byte[] columnMajor = [.. from k in Enumerable.Range(0, 4) from j in Enumerable.Range(0, 3) from i in Enumerable.Range(0, 2) select (byte)((100 * i) + (10 * j) + k)];
        DataArray cube = NpyReader.Read(folder.Write("b", DataBytes.Npy("|u1", "True", "(2, 3, 4)", columnMajor)));
        Assert.Equal(from i in Enumerable.Range(0, 2) from j in Enumerable.Range(0, 3) from k in Enumerable.Range(0, 4) select (float)((100 * i) + (10 * j) + k), cube.Values);
    }

    [Theory]
    [InlineData("()", new int[0], 1)]
    [InlineData("(1,)", new[] { 1 }, 1)]
    [InlineData("(1L, 1L)", new[] { 1, 1 }, 1)]
    [InlineData("(0, 5)", new[] { 0, 5 }, 0)]
    [InlineData("(5, 0)", new[] { 5, 0 }, 0)]
    [InlineData("( 1 , 1,1 , )", new[] { 1, 1, 1 }, 1)]
    public void Shapes_of_nought_one_and_many_dimensions_are_read(string shape, int[] expected, int count)
    {
        using var folder = new TemporaryFolder();
        foreach (string fortran in (string[])["False", "True"])
        {
            DataArray array = NpyReader.Read(folder.Write("a", DataBytes.Npy("|u1", fortran, shape, [.. Enumerable.Repeat((byte)9, count)])));
            Assert.Equal(expected, array.Shape);
            Assert.Equal(Enumerable.Repeat(9f, count), array.Values);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void All_versions_and_any_order_of_keys_are_read(byte version)
    {
        using var folder = new TemporaryFolder();
        byte[] file = DataBytes.NpyHeader("""{"shape":(2,),"fortran_order":True,"descr":"<f4"}""", version, DataBytes.LittleEndian(1, 2));
        Assert.Equal([1, 2], NpyReader.Read(folder.Write("a", file)).Values);
        Assert.Equal([1, 2], NpyReader.Read(folder.Write("a", DataBytes.Gzip(file))).Values);
    }
}
