using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using Backprop.Simd.Internal.Simd;
using Xunit;

namespace Backprop.Simd.Tests;

/// <summary>Tables byte by byte hold what they hold float by float.</summary>
public sealed unsafe class BytePlanesTests
{
    public enum Table
    {
        Tanh,
        Power,
        NormalTail,
    }

    [Theory]
    [InlineData(Table.Tanh)]
    [InlineData(Table.Power)]
    [InlineData(Table.NormalTail)]
    public void Planes_are_the_bytes_of_the_floats(Table table)
    {
        ReadOnlySpan<float> floats = Values(table);
        ReadOnlySpan<byte> bytes = MemoryMarshal.AsBytes(floats);
        ulong[] expected = new ulong[floats.Length / 2];
        for (int i = 0; i < bytes.Length; i++)
        {
            (int row, int column) = Math.DivRem(i / sizeof(float), 16);
            expected[(8 * row) + (2 * (i % sizeof(float))) + (column / 8)] |= (ulong)bytes[i] << (8 * (column % 8));
        }

        Assert.Equal(expected, BytePlanes.Planes.Slice(BytePlanes.Start(floats), expected.Length).ToArray());
    }

    [Theory]
    [InlineData(Table.Tanh)]
    [InlineData(Table.Power)]
    [InlineData(Table.NormalTail)]
    public void Two_vectors_get_what_each_gets_alone(Table table)
    {
        Assert.SkipUnless(Avx2.IsSupported, "Shuffles of AVX2.");
        ReadOnlySpan<float> floats = Values(table);
        var random = new Random(1);
        int* integers = stackalloc int[16];
        float* values = stackalloc float[16];
        for (int i = 0; i < 1000; i++)
        {
            // Only the low four bits count, whatever the others are.
            for (int lane = 0; lane < 16; lane++)
                integers[lane] = i < 16 ? i : random.Next(int.MinValue, int.MaxValue);
            int row = random.Next(floats.Length / 16);
            Pair<F32x8>.Store(BytePlanes.Lookup(floats, row, BytePlanes.Index(Pair<F32x8>.Load((float*)integers))), values);
            for (int lane = 0; lane < 16; lane++)
                Assert.Equal(BitConverter.SingleToInt32Bits(floats[(16 * row) + (integers[lane] & 15)]), BitConverter.SingleToInt32Bits(values[lane]));
        }
    }

    private static ReadOnlySpan<float> Values(Table table) => table switch
    {
        Table.Tanh => Elementary.TanhTable,
        Table.Power => Elementary.PowerTable,
        _ => Elementary.NormalTailTable,
    };
}
