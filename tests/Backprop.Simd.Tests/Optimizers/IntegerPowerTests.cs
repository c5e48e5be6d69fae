using Backprop.Simd.Internal.Optimizers;
using Xunit;

namespace Backprop.Simd.Tests;

/// <summary>What Adam corrects its moments by, without the squarings that do not count.</summary>
public sealed class IntegerPowerTests
{
    [Theory]
    [InlineData(0.0)]
    [InlineData(0.5)]
    [InlineData(0.9)]
    [InlineData(0.95)]
    [InlineData(0.99)]
    [InlineData(0.999)]
    [InlineData(0.9999)]
    [InlineData(0.99999999)]
    public void One_minus_a_power_has_the_bits_of_the_whole_power(double x)
    {
        for (long n = 1; n <= 50_000; n++)
            Assert.Equal(BitConverter.DoubleToInt64Bits(1 - IntegerPower.Of(x, n)), BitConverter.DoubleToInt64Bits(IntegerPower.OneMinus(x, n)));

        // Around where it becomes 1, and far beyond.
        long last = (long)Math.Min(40 / (1 - x), 1e12);
        foreach (long n in Enumerable.Range(-1000, 2000).Select(i => last + i).Concat(Enumerable.Range(0, 45).Select(i => 1L << i)).Where(n => n > 0))
            Assert.Equal(BitConverter.DoubleToInt64Bits(1 - IntegerPower.Of(x, n)), BitConverter.DoubleToInt64Bits(IntegerPower.OneMinus(x, n)));
    }

    [Fact]
    public void Powers_are_those_of_the_mathematics()
    {
        foreach (double x in (double[])[0.5, 0.9, 0.999])
        {
            // At most n roundings here, and those of the squares weigh no more: 2 n u.
            double product = 1, twoRoundings = Math.ScaleB(1, -52);
            for (int n = 0; n <= 3000; n++, product *= x)
                Assert.InRange(IntegerPower.Of(x, n), product * (1 - (n * twoRoundings)), product * (1 + (n * twoRoundings)));
        }
    }
}
