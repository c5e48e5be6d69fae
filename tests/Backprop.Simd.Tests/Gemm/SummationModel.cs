namespace Backprop.Simd.Tests;

/// <summary>The orders of summation of docs/summation-orders.md, one plain loop each: what every path of the library must equal, bit by bit.</summary>
internal static class SummationModel
{
    /// <summary>C = alpha op(A) op(B) + beta C.</summary>
    public static void Multiply(bool transA, bool transB, int m, int n, int k, float alpha, ReadOnlySpan<float> a, int lda,
        ReadOnlySpan<float> b, int ldb, float beta, Span<float> c, int ldc)
    {
        if (alpha == 0)
            k = 0;
        // rows of op(A) and columns of op(B), each in one piece
        float[] rows = new float[m * k], columns = new float[n * k];
        for (int i = 0; i < m; i++)
        {
            for (int p = 0; p < k; p++)
                rows[(i * k) + p] = alpha * (transA ? a[(p * lda) + i] : a[(i * lda) + p]);
        }

        for (int j = 0; j < n; j++)
        {
            for (int p = 0; p < k; p++)
                columns[(j * k) + p] = transB ? b[(j * ldb) + p] : b[(p * ldb) + j];
        }

        bool plainTimesTransposed = !transA && transB;
        for (int i = 0; i < m; i++)
        {
            for (int j = 0; j < n; j++)
            {
                float start = beta == 0 ? 0f : beta * c[(i * ldc) + j];
                ReadOnlySpan<float> left = rows.AsSpan(i * k, k), right = columns.AsSpan(j * k, k);
                c[(i * ldc) + j] =
                    k == 0 ? start
                    : plainTimesTransposed && m <= 4 ? SixteenLanes(start, left, right)
                    : !plainTimesTransposed && n <= 16 ? FourChains(start, left, right)
                    : Chain(start, left, right);
            }
        }
    }

    private static float Chain(float start, ReadOnlySpan<float> left, ReadOnlySpan<float> right)
    {
        float sum = start;
        for (int p = 0; p < left.Length; p++)
            sum = MathF.FusedMultiplyAdd(left[p], right[p], sum);
        return sum;
    }

    private static float FourChains(float start, ReadOnlySpan<float> left, ReadOnlySpan<float> right)
    {
        Span<float> sums = [start, 0f, 0f, 0f];
        for (int p = 0; p < left.Length; p++)
            sums[p % 4] = MathF.FusedMultiplyAdd(left[p], right[p], sums[p % 4]);
        return (sums[0] + sums[2]) + (sums[1] + sums[3]);
    }

    private static float SixteenLanes(float start, ReadOnlySpan<float> left, ReadOnlySpan<float> right)
    {
        Span<float> sums = stackalloc float[16];
        sums.Clear();
        sums[0] = start;
        for (int p = 0; p < left.Length; p++)
            sums[p % 16] = MathF.FusedMultiplyAdd(left[p], right[p], sums[p % 16]);
        for (int half = 8; half > 0; half /= 2)
        {
            for (int lane = 0; lane < half; lane++)
                sums[lane] += sums[lane + half];
        }

        return sums[0];
    }
}
