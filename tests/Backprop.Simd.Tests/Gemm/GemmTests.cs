using System.Collections.Concurrent;
using Backprop.Simd.Internal.MatrixProduct;
using Backprop.Simd.Internal.Simd;
using Backprop.Simd.Kernels;
using FsCheck.Xunit;
using Xunit;

namespace Backprop.Simd.Tests;

/// <summary>The matrix product by its laws, its error bound, its memory and its checks.</summary>
public sealed class GemmTests
{
    private static readonly (int M, int N, int K)[] s_shapes =
        [(1, 1, 1), (1, 16, 40), (2, 17, 33), (4, 31, 17), (5, 9, 130), (13, 16, 21), (20, 15, 40), (50, 13, 50), (14, 32, 16), (15, 33, 5), (29, 67, 66), (3, 300, 170), (130, 70, 900), (9, 150, 40), (8, 120, 1024), (5, 3, 35), (9, 4, 64), (6, 2, 26), (40, 48, 36), (40, 20, 64), (70, 18, 300), (47, 17, 2048), (24, 40, 1024), (24, 90, 200), (12, 23, 60), (64, 20, 10), (33, 24, 40), (70, 1, 9), (17, 1, 12), (40, 1, 33), (70, 2, 30), (49, 3, 21), (20, 2, 70), (9, 513, 1024), (48, 2050, 24), (38, 305, 71), (45, 320, 300), (40, 4930, 50), (6, 2050, 900), (9, 2048, 900), (100, 307, 21), (75, 10, 64), (61, 10, 71), (48, 20, 131), (70, 2, 150), (90, 4, 101), (67, 1, 210), (70, 50, 300), (20, 19, 66), (53, 9, 132), (64, 8, 131), (30, 6, 66)];

    // Sums and magnitudes in double precision, the same for every width.
    private static readonly ConcurrentDictionary<(int M, int N, int K, int Form), (double Sum, double Magnitude)[]> s_exact = new();

