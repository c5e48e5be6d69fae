using Backprop.Simd.Internal.Elementwise;
using Xunit;

namespace Backprop.Simd.Tests;

public sealed unsafe class ColumnSumTests
{
    /// <summary>However many threads share the columns, each sum is one chain in ascending row.</summary>
    [Theory]
    [InlineData(1, 70_001)]
    [InlineData(67, 1001)]
    [InlineData(4000, 16)]
    [InlineData(2000, 33)]
    public void Shares_of_columns_give_the_bits_of_one_chain(int rows, int columns)
    {
        float[] x = Shapes.Random(rows * columns, 1), expected = Shapes.Random(columns, 2);
        for (int row = 0; row < rows; row++)
        {
            for (int column = 0; column < columns; column++)
                expected[column] += x[(row * columns) + column];
        }

        for (int threads = 1; threads <= 3; threads++)
        {
            using var pool = new WorkerPool(threads);
            pool.BeginStep();
            for (int round = 0; round < 5; round++)
            {
                // A job before wakes the workers: only then the sums are shared.
                var job = default(Nothing);
                pool.Run(ref job, threads);
                float[] sums = Shapes.Random(columns, 2);
                fixed (float* from = x, to = sums)
                    ColumnSum.Run(from, rows, columns, to, add: true, pool);
                Assert.Equal(-1, Tolerance.FirstDifference(expected, sums));
            }

            pool.EndStep();
        }
    }

    private struct Nothing : Internal.Threading.IJob
    {
        public readonly void Execute(int part)
        {
        }
    }
}
