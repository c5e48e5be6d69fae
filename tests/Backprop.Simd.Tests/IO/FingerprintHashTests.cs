using Backprop.Simd.Internal.IO;
using Xunit;

namespace Backprop.Simd.Tests;

public class FingerprintHashTests
{
    // Expected: Python's hashlib over struct.pack("<q", length) + bytes for each string, "<q" for the integer, "<q" 4 and "<f" (NaN: "<I" 0x7fc00000) for the floats.
    [Fact]
    public void The_bytes_are_those_that_the_remark_describes()
    {
        var hash = new FingerprintHash();
        hash.Add("Dense(2,3)");
        hash.Add("größe");
        hash.Add(-2);
        hash.AddFloats([1f, -0f, float.NaN, 1e-40f]);
        Assert.Equal("62265d390f8ab6066f7e7d520fbc384e521cb18e0d9df52d3ec3d7453a727ab4", hash.Finish());
    }

    [Fact]
    public void Nothing_hashes_as_SHA256_of_nothing() =>
        Assert.Equal("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", new FingerprintHash().Finish());

    [Fact]
    public void Every_NaN_counts_as_one_and_the_zeros_differ()
    {
        Assert.Equal(Of(BitConverter.Int32BitsToSingle(0x7FC0_0000)), Of(BitConverter.Int32BitsToSingle(unchecked((int)0xFF80_1234))));
        Assert.NotEqual(Of(0f), Of(-0f));
    }

    [Theory]
    [InlineData(255)]
    [InlineData(256)]
    [InlineData(257)]
    [InlineData(1000)]
    public void Every_value_counts(int length)
    {
        float[] values = Shapes.Random(length, 3);
        string before = Of(values);
        foreach (int index in new[] { 0, length / 2, length - 1 })
        {
            float old = values[index];
            values[index] = MathF.BitIncrement(old);
            Assert.NotEqual(before, Of(values));
            values[index] = old;
        }

        Assert.Equal(before, Of(values));
    }

    [Fact]
    public void Where_a_string_ends_counts()
    {
        FingerprintHash left = new(), right = new();
        left.Add("ab");
        left.Add("c");
        right.Add("a");
        right.Add("bc");
        Assert.NotEqual(left.Finish(), right.Finish());
    }

    private static string Of(params float[] values)
    {
        var hash = new FingerprintHash();
        hash.AddFloats(values);
        return hash.Finish();
    }
}
