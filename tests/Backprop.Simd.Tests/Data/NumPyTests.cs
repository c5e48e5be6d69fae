using Backprop.Simd.Data;
using NumSharp;
using Xunit;

namespace Backprop.Simd.Tests;

/// <summary>Files of NumPy (stored beside this file, with the program that made them) and of NumSharp are read here, and files written here by NumSharp.</summary>
public sealed class NumPyTests
{
    private static readonly int[] s_numbers = [.. Enumerable.Range(0, 12)];

    [Theory]
    [InlineData("float32.npy", "float32")]
    [InlineData("float64-fortran.npy", "float64")]
    public void Files_of_NumPy_are_read(string name, string type)
    {
        using var folder = new TemporaryFolder();
        DataArray array = NpyReader.Read(Stored(folder, name));
        Assert.Equal([3, 4], array.Shape);
        Assert.Equal(type, array.StoredType);
        Assert.Equal(s_numbers.Select(i => i / 8f), array.Values);
    }

    [Fact]
    public void Byte_order_and_archives_of_NumPy_are_read()
    {
        using var folder = new TemporaryFolder();
        Assert.Equal(s_numbers.Select(i => i - 5f), NpyReader.Read(Stored(folder, "int16-big-endian.npy")).Values);
        string archive = Stored(folder, "both.npz");
        Assert.Equal(["images", "labels"], NpzReader.Names(archive));
        Assert.Equal(s_numbers.Select(i => (float)i), NpzReader.Read(archive, "images").Values);
        Assert.Equal([2, 0, 1], NpzReader.Read(archive, "labels").ToLabels(classes: 3));
    }

    [Fact]
    public void NumSharp_reads_what_is_written_here()
    {
        using var folder = new TemporaryFolder();
        float[] values = Shapes.Random(24, 1);
        NpyWriter.Write(folder["x.npy"], values, 2, 3, 4);
        NpyWriter.Write(folder["y.npy"], [3, 1, 2], 3);
        NDArray x = (NDArray)np.load(folder["x.npy"]), y = (NDArray)np.load(folder["y.npy"]);
        Assert.Equal([2, 3, 4], x.shape.Select(size => (int)size));
        Assert.Equal(values, x.ToArray<float>());
        Assert.Equal([3, 1, 2], y.ToArray<int>());
    }

    [Fact]
    public void What_NumSharp_writes_is_read_here()
    {
        using var folder = new TemporaryFolder();
        np.save(folder["x.npy"], np.arange(12).reshape(3, 4).astype(np.float32));
        DataArray x = NpyReader.Read(folder["x.npy"]);
        Assert.Equal([3, 4], x.Shape);
        Assert.Equal(s_numbers.Select(i => (float)i), x.Values);
    }

    private static string Stored(TemporaryFolder folder, string name)
    {
        using Stream stream = typeof(NumPyTests).Assembly.GetManifestResourceStream($"numpy/{name}")!;
        byte[] bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return folder.Write(name, bytes);
    }
}