    [Property(MaxTest = 200, Arbitrary = [typeof(Shapes)])]
    public void Integer_products_are_exact(ProductShape shape, bool transA, bool transB)
    {
        var product = new GemmCase(transA, transB, shape.M, shape.N, shape.K, shape.Slack, alpha: 3f, beta: -2f, seed: shape.GetHashCode() & 0xFFFF, GemmValues.SmallIntegers);
        float[] actual = product.Multiply();
        for (int i = 0; i < product.M; i++)
        {
            for (int j = 0; j < product.N; j++)
            {
                long sum = -2L * (long)product.C[(i * product.Ldc) + j];
                for (int p = 0; p < product.K; p++)
                    sum += 3L * (long)Left(product, i, p) * (long)Right(product, p, j);
                Assert.Equal((float)sum, actual[(i * product.Ldc) + j]);
            }
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(16)]
    [InlineData(17)]
    [InlineData(70)]
    public void The_identity_changes_nothing(int size)
    {
        float[] a = Shapes.Random(size * size, 5), identity = new float[size * size], c = new float[size * size];
        for (int i = 0; i < size; i++)
            identity[i * (size + 1)] = 1f;
        Gemm.Multiply(size, size, size, a, identity, c);
        Assert.Equal(a, c);
        Gemm.Multiply(size, size, size, identity, a, c);
        Assert.Equal(a, c);
    }

    // |error| <= gamma(k + 2) (|alpha| (|A| |B|) + |beta c|): alpha a and beta c are rounded, then at most k roundings follow one another,
    // since chains and lanes that hold nothing are added exactly.
    [Theory]
    [MemberData(nameof(Widths.WithRegisters), MemberType = typeof(Widths))]
    public void Errors_stay_below_the_bound(Width width)
    {
        ExpectedTier.RequireFusedMultiplyAdd("Error bounds of one rounding a step");
        int nonzero = 0;
        foreach ((int m, int n, int k) in s_shapes)
        {
            for (int form = 0; form < 4; form++)
            {
                var product = new GemmCase(form >= 2, form % 2 == 1, m, n, k, slack: 1, alpha: 0.9f, beta: -1.1f, seed: form);
                (double Sum, double Magnitude)[] exact = s_exact.GetOrAdd((m, n, k, form), _ => Exact(product));
                float[] actual = product.MultiplyOn(width);
                for (int i = 0; i < m; i++)
                {
                    for (int j = 0; j < n; j++)
                    {
                        (double sum, double magnitude) = exact[(i * n) + j];
                        float value = actual[(i * product.Ldc) + j];
                        nonzero += value != 0 ? 1 : 0;
                        double error = Math.Abs(value - sum), bound = Tolerance.Gamma(k + 2) * magnitude;
                        if (!(error <= bound))
                            Assert.Fail($"{product}: C[{i}, {j}] is off by {error}, bound {bound}.");
                    }
                }
            }
        }

        Assert.True(nonzero > 10_000, "The data were no test.");
    }

    private static (double Sum, double Magnitude)[] Exact(GemmCase product)
    {
        var exact = new (double Sum, double Magnitude)[product.M * product.N];
        for (int i = 0; i < product.M; i++)
        {
            for (int j = 0; j < product.N; j++)
            {
                double start = (double)product.Beta * product.C[(i * product.Ldc) + j], sum = start, magnitude = Math.Abs(start);
                for (int p = 0; p < product.K; p++)
                {
                    double term = (double)product.Alpha * Left(product, i, p) * Right(product, p, j);
                    sum += term;
                    magnitude += Math.Abs(term);
                }

                exact[(i * product.N) + j] = (sum, magnitude);
            }
        }

        return exact;
    }

    [Theory]
    [InlineData(Guard.Before)]
    [InlineData(Guard.After)]
    public void Nothing_outside_the_matrices_is_touched(Guard guard)
    {
        foreach ((int m, int n, int k) in s_shapes)
        {
            for (int form = 0; form < 4; form++)
            {
                foreach (int slack in (int[])[0, 1, 3])
                {
                    var product = new GemmCase(form >= 2, form % 2 == 1, m, n, k, slack, alpha: slack == 3 ? 2f : 1f, beta: slack, seed: form);
                    using var a = new GuardedSpan(product.A, guard);
                    using var b = new GuardedSpan(product.B, guard);
                    using var c = new GuardedSpan(product.C, guard);
                    Gemm.Multiply(form >= 2 ? Transpose.Yes : Transpose.No, form % 2 == 1 ? Transpose.Yes : Transpose.No, m, n, k,
                        product.Alpha, a.Span, product.Lda, b.Span, product.Ldb, product.Beta, c.Span, product.Ldc);
                    product.AssertEqual(product.Multiply(), c.Span.ToArray(), "guarded");
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Widths.WithRegisters), MemberType = typeof(Widths))]
    public void No_width_reads_beyond_the_matrices(Width width)
    {
        foreach ((int m, int n, int k) in s_shapes)
        {
            for (int form = 0; form < 4; form++)
            {
                var product = new GemmCase(form >= 2, form % 2 == 1, m, n, k, seed: form);
                using var a = new GuardedSpan(product.A);
                using var b = new GuardedSpan(product.B);
                using var c = new GuardedSpan(product.C);
                var action = new Guarded { Product = product, A = a, B = b, C = c };
                Widths.InvokeRegisters(width, ref action);
                product.AssertEqual(product.MultiplyOn(width), c.Span.ToArray(), width.ToString());
            }
        }
    }

    [Theory]
    [MemberData(nameof(Widths.WithRegisters), MemberType = typeof(Widths))]
    public void The_epilogue_sees_every_element_once_where_it_stands(Width width)
    {
        using var workers = new WorkerPool(3);
        (int M, int N, int K)[] shapes = [.. s_shapes, (4, 5, 0), (2000, 16, 40), (200, 190, 180), (4, 1000, 400), (2, 1100, 500), (2, 33, 1700)];
        foreach ((int m, int n, int k) in shapes)
        {
            for (int form = 0; form < 4; form++)
            {
                var product = new GemmCase(form >= 2, form % 2 == 1, m, n, k, slack: 1, seed: form, beta: form % 2, values: GemmValues.SmallIntegers);
                float[] sums = product.MultiplyOn(width), actual = product.MultiplyOn(width, default(Place), workers);
                for (int i = 0; i < m; i++)
                {
                    for (int j = 0; j < n; j++)
                        sums[(i * product.Ldc) + j] += Place.Of(i, j);
                }

                product.AssertEqual(sums, actual, $"{width} with epilogue");
            }
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public unsafe void What_comes_after_a_share_gets_every_element_once(int threads)
    {
        using var workers = new WorkerPool(threads);
        foreach ((int m, int n, int k) in ((int, int, int)[])[(1, 1, 1), (1, 40, 64), (5, 7, 3), (3, 9, 0), (0, 4, 4), (300, 10, 200), (400, 190, 180), (190, 400, 180), (2, 1100, 1500)])
        {
            float[] a = new float[m * k], b = new float[k * n], c = new float[m * n], counts = new float[m * n];
            fixed (float* pa = a, pb = b, pc = c, pcounts = counts)
            {
                var arguments = new GemmArguments { M = m, N = n, K = k, Alpha = 1, A = pa, Lda = Math.Max(k, 1), B = pb, Ldb = n, C = pc, Ldc = n };
                NoEpilogue none = default;
                var after = new CountingShares(pcounts, n);
                GemmDriver.Run(in arguments, ref none, after, workers, null);
            }

            Assert.All(counts, count => Assert.Equal(1f, count));
        }
    }

    [Theory]
    [MemberData(nameof(Widths.WithRegisters), MemberType = typeof(Widths))]
    public unsafe void An_epilogue_that_stores_no_C_gets_every_finished_sum_once(Width width)
    {
        using var workers = new WorkerPool(3);
        (int M, int N, int K)[] shapes = [.. s_shapes, (4, 5, 0), (2000, 16, 40), (200, 190, 180), (300, 40, 1700), (4, 1000, 400), (2, 1100, 500), (2, 33, 1700), (1024, 260, 9)];
        foreach ((int m, int n, int k) in shapes)
        {
            for (int form = 0; form < 4; form++)
            {
                var product = new GemmCase(form >= 2, form % 2 == 1, m, n, k, slack: m % 1024 == 0 ? 0 : 1, seed: form, alpha: k == 66 ? 1.5f : 1f);
                float[] expected = product.MultiplyOn(width), actual = [.. product.C];
                foreach (WorkerPool? pool in (WorkerPool?[])[null, workers])
                {
                    float[] seen = new float[m * n];
                    fixed (float* to = actual, counts = seen)
                        product.MultiplyOn(width, new Elsewhere(to, product.Ldc, counts, n), pool, withoutC: true);
                    product.AssertEqual(expected, actual, $"{width} without C");
                    Assert.All(seen, count => Assert.Equal(1f, count));
                }
            }
        }
    }

    [Fact]
    public void No_call_allocates_once_it_has_seen_the_shape()
    {
        using var workers = new WorkerPool(2);
        (int M, int N, int K)[] shapes = [.. s_shapes, (300, 300, 300)];
        var products = shapes.SelectMany(s => Enumerable.Range(0, 4).Select(form => new GemmCase(form >= 2, form % 2 == 1, s.M, s.N, s.K, alpha: form == 3 ? 2f : 1f))).ToArray();
        foreach (WorkerPool? pool in (WorkerPool?[])[null, workers])
        {
            AllocationProbe.AssertNone(
                () =>
                {
                    foreach (GemmCase product in products)
                    {
                        Gemm.Multiply(product.TransA ? Transpose.Yes : Transpose.No, product.TransB ? Transpose.Yes : Transpose.No, product.M, product.N, product.K,
                            product.Alpha, product.A, product.Lda, product.B, product.Ldb, product.Beta, product.C, product.Ldc, pool);
                    }
                },
                calls: 3,
                pool);
        }
    }

    [Fact]
    public void Scratch_that_was_reserved_for_the_largest_batch_serves_every_batch()
    {
        foreach ((bool transA, bool transB) in ((bool, bool)[])[(false, false), (false, true), (true, false), (true, true)])
        {
            foreach ((int n, int k) in ((int, int)[])[(10, 30), (17, 300), (300, 1024), (600, 1024), (256, 2048), (1024, 17)])
            {
                int largest = 0, withoutC = 0;
                for (int m = 1; m < 1200; m += m < 40 ? 1 : 37)
                {
                    largest = Math.Max(largest, GemmDriver.ScratchFloats(transA, transB, m, n, k));
                    Assert.Equal(largest, GemmDriver.ScratchFloats(transA, transB, m, n, k));
                    var g = new GemmArguments { TransA = transA, TransB = transB, M = m, N = n, K = k, Alpha = 1, Lda = transA ? m : k, Ldb = transB ? k : n, Ldc = n };
                    Assert.True(GemmBlocking.ScratchFloats(in g, SummationOrders.Of(transA, transB, m, n)) <= largest, "A product needs more than is reserved for it.");
                    withoutC = Math.Max(withoutC, GemmDriver.ScratchFloats(transA, transB, m, n, k, storesC: false));
                    Assert.True(GemmBlocking.ScratchFloats(in g, SummationOrders.Of(transA, transB, m, n), storesC: false) <= withoutC, "A product without C needs more.");
                }
            }
        }
    }

    // Groups of rows whose last four begin at a row of their own, some of which other groups compute, too; rows 4 KB apart.
    [Theory]
    [MemberData(nameof(Widths.WithRegisters), MemberType = typeof(Widths))]
    public void One_column_of_any_number_of_rows(Width width)
    {
        ExpectedTier.RequireFusedMultiplyAdd("The orders of summation");
        foreach (int k in (int[])[5, 8, 15, 36, 1024])
        {
            foreach (float beta in (float[])[0f, 1f])
            {
                for (int m = 2; m <= 45; m++)
                {
                    var product = new GemmCase(false, false, m, 1, k, beta: beta);
                    product.AssertEqual(product.Expected(), product.MultiplyOn(width));
                }
            }
        }
    }

    // One chain after the other: rows of A^T in few sets of the caches, or too many for them; what is left over is less than a vector, a vector, and more.
    [Theory]
    [MemberData(nameof(Widths.WithRegisters), MemberType = typeof(Widths))]
    public void Few_columns_of_A_transposed_chain_by_chain(Width width)
    {
        ExpectedTier.RequireFusedMultiplyAdd("The orders of summation");
        foreach ((int m, int k) in ((int, int)[])[(512, 15), (512, 16), (512, 17), (1024, 35), (256, 18), (768, 19), (260, 1010), (272, 964), (273, 961), (64, 16), (100, 21), (190, 16), (96, 33), (91, 18)])
        {
            for (int n = 1; n <= 5; n++)
            {
                foreach (float beta in (float[])[0f, 1f])
                {
                    var product = new GemmCase(true, false, m, n, k, beta: beta);
                    float[] expected = product.Expected();
                    product.AssertEqual(expected, product.MultiplyOn(width));
                    product.AssertEqual(expected, product.MultiplyOn(width, offsetOfB: 3, offsetOfA: 5), "offset");
                }
            }
        }
    }

    [Fact]
    public void One_step_of_B_transposed_is_B()
    {
        ExpectedTier.RequireFusedMultiplyAdd("The orders of summation");
        foreach (int m in (int[])[1, 4, 5, 7, 12])
        {
            foreach (int n in (int[])[63, 64, 65, 560])
            {
                var product = new GemmCase(false, true, m, n, 1);
                foreach (Width width in (Width[])[Width.F32x4, Width.F32x8, Width.F32x16, Width.F32xN])
                    product.AssertEqual(product.Expected(), product.MultiplyOn(width));
            }
        }
    }

    // Shares of rows and of columns, of which a way for narrow products would take some.
    [Theory]
    [InlineData(128, 200, 500)]
    [InlineData(128, 210, 300)]
    [InlineData(130, 300, 256)]
    [InlineData(70, 120, 700)]
    [InlineData(300, 120, 400)]
    [InlineData(1200, 40, 100)]
    [InlineData(40, 1200, 100)]
    [InlineData(1500, 10, 300)]
    [InlineData(3, 1500, 600)]
    public void Shares_of_threads_stay_within_their_scratch(int m, int n, int k)
    {
        ExpectedTier.RequireFusedMultiplyAdd("The orders of summation");
        foreach (int threads in (int[])[2, 3])
        {
            using var workers = new WorkerPool(threads);
            foreach ((bool transA, bool transB) in ((bool, bool)[])[(false, false), (false, true), (true, false), (true, true)])
            {
                var product = new GemmCase(transA, transB, m, n, k);
                float[] expected = product.Expected();
                foreach (Width width in (Width[])[Width.F32x4, Width.F32x8, Width.F32x16, Width.F32xN])
                    product.AssertEqual(expected, product.MultiplyOn(width, workers), $"{width}, {threads} threads");
            }
        }
    }

    [Fact]
    public void Many_threads_multiply_at_once()
    {
        using var workers = new WorkerPool(2);
        var product = new GemmCase(false, true, 90, 100, 110);
        float[] expected = product.Multiply();
        Parallel.For(0, 64, i => product.AssertEqual(expected, product.Multiply(i % 2 == 0 ? workers : null)));
    }

    [Fact]
    public void Wrong_calls_are_refused_before_anything_is_written()
    {
        using var disposed = new WorkerPool(1);
        disposed.Dispose();
        Refused<ArgumentOutOfRangeException>("transA", "7", c => Gemm.Multiply((Transpose)7, Transpose.No, 2, 2, 2, 1, new float[4], 2, new float[4], 2, 0, c, 2));
        Refused<ArgumentOutOfRangeException>("transB", "-1", c => Gemm.Multiply(Transpose.No, (Transpose)(-1), 2, 2, 2, 1, new float[4], 2, new float[4], 2, 0, c, 2));
        Refused<ArgumentOutOfRangeException>("m", "-1", c => Gemm.Multiply(-1, 2, 2, new float[4], new float[4], c));
        Refused<ArgumentOutOfRangeException>("n", "-3", c => Gemm.Multiply(2, -3, 2, new float[4], new float[4], c));
        Refused<ArgumentOutOfRangeException>("k", "-2", c => Gemm.Multiply(2, 2, -2, new float[4], new float[4], c));
        Refused<ArgumentOutOfRangeException>("lda", "lda is 2, but a row of a has 3", c => Gemm.Multiply(Transpose.No, Transpose.No, 2, 2, 3, 1, new float[6], 2, new float[6], 2, 0, c, 2));
        Refused<ArgumentOutOfRangeException>("lda", "lda is 2, but a row of a has 3", c => Gemm.Multiply(Transpose.Yes, Transpose.No, 3, 2, 2, 1, new float[6], 2, new float[4], 2, 0, c, 2));
        Refused<ArgumentOutOfRangeException>("ldb", "ldb is 1, but a row of b has 2", c => Gemm.Multiply(Transpose.No, Transpose.No, 2, 2, 3, 1, new float[6], 3, new float[6], 1, 0, c, 2));
        Refused<ArgumentOutOfRangeException>("ldb", "ldb is 2, but a row of b has 3", c => Gemm.Multiply(Transpose.No, Transpose.Yes, 2, 2, 3, 1, new float[6], 3, new float[6], 2, 0, c, 2));
        Refused<ArgumentOutOfRangeException>("ldc", "ldc is 1, but a row of c has 2", c => Gemm.Multiply(Transpose.No, Transpose.No, 2, 2, 2, 1, new float[4], 2, new float[4], 2, 0, c, 1));
        Refused<ArgumentException>("a", "a has 5 elements, but 2 rows of 3, 3 apart, take 6", c => Gemm.Multiply(2, 2, 3, new float[5], new float[6], c));
        Refused<ArgumentException>("b", "b has 5 elements, but 3 rows of 2, 2 apart, take 6", c => Gemm.Multiply(2, 2, 3, new float[6], new float[5], c));
        Refused<ArgumentException>("c", "c has 9 elements, but 5 rows of 2, 2 apart, take 10", c => Gemm.Multiply(5, 2, 1, new float[5], new float[2], c));
        Refused<ArgumentException>("c", "c has 9 elements, but 2 rows of 2, 8 apart, take 10", c => Gemm.Multiply(Transpose.No, Transpose.No, 2, 2, 1, 1, new float[2], 1, new float[2], 2, 0, c, 8));
        Refused<ArgumentException>("c", $"take {((1L << 31) - 2) * int.MaxValue + 1}", c => Gemm.Multiply(Transpose.No, Transpose.No, int.MaxValue, 1, 0, 1, [], 0, [], 1, 0, c, int.MaxValue));
        Refused<ArgumentException>("c", "overlaps a", c => Gemm.Multiply(2, 2, 2, c.AsSpan(3), new float[4], c));
        Refused<ArgumentException>("c", "overlaps b", c => Gemm.Multiply(2, 2, 2, new float[4], c.AsSpan(0, 4), c.AsSpan(3)));
        Refused<ArgumentException>("c", "overlaps a", c => Gemm.Multiply(Transpose.No, Transpose.No, 2, 1, 1, 1, c, 6, new float[1], 1, 0, c.AsSpan(2), 1));
        Assert.Throws<ObjectDisposedException>(() => Gemm.Multiply(2, 2, 2, new float[4], new float[4], new float[4], disposed));
    }

    [Fact]
    public void Neighbours_are_no_overlap()
    {
        float[] memory = Shapes.Random(12, 1);
        Gemm.Multiply(2, 2, 2, memory.AsSpan(0, 4), memory.AsSpan(8, 4), memory.AsSpan(4, 4));
        Assert.Equal(MathF.FusedMultiplyAdd(memory[1], memory[10], memory[0] * memory[8]), memory[4], Tolerance.UnitRoundoff);
    }

    private static float Left(GemmCase product, int i, int p) => product.TransA ? product.A[(p * product.Lda) + i] : product.A[(i * product.Lda) + p];

    private static float Right(GemmCase product, int p, int j) => product.TransB ? product.B[(j * product.Ldb) + p] : product.B[(p * product.Ldb) + j];

    private static void Refused<TException>(string parameter, string message, Action<float[]> call)
        where TException : ArgumentException
    {
        float[] c = [1, 2, 3, 4, 5, 6, 7, 8, 9];
        TException exception = Assert.Throws<TException>(() => call(c));
        Assert.Equal(parameter, exception.ParamName);
        Assert.Contains(message, exception.Message, StringComparison.Ordinal);
        Assert.Equal([1, 2, 3, 4, 5, 6, 7, 8, 9], c);
    }

    private struct Guarded : IRegisterAction
    {
        public GemmCase Product;
        public GuardedSpan A;
        public GuardedSpan B;
        public GuardedSpan C;

        public readonly unsafe void Invoke<V, R>()
            where V : struct, IVectorF32<V>, IRegisters<V, R>
            where R : struct
        {
            var arguments = new GemmArguments
            {
                TransA = Product.TransA,
                TransB = Product.TransB,
                M = Product.M,
                N = Product.N,
                K = Product.K,
                Alpha = Product.Alpha,
                A = A.Pointer,
                Lda = Product.Lda,
                B = B.Pointer,
                Ldb = Product.Ldb,
                Beta = Product.Beta,
                C = C.Pointer,
                Ldc = Product.Ldc,
            };
            NoEpilogue none = default;
            NothingAfterShare nothing = default;
            GemmDriver.RunOn<V, R, NoEpilogue, NothingAfterShare>(in arguments, ref none, nothing, null, new GemmScratch());
        }
    }

    /// <summary>Adds 4096 (row + 1) + column, exactly: an element that is seen twice or elsewhere shows.</summary>
    private readonly struct Place : IEpilogue
    {
        public static int SumsInRegisters => TileKernel.MaxSums;

        public static float Of(nint row, nint column) => (4096f * (row + 1)) + column;

        public V Apply<V>(V sums, nint row, nint column, int count)
            where V : struct, IVectorF32<V>
        {
            Assert.InRange(count, 1, V.Count);
            return sums + (V.Create(Of(row, column)) + V.IntToFloat(V.IndicesInt));
        }

        public unsafe void Store<V>(V sums, nint row, nint column, float* c)
            where V : struct, IVectorF32<V> => V.Store(Apply(sums, row, column, V.Count), c);
    }

    /// <summary>Writes the sums to memory of its own, and counts them.</summary>
    private readonly unsafe struct Elsewhere(float* to, nint stride, float* counts, nint countStride) : IEpilogue
    {
        public static bool StoresC => false;

        public static int SumsInRegisters => TileKernel.MaxSums;

        public V Apply<V>(V sums, nint row, nint column, int count)
            where V : struct, IVectorF32<V>
        {
            V.StorePartial(sums, to + (row * stride) + column, count);
            float* at = counts + (row * countStride) + column;
            V.StorePartial(V.LoadPartial(at, count) + V.Create(1f), at, count);
            return V.Create(float.NaN);
        }

        public void Store<V>(V sums, nint row, nint column, float* c)
            where V : struct, IVectorF32<V> => Apply(sums, row, column, V.Count);
    }

    /// <summary>Counts, element by element, how often it is called.</summary>
    private readonly unsafe struct CountingShares(float* counts, nint stride) : IAfterShare
    {
        public void Invoke(Block share)
        {
            for (nint piece = 0; piece < share.Pieces(stride); piece++)
            {
                foreach (ref float count in new Span<float>(counts + share.PieceStart(piece, stride), (int)share.PieceLength(stride)))
                    count++;
            }
        }
    }
}
