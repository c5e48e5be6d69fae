using Backprop.Simd.Data;
using Xunit;

namespace Backprop.Simd.Tests;

public class NpyWriterTests
{
    [Fact]
    public void What_is_written_is_what_NumPy_writes()
    {
        using var folder = new TemporaryFolder();
        NpyWriter.Write(folder["a.npy"], [1f, 2, 3, 4, 5, 6], 2, 3);
        Assert.Equal(DataBytes.Npy("<f4", "False", "(2, 3)", DataBytes.LittleEndian(1, 2, 3, 4, 5, 6)), File.ReadAllBytes(folder["a.npy"]));
        NpyWriter.Write(folder["b.npy"], [-1, 258], 2);
        Assert.Equal(DataBytes.Npy("<i4", "False", "(2,)", 0xFF, 0xFF, 0xFF, 0xFF, 2, 1, 0, 0), File.ReadAllBytes(folder["b.npy"]));
    }

    [Fact]
    public void Every_shape_comes_back()
    {
        using var folder = new TemporaryFolder();
        foreach (int[] shape in (int[][])[[], [0], [7], [0, 5], [3, 4], [2, 1, 3, 2], [.. Enumerable.Repeat(1, 30)]])
        {
            float[] values = [.. Enumerable.Range(0, shape.Aggregate(1, (product, size) => product * size)).Select(i => i == 1 ? float.NaN : i - 0.5f)];
            NpyWriter.Write(folder["a"], values, shape);
            DataArray array = NpyReader.Read(folder["a"]);
            Assert.Equal(shape, array.Shape);
            Assert.Equal(-1, Tolerance.FirstDifference(values, array.Values));
        }
    }

    [Fact]
    public void A_shape_that_does_not_fit_is_refused_before_anything_is_written()
    {
        using var folder = new TemporaryFolder();
        var e = Assert.Throws<ArgumentException>(() => NpyWriter.Write(folder["a"], [1f, 2, 3], 2, 2));
        Assert.StartsWith("shape has 4 values; 3 are given.", e.Message, StringComparison.Ordinal);
        Assert.Equal("shape", e.ParamName);
        Assert.Throws<ArgumentOutOfRangeException>(() => NpyWriter.Write(folder["a"], [1f], -1, -1));
        Assert.Empty(folder.Files);
    }
}
