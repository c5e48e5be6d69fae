namespace Backprop.Simd.Internal.Optimizers;

/// <summary>x^n by repeated squaring: Math.Pow differs between C libraries in the last bits.</summary>
internal static class IntegerPower
{
    private const double MostExponent = 40;

    public static double Of(double x, long n)
    {
        double power = 1;
        for (; n > 0; n >>= 1)
        {
            power *= FactorOf(x, n);
            x *= x;
        }

        return power;
    }

    /// <summary>1 - x^n, 0 &lt;= x &lt; 1: the same bits as by <see cref="Of"/>, without it where x^n is too small to matter.</summary>
    /// <remarks>x^n &lt;= e^(-n (1 - x)), and 1 less than 2^-54 = e^-37.4 is 1. (4-16-3 of one example, Adam, after 40,000 steps: 248 to 224 ns.)</remarks>
    public static double OneMinus(double x, long n) => n * (1 - x) > MostExponent ? 1 : 1 - Of(x, n);

    // x or 1 without a branch: the bits of a step number are hard to foresee.
    private static double FactorOf(double x, long n)
    {
        long one = BitConverter.DoubleToInt64Bits(1);
        return BitConverter.Int64BitsToDouble(one + ((BitConverter.DoubleToInt64Bits(x) - one) & -(n & 1)));
    }
}
