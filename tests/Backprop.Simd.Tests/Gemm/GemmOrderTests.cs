using Xunit;

namespace Backprop.Simd.Tests;

/// <summary>Every path of the matrix product against the scalar model of its order of summation: equal bits.</summary>
public sealed class GemmOrderTests
{
    // Zero and one, the limits of the orders (n = 16, m = 4), the edges of tiles (6 and 14 rows, one and two vectors of 4, 8, 16 lanes),
    // the blocks of k and of rows; few rows that read much of B; rows of A 4 KB apart.
    private static readonly (int M, int N, int K)[] s_shapes =
    [
        (0, 5, 3), (5, 0, 3), (3, 5, 0), (1, 1, 1), (1, 17, 1), (2, 16, 3), (2, 17, 4), (4, 15, 5), (4, 17, 16), (5, 16, 17), (5, 17, 15),
        (3, 33, 31), (4, 34, 32), (5, 31, 33), (6, 32, 8), (7, 33, 9), (13, 48, 20), (14, 64, 12), (15, 65, 7), (28, 40, 19), (29, 24, 64),
        (1, 3, 2), (7, 1, 66), (6, 10, 67), (13, 4, 15), (64, 9, 6), (1, 784, 5), (2, 65, 300), (4, 20, 257), (9, 49, 256), (3, 16, 515), (17, 21, 513), (520, 18, 5), (1031, 35, 2),
        (1, 131, 130), (2, 260, 257), (3, 389, 401), (4, 515, 520), (5, 18, 1603), (15, 256, 1024), (1024, 257, 3),
    ];

    private static readonly (float Alpha, float Beta)[] s_factors = [(1f, 0f), (1f, 1f), (-0.7f, 0.3f), (1f, -1.7f), (0f, 0.9f), (0f, 0f)];

    [Theory]
    [MemberData(nameof(Widths.WithRegisters), MemberType = typeof(Widths))]
    public void Every_path_has_the_bits_of_the_model(Width width)
    {
        ExpectedTier.RequireFusedMultiplyAdd("The orders of summation");
        int seed = 0;
        foreach ((int m, int n, int k) in s_shapes)
        {
            for (int form = 0; form < 4; form++)
            {
                (float alpha, float beta) = s_factors[seed % s_factors.Length];
                var product = new GemmCase(form >= 2, form % 2 == 1, m, n, k, slack: k * m % 1024 == 0 ? 0 : seed % 3, alpha, beta, seed);
                AssertSame(product, product.Expected(), product.MultiplyOn(width));
                seed++;
            }

            seed++;
        }
    }

    private static void AssertSame(GemmCase product, float[] expected, float[] actual)
    {
        int index = Tolerance.FirstDifference(expected, actual);
        Assert.True(index < 0, index < 0 ? string.Empty :
            FormattableString.Invariant($"{product}: [{index / product.Ldc}, {index % product.Ldc}] is {actual[index]:R}, not {expected[index]:R}."));
    }
}
