namespace Backprop.Simd.Internal.Optimizers;

/// <summary>cos(pi x) for 0 &lt;= x &lt;= 1 to about 1e-15: Math.Cos differs between C libraries in the last bits.</summary>
internal static class CosinePi
{
    public static double Of(double x)
    {
        if (x > 0.5)
            return -Of(1 - x);
        return x <= 0.25 ? Cosine(Math.PI * x) : Sine(Math.PI * (0.5 - x));
    }

    // Taylor series; the first term left out is below 2^-53 for t <= pi / 4.
    private static double Cosine(double t)
    {
        double s = t * t;
        return 1 - (s / 2 * (1 - (s / 12 * (1 - (s / 30 * (1 - (s / 56 * (1 - (s / 90 * (1 - (s / 132 * (1 - (s / 182)))))))))))));
    }

    private static double Sine(double t)
    {
        double s = t * t;
        return t * (1 - (s / 6 * (1 - (s / 20 * (1 - (s / 42 * (1 - (s / 72 * (1 - (s / 110 * (1 - (s / 156 * (1 - (s / 210))))))))))))));
    }
}
