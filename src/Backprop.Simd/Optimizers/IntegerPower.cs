namespace Backprop.Simd.Internal.Optimizers;

/// <summary>x^n by repeated squaring: Math.Pow differs between C libraries in the last bits.</summary>
internal static class IntegerPower
{
    public static double Of(double x, long n)
    {
        double power = 1;
        for (; n > 0; n >>= 1)
        {
            if ((n & 1) != 0)
                power *= x;
            x *= x;
        }

        return power;
    }
}
