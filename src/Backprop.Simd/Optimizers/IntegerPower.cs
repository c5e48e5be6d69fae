namespace Backprop.Simd.Internal.Optimizers;

/// <summary>x^n by repeated squaring: Math.Pow differs between C libraries in the last bits.</summary>
internal static class IntegerPower
{
    public static double Of(double x, long n)
    {
        double power = 1;
        for (; n > 0; n >>= 1)
        {
            // No branch: the bits of a step number are hard to foresee.
            power *= (n & 1) != 0 ? x : 1;
            x *= x;
        }

        return power;
    }
}
