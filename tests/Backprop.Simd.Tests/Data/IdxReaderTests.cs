using Backprop.Simd.Data;
using Xunit;

namespace Backprop.Simd.Tests;

public class IdxReaderTests
{
    public static TheoryData<byte, byte[], float[]> Types => new()
    {
        { 0x08, [0, 1, 128, 255], [0, 1, 128, 255] },
        { 0x09, [0, 1, 0x80, 0xFF], [0, 1, -128, -1] },
        { 0x0B, [0x7F, 0xFF, 0x80, 0, 0xFF, 0xFE, 0, 1], [32767, -32768, -2, 1] },
        { 0x0C, [0, 1, 0, 0, 0x80, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 7], [65536, int.MinValue, -1, 7] },
        { 0x0D, DataBytes.BigEndian(0.5f, -0f, float.Epsilon, float.NaN), [0.5f, -0f, float.Epsilon, float.NaN] },
        { 0x0E, [0x3F, 0xF8, 0, 0, 0, 0, 0, 0, 0xC0, 0, 0, 0, 0, 0, 0, 0, 0x7F, 0xF0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1], [1.5f, -2, float.PositiveInfinity, 0] },
    };

    [Theory]
    [MemberData(nameof(Types))]
    public void Every_type_is_read_plain_and_compressed(byte type, byte[] values, float[] expected)
    {
        using var folder = new TemporaryFolder();
        byte[] file = DataBytes.Idx(type, [2, 2], values);
        foreach (byte[] bytes in (byte[][])[file, DataBytes.Gzip(file)])
        {
            DataArray array = IdxReader.Read(folder.Write("a.idx", bytes));
            Assert.Equal([2, 2], array.Shape);
            Assert.Equal(-1, Tolerance.FirstDifference(expected, array.Values));
        }
    }

    [Fact]
    public void Images_and_labels_become_a_data_set()
    {
        using var folder = new TemporaryFolder();
        DataArray images = IdxReader.Read(folder.Write("images", DataBytes.Idx(0x08, [3, 1, 2], 0, 51, 102, 153, 204, 255)));
        DataArray labels = IdxReader.Read(folder.Write("labels", DataBytes.Idx(0x08, [3], 2, 0, 1)));
        Dataset data = images.WithLabels(labels, classes: 3, scale: 1 / 255f);
        Assert.Equal((3, 2, 3), (data.Count, data.InputSize, data.TargetSize));
        Assert.Equal([0, 51 * (1 / 255f), 102 * (1 / 255f), 153 * (1 / 255f), 204 * (1 / 255f), 255 * (1 / 255f)], data.Inputs.ToArray());
        Assert.Equal([2, 0, 1], data.Labels.ToArray());
        Dataset regression = images.WithTargets(labels);
        Assert.Equal((3, 2, 1), (regression.Count, regression.InputSize, regression.TargetSize));
        Assert.Equal([2, 0, 1], regression.Targets.ToArray());
    }

    [Fact]
    public void A_large_compressed_file_is_read_whole()
    {
        using var folder = new TemporaryFolder();
        byte[] values = new byte[300_001];
        for (int i = 0; i < values.Length; i++)
            values[i] = (byte)(i * 7);
        DataArray array = IdxReader.Read(folder.Write("a", DataBytes.Gzip(DataBytes.Idx(0x08, [values.Length], values))));
        Assert.Equal(values.Select(value => (float)value), array.Values);
    }

    [Fact]
    public void No_examples_are_legal_to_read()
    {
        using var folder = new TemporaryFolder();
        DataArray array = IdxReader.Read(folder.Write("a", DataBytes.Idx(0x08, [int.MaxValue, 0, int.MaxValue])));
        Assert.Empty(array.Values);
        Assert.Equal(0, array.ItemSize);
    }
}
