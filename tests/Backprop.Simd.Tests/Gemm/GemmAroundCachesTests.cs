using Backprop.Simd.Internal.MatrixProduct;
using Backprop.Simd.Internal.Memory;
using Backprop.Simd.Internal.Simd;
using Backprop.Simd.Kernels;
using Xunit;

namespace Backprop.Simd.Tests;

/// <summary>Products with a C that no cache would keep.</summary>
public sealed unsafe class GemmAroundCachesTests
{
    private const float Untouched = 1e30f;

    // Tiles over whole cache lines, of A^T and of A, in blocks of columns; few steps, whose rows begin and end inside a vector, one row left over; C from inside a line; rows that clash; a C that is read.
    [Theory]
    [InlineData(true, 1031, 4112, 7, 0, 0, 0f, true)]
    [InlineData(false, 4100, 1040, 33, 0, 16, 0f, true)]
    [InlineData(true, 1025, 4104, 3, 0, 8, 0f, true)]
    [InlineData(true, 1027, 4099, 4, 5, 5, 0f, true)]
    [InlineData(true, 1031, 4112, 7, 5, 0, 0f, true)]
    [InlineData(true, 1024, 4096, 6, 0, 0, 0f, false)]
    [InlineData(true, 1031, 4112, 2, 0, 0, 3f, false)]
    [InlineData(true, 1000, 2000, 9, 0, 0, 0f, false)]
    public void Every_element_is_stored_and_nothing_else(bool transA, int m, int n, int k, int offset, int slack, float beta, bool around)
    {
        int lda = transA ? m : k, ldc = n + slack;
        float[] a = Integers(m * k, 1), b = Integers(k * n, 2);
        var buffer = new AlignedBuffer(offset + (m * ldc));
        Span<float> c = buffer.Span[offset..];
        c.Fill(Untouched);
        if (beta != 0)
            c.Fill(1f);
        fixed (float* start = c)
        {
            var arguments = new GemmArguments { TransA = transA, M = m, N = n, K = k, Alpha = 1f, Lda = lda, Ldb = n, Beta = beta, C = start, Ldc = ldc };
            Assert.Equal(around && NonTemporal.IsSupported<F32x8>(), GemmBlocking.StoresAround<F32x8>(in arguments));
            Assert.Equal(offset % 16 == 0 && ldc % 16 == 0 && n % 16 == 0, GemmBlocking.FillsLines(in arguments, new Block(0, m, 0, n)));
        }

        Gemm.Multiply(transA ? Transpose.Yes : Transpose.No, Transpose.No, m, n, k, 1f, a, lda, b, n, beta, c, ldc);

        float[] expected = new float[n];
        for (int i = 0; i < m; i++)
        {
            Array.Fill(expected, beta);
            for (int p = 0; p < k; p++)
            {
                float factor = transA ? a[(p * m) + i] : a[(i * k) + p];
                for (int j = 0; j < n; j++)
                    expected[j] += factor * b[(p * n) + j];
            }

            Assert.True(c.Slice(i * ldc, n).SequenceEqual(expected), $"row {i}");
            Assert.False(c.Slice((i * ldc) + n, slack).ContainsAnyExcept(beta != 0 ? 1f : Untouched), $"beyond row {i}");
        }
    }

    private static float[] Integers(int length, int seed)
    {
        var random = new Random(seed);
        float[] values = new float[length];
        for (int i = 0; i < length; i++)
            values[i] = random.Next(-8, 9);
        return values;
    }
}
