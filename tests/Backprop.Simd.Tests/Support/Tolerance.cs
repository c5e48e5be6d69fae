namespace Backprop.Simd.Tests;

/// <summary>Error bounds that follow from arithmetic, not from trying.</summary>
internal static class Tolerance
{
    /// <summary>The unit roundoff of single precision.</summary>
    public const double UnitRoundoff = 1.0 / (1 << 24);

    /// <summary>The distance between neighbouring denormals, which no ULP falls below.</summary>
    public static readonly double SmallestUlp = double.ScaleB(1, -149);

    /// <summary>2 with FMA; 4 where products are rounded apart.</summary>
    public static double ElementaryUlp => SimdInfo.FusedMultiplyAdd ? 2 : 4;

    /// <summary>gamma(k) = k u / (1 - k u): the relative error of k roundings on top of one another (Higham, lemma 3.1).</summary>
    public static double Gamma(int k) => k * UnitRoundoff / (1 - (k * UnitRoundoff));

    /// <summary>The distance of neighbouring floats at a value.</summary>
    public static double Ulp(double value)
    {
        double magnitude = Math.Abs(value);
        if (magnitude < double.ScaleB(1, -126))
            return SmallestUlp;
        return double.ScaleB(1, Math.Min(Math.ILogB(magnitude), 127) - 23);
    }

    /// <summary>|actual - expected| in units of the ULP at <paramref name="expected"/>.</summary>
    /// <remarks>0 if both are NaN, infinite if one is. A float infinity counts as 2^128, the float that would come next.</remarks>
    public static double UlpDistance(float actual, double expected)
    {
        if (float.IsNaN(actual) || double.IsNaN(expected))
            return float.IsNaN(actual) && double.IsNaN(expected) ? 0 : double.PositiveInfinity;
        double limit = double.ScaleB(1, 128);
        double a = Math.Clamp(actual, -limit, limit), e = Math.Clamp(expected, -limit, limit);
        return Math.Abs(a - e) / Ulp(e);
    }

    /// <summary>Equality of bits, where every NaN counts as one.</summary>
    public static bool SameBits(float left, float right) =>
        BitConverter.SingleToInt32Bits(left) == BitConverter.SingleToInt32Bits(right) || (float.IsNaN(left) && float.IsNaN(right));

    /// <summary>Index of the first element whose bits differ, or -1.</summary>
    public static int FirstDifference(ReadOnlySpan<float> left, ReadOnlySpan<float> right)
    {
        if (left.Length != right.Length)
            return Math.Min(left.Length, right.Length);
        for (int i = 0; i < left.Length; i++)
        {
            if (!SameBits(left[i], right[i]))
                return i;
        }

        return -1;
    }
}
