namespace Backprop.Simd.Internal.Elementwise;

/// <summary>Double-precision functions that the base library lacks, accurate to about 1e-15 relative: the yardstick of the float kernels.</summary>
internal static class DoubleMath
{
    /// <summary>ln(1 + x), x &gt; -1 (W. Kahan's correction of the rounded sum).</summary>
    public static double LogOnePlus(double x)
    {
        double sum = 1 + x;
        return sum == 1 ? x : double.IsInfinity(sum) ? sum : Math.Log(sum) * (x / (sum - 1));
    }

    /// <summary>e^x - 1: the Taylor series near 0.</summary>
    public static double ExpMinusOne(double x)
    {
        if (Math.Abs(x) > 0.5)
            return Math.Exp(x) - 1;
        double term = x, sum = 0;
        for (int n = 2; term != 0 && n < 30; n++)
        {
            sum += term;
            term *= x / n;
        }

        return sum + term;
    }

    /// <summary>erf(x) = 2 / sqrt(pi) times the integral of e^(-t^2) from 0 to x: its series near 0, elsewhere 1 - erfc.</summary>
    public static double Erf(double x)
    {
        double size = Math.Abs(x);
        if (!(size < 2))
            return double.IsNaN(x) ? x : Math.CopySign(1 - ComplementaryErf(size), x);

        // e^(-x^2) sum (2 x^2)^n x / (1 3 5 ... (2n + 1)): all terms have one sign.
        double term = x, sum = x;
        for (int n = 1; Math.Abs(term) > 1e-18 * Math.Abs(sum); n++)
        {
            term *= 2 * x * x / ((2 * n) + 1);
            sum += term;
        }

        return 2 / Math.Sqrt(Math.PI) * Math.Exp(-x * x) * sum;
    }

    /// <summary>erfc(x) = 1 - erf(x), with small relative error in the tail: a continued fraction for x &gt;= 2.</summary>
    public static double ComplementaryErf(double x)
    {
        if (x < 2)
            return x < -2 ? 2 - ComplementaryErf(-x) : 1 - Erf(x);
        if (double.IsNaN(x))
            return x;
        if (x > 27.3)
            return 0;

        // erfc(x) = e^(-x^2) / sqrt(pi) * 1 / (x + (1/2) / (x + 1 / (x + (3/2) / (x + ...)))), from the far end.
        double fraction = x;
        for (int n = 120; n >= 1; n--)
            fraction = x + (0.5 * n / fraction);

        // x^2 in two parts, so that its rounding does not show in the exponential.
        double square = x * x, rest = Math.FusedMultiplyAdd(x, x, -square);
        return Math.Exp(-square) * (1 - rest) / (Math.Sqrt(Math.PI) * fraction);
    }
}
