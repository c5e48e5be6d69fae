using System.Collections.Concurrent;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Xunit;

namespace Backprop.Simd.Tests;

/// <summary>Every path of the matrix product against the scalar model of its order of summation: equal bits.</summary>
public sealed class GemmOrderTests
{
    private const int ColumnsOfFourKilobytes = 1003;

    // Zero and one, the limits of the orders (n = 16, m = 4), the edges of tiles (6 and 14 rows, one and two vectors of 4, 8, 16 lanes),
    // the blocks of k and of rows; few rows that read much of B, in strips that end in a part of a vector or not; rows of A 4 KB apart;
    // a C and a B beyond the L2 cache, the latter packed for two blocks of rows;
    // many rows of few columns and steps; rows of a shallow B 4 KB apart; wide tiles, and those of three vectors; narrow products with the chains in lanes, or the rows;
    // a B^T of more rows than A, also of rows 4 KB apart; four rows of four chains; last columns in half vectors; A B^T of many rows and few columns, in blocks of
    // rows; narrow products whose whole vectors reach into later rows, one or several a row; one column, eight rows at a time or as a row; B^T of few steps turned as a whole; short dots over many columns; two rows in strips whose first vectors share columns; one, two, three last rows of small products; few rows of dots, of few steps, or a row of A in registers;
    // panels packed by their first tile, for rows that clash and for low tiles; few steps the shortest way, in low and wide tiles; few rows of two to four columns;
    // rows as lanes where the last columns would leave some idle, with rows left over, in blocks, of A^T in place, of rows 4 KB apart; low tiles for such rows; shallow products in blocks of columns;
    // a B of 7 MB by long rows, in blocks of columns or for a C apart; 13 to 16 columns with rows as lanes; a B^T of many rows turned or not, in tiles of two and of three vectors; panels that ask for a C whose rows begin anywhere.
    private static readonly (int M, int N, int K)[] s_shapes =
    [
        (0, 5, 3), (5, 0, 3), (3, 5, 0), (1, 1, 1), (1, 17, 1), (2, 16, 3), (2, 17, 4), (4, 15, 5), (4, 17, 16), (5, 16, 17), (5, 17, 15),
        (3, 33, 31), (4, 34, 32), (5, 31, 33), (6, 32, 8), (7, 33, 9), (13, 48, 20), (75, 10, 64), (61, 10, 71), (48, 20, 131), (70, 2, 150), (90, 4, 101), (67, 1, 210), (70, 50, 300), (20, 19, 66), (140, 70, 1100), (53, 9, 132), (64, 8, 131), (30, 6, 66), (60, 12, 80), (14, 64, 12), (15, 65, 7), (28, 40, 19), (29, 24, 64),
        (1, 3, 2), (7, 1, 66), (6, 10, 67), (13, 4, 15), (64, 9, 6), (1, 784, 5), (2, 65, 300), (4, 20, 257), (9, 49, 256), (3, 16, 515),
        (17, 21, 513), (520, 18, 5), (1031, 35, 2), (1, 131, 130), (2, 260, 257), (3, 389, 401), (4, 515, 520), (5, 18, 1603), (15, 256, 1024), (1024, 257, 3),
        (700, 390, 40), (262, 515, 1603), (700, 7, 3), (600, 16, 8), (301, 10, 7), (900, 5, 1), (2000, 3, 6), (333, 9, 2), (170, 130, 4),
        (1, 100, 300), (2, 50, 700), (1, 81, 333), (2, 120, 300), (1, 37, 20), (1, 300, 70), (2, 68, 1000),
        (64, 10, 30), (37, 7, 101), (50, 3, 40), (21, 16, 131), (100, 13, 129), (17, 12, 77), (200, 1, 33), (48, 5, 64), (130, 11, 23), (20, 15, 150),
        (120, 1024, 6), (115, ColumnsOfFourKilobytes, 9), (45, 150, 20), (41, 53, 31), (50, 176, 12), (20, 48, 40), (20, 24, 33), (9, 12, 70),
        (6, 300, 40), (8, 113, 65), (16, 230, 70), (24, 500, 33), (33, 150, 101), (16, 130, 1024), (40, 120, 1024), (64, 17, 256), (127, 300, 60), (75, 240, 90),
        (16, 16, 16), (6, 8, 7), (9, 8, 5), (11, 16, 22), (37, 53, 101), (3, 200, 200), (60, 700, 1030),
        (4, 2, 64), (5, 2, 241), (8, 4, 64), (7, 3, 130), (3, 4, 150), (9, 3, 33), (6, 2, 21), (11, 4, 303), (16, 4, 40), (17, 2, 22), (5, 3, 32), (4, 4, 35), (9, 2, 600), (10, 3, 200),
        (115, ColumnsOfFourKilobytes, 70), (50, 400, 256), (35, 130, 100), (32, 32, 32), (48, 44, 48), (64, 60, 64), (17, 75, 50),
        (300, 3, 40), (260, 6, 200), (501, 1, 33), (150, 8, 30), (129, 2, 1000), (100, 3, 8), (30, 5, 4), (326, 2, 4), (65, 15, 7), (200, 9, 8), (129, 13, 3), (70, 16, 5), (15, 1, 63), (8, 1, 12), (29, 1, 30), (100, 1, 15), (41, 1, 300), (300, 1, 64), (2, 1, 13), (33, 1, 2), (119, 2, 19), (20, 3, 10), (12, 2, 200), (11, 695, 1), (33, 130, 3), (20, 70, 10), (40, 60, 40), (3, 646, 1), (2, 300, 3), (4, 100, 15),
        (2, 144, 300), (2, 272, 65), (2, 160, 40), (32, 50, 100), (30, 20, 40), (12, 35, 90), (130, 17, 5), (3, 189, 7), (2, 64, 30), (7, 40, 5), (21, 40, 1), (4, 500, 8), (2, 700, 13), (3, 90, 7), (1, 1500, 15), (1, 64, 64), (1, 130, 100), (1, 300, 37), (1, 200, 275), (1, 90, 182), (40, 33, 2), (5, 8, 40), (6, 13, 133), (7, 20, 50), (6, 200, 70), (5, 9, 200), (200, 6, 50), (9, 5, 230), (11, 60, 200), (70, 10, 230), (12, 49, 193), (64, 12, 300), (10, 100, 192), (15, 7, 90), (20, 100, 3), (300, 64, 4), (40, 3, 600), (130, 5, 150), (9, 7, 515), (64, 1, 32), (40, 2, 33), (32, 1, 64), (17, 1, 100), (30, 3, 21), (16, 2, 63),
        (200, 20, 64), (40, 33, 100), (130, 100, 300), (32, 17, 2048), (1024, 18, 40), (16, 50, 128), (19, 36, 260), (300, 26, 128), (100, 110, 150), (64, 17, 64), (45, 40, 1024), (24, 300, 1024),
        (40, 24, 100), (19, 20, 70), (24, 90, 64), (64, 18, 32), (12, 22, 60), (300, 19, 128), (22, 130, 500), (23, 24, 1024), (70, 24, 10), (20, 17, 5), (24, 24, 24),
        (13, 520, 1024), (60, 530, 600), (50, 1243, 40), (49, 2048, 24), (37, 301, 69), (80, 320, 68), (41, 640, 131), (100, 333, 90), (131, 304, 300), (500, 400, 50), (45, 4400, 49),
        (5, 5003, 367), (12, 620, 2961), (9, 5120, 359), (20, 2048, 897), (10, 1003, 530), (7, 700, 601), (15, 701, 600), (4, 1030, 512), (3, 30001, 62),
        (50, 15, 40), (41, 16, 70), (33, 14, 24), (90, 15, 100), (53, 452, 70), (71, 300, 90), (40, 500, 130), (600, 333, 71), (110, 301, 24), (97, 205, 40), (180, 103, 61), (1, 250, 400), (2, 201, 500), (650, 450, 67), (530, 512, 130), (2, 1024, 300), (2, 1024, 270), (2, 1024, 261), (3, 1536, 200), (1, 2048, 150), (4, 700, 400), (2, 9000, 50), (70, 1024, 2), (33, 512, 4), (40, 768, 1),
    ];

    // What the model gives, which takes longer than the products, and is the same for every width.
    private static readonly ConcurrentDictionary<int, float[]> s_expected = new();

    private static readonly (float Alpha, float Beta)[] s_factors = [(1f, 0f), (1f, 1f), (-0.7f, 0.3f), (1f, -1.7f), (0f, 0.9f), (2.3f, 0f), (0f, 0f)];

    [Theory]
    [MemberData(nameof(Widths.WithRegisters), MemberType = typeof(Widths))]
    public void Every_path_has_the_bits_of_the_model(Width width)
    {
        ExpectedTier.RequireFusedMultiplyAdd("The orders of summation");
        int seed = 0;
        foreach ((int m, int n, int k) in s_shapes)
        {
            for (int form = 0; form < 4; form++, seed++)
            {
                (float alpha, float beta) = s_factors[seed % s_factors.Length];
                int slack = n == ColumnsOfFourKilobytes ? 1024 - n : m % 1024 == 0 || k % 1024 == 0 || n % 1024 == 0 ? 0 : seed % 3;
                var product = new GemmCase(form >= 2, form % 2 == 1, m, n, k, slack, alpha, beta, seed);
                product.AssertEqual(s_expected.GetOrAdd(seed, _ => product.Expected()), product.MultiplyOn(width), width.ToString());
            }
        }
    }

    [Property(MaxTest = 400, Arbitrary = [typeof(Shapes)])]
    public Property Random_products_have_the_bits_of_the_model_on_every_width(ProductShape shape, bool transA, bool transB)
    {
        Gen<Width> widths = Gen.Elements(Widths.WithRegisters.Select(row => row.Data).ToArray());
        return Prop.ForAll(
            (from width in widths
             from values in Gen.Elements(Enum.GetValues<GemmValues>())
             from factors in Gen.Elements(s_factors)
             from seed in Gen.Choose(0, int.MaxValue - 3)
             select (width, values, factors, seed)).ToArbitrary(),
            draw =>
            {
                if (!SimdInfo.FusedMultiplyAdd)
                    return;
                var product = new GemmCase(transA, transB, shape.M, shape.N, shape.K, shape.Slack, draw.factors.Alpha, draw.factors.Beta, draw.seed, draw.values);
                product.AssertEqual(product.Expected(), product.MultiplyOn(draw.width), $"{draw.width} {draw.values} seed {draw.seed}");
            });
    }

    [Theory]
    [MemberData(nameof(Widths.WithRegisters), MemberType = typeof(Widths))]
    public void Rows_of_B_that_begin_anywhere_in_a_cache_line_give_the_bits_of_the_model(Width width)
    {
        ExpectedTier.RequireFusedMultiplyAdd("The orders of summation");
        int seed = 1;
        foreach ((int m, int n, int k) in ((int, int, int)[])[(1, 18, 112), (1, 39, 144), (1, 35, 160), (1, 70, 400), (1, 17, 1040), (1, 300, 528), (2, 33, 224), (2, 50, 272), (2, 17, 1040), (3, 20, 240), (1, 15, 128)])
        {
            foreach (GemmValues values in Enum.GetValues<GemmValues>())
            {
                // As many steps as whole lines, some fewer, and one more.
                foreach (int fewer in (int[])[0, 7, -1])
                {
                    var product = new GemmCase(false, true, m, n, k - fewer, (fewer + 16) % 16, seed % 2 == 0 ? 1f : -0.7f, 0f, seed++, values);
                    Assert.Equal(0, product.Ldb % 16);
                    float[] expected = product.Expected();
                    for (int offset = 0; offset < 16; offset++)
                        product.AssertEqual(expected, product.MultiplyOn(width, offset), $"{width} {values} offset {offset}");
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Widths.WithRegisters), MemberType = typeof(Widths))]
    public void A_column_of_A_transposed_whose_rows_begin_anywhere_in_a_cache_line_has_the_bits_of_the_model(Width width)
    {
        ExpectedTier.RequireFusedMultiplyAdd("The orders of summation");
        int seed = 1;
        foreach ((int m, int k) in ((int, int)[])[(48, 90), (95, 70), (96, 66), (192, 40), (200, 33), (304, 21), (784, 30)])
        {
            foreach (GemmValues values in Enum.GetValues<GemmValues>())
            {
                var product = new GemmCase(true, false, m, 1, k, 0, 1f, seed % 2, seed++, values);
                float[] expected = product.Expected();
                for (int offset = 0; offset < 16; offset++)
                    product.AssertEqual(expected, product.MultiplyOn(width, 0, offset), $"{width} {values} offset {offset}");
            }
        }
    }

    // The lanes are turned by vectors, one to three at a time, of which the last may share rows with the one before; blocks of 192 rows; C itself takes the sums of few rows, and of one column.
    [Theory]
    [MemberData(nameof(Widths.WithRegisters), MemberType = typeof(Widths))]
    public void A_B_transposed_of_few_rows_or_columns_has_the_bits_of_the_model(Width width)
    {
        ExpectedTier.RequireFusedMultiplyAdd("The orders of summation");
        int seed = 0;
        for (int few = 1; few <= 8; few++)
        {
            foreach (int many in Enumerable.Range(5, 32).Concat([63, 64, 65, 191, 193, 200, 391]))
            {
                // The last two: rows that clash in the L1 cache.
                foreach (int k in (int[])[8 + (seed % 8), 61 + (seed % 4), 150, many < 40 ? 512 : 9, many < 40 ? 1024 : 10])
                {
                    int slack = k < 512 ? seed % 2 : 0;
                    float beta = seed % 3 / 2f;
                    var columns = new GemmCase(false, true, many, few, k, slack, 1f, beta, seed++);
                    columns.AssertEqual(columns.Expected(), columns.MultiplyOn(width), $"{width} few columns");
                    if (few <= 4)
                        continue;
                    var rows = new GemmCase(false, true, few, many, k, slack, 1f, beta, seed++);
                    rows.AssertEqual(rows.Expected(), rows.MultiplyOn(width), $"{width} few rows");
                }
            }
        }
    }

    // Few rows that a long B is added to, and few steps that many rows get, are computed elsewhere where stores would meet loads.
    [Theory]
    [MemberData(nameof(Widths.WithRegisters), MemberType = typeof(Widths))]
    public void A_C_that_begins_anywhere_after_B_modulo_a_page_gets_the_bits_of_the_model(Width width)
    {
        ExpectedTier.RequireFusedMultiplyAdd("The orders of summation");
        int seed = 1;
        foreach ((int m, int n, int k) in ((int, int, int)[])[(1, 1024, 300), (2, 2048, 150), (3, 1536, 200), (4, 1000, 300), (1, 512, 600), (2, 1040, 260), (70, 1024, 2), (33, 512, 1), (45, 768, 4), (34, 2048, 4)])
        {
            foreach (float beta in (float[])[0f, 1f, -0.5f])
            {
                var product = new GemmCase(m > 4, false, m, n, k, 0, 1f, beta, seed++);
                float[] expected = product.Expected();
                foreach (int after in (int[])[0, 1, 16, 37, 100, 112, 512, 528, 900])
                    product.AssertEqual(expected, product.MultiplyOnWithin(width, after), $"{width} {after} floats after B");
            }
        }
    }

    [Fact]
    public void Widths_agree_where_products_are_rounded_apart_too()
    {
        foreach ((int m, int n, int k) in s_shapes)
        {
            for (int form = 0; form < 4; form++)
            {
                var product = new GemmCase(form >= 2, form % 2 == 1, m, n, k, slack: 1, alpha: 1.5f, beta: 0.5f, seed: form);
                float[] narrow = product.MultiplyOn(Width.F32x4);
                product.AssertEqual(narrow, product.Multiply(), "public entry");
                if (SimdInfo.Tier >= SimdTier.Vector256)
                    product.AssertEqual(narrow, product.MultiplyOn(Width.F32x8), "F32x8");
            }
        }
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(7)]
    public void Threads_do_not_show_in_the_bits(int threads)
    {
        using var workers = new WorkerPool(threads);
        (int M, int N, int K)[] large = [(130, 140, 150), (700, 20, 100), (20, 700, 100), (2000, 10, 60), (3, 900, 600), (4, 1500, 130), (1, 3000, 400), (5, 1025, 200), (3000, 1, 600), (2500, 3, 200), (2000, 22, 60), (2300, 1100, 1)];
        int seed = 0;
        foreach ((int m, int n, int k) in large)
        {
            for (int form = 0; form < 4; form++, seed++)
            {
                var product = new GemmCase(form >= 2, form % 2 == 1, m, n, k, slack: seed % 2, alpha: seed % 3 == 0 ? 1.25f : 1f, beta: seed % 2, seed: seed);
                product.AssertEqual(product.Multiply(), product.Multiply(workers), $"{threads} threads");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Widths.WithRegisters), MemberType = typeof(Widths))]
    public void Outer_products_that_span_rows_have_the_bits_of_the_model(Width width)
    {
        ExpectedTier.RequireFusedMultiplyAdd("The orders of summation");
        foreach (GemmValues values in Enum.GetValues<GemmValues>())
        {
            for (int n = 1; n <= 9; n++)
            {
                foreach (int m in Enumerable.Range(1, 37).Concat(Enumerable.Range(62, 45)))
                {
                    var product = new GemmCase((m + n) % 5 > 0, false, m, n, 1, (m * n) % 7 == 0 ? 1 : 0, 1, m % 2, (41 * m) + n, values);
                    product.AssertEqual(product.Expected(), product.MultiplyOn(width), $"{width} {values}");
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Widths.WithRegisters), MemberType = typeof(Widths))]
    public void Outer_products_of_a_C_that_begins_anywhere_have_the_bits_of_the_model(Width width)
    {
        ExpectedTier.RequireFusedMultiplyAdd("The orders of summation");
        foreach (GemmValues values in Enum.GetValues<GemmValues>())
        {
            foreach (int n in Enumerable.Range(24, 58).Concat([100, 127, 128, 129, 300, 1000, 4096, 4097]))
            {
                // More products than the smallest way takes.
                int m = (4096 / n) + 1 + (n % 3);
                foreach (float beta in (float[])[0f, 1f])
                {
                    var product = new GemmCase(n % 5 > 0, false, m, n, 1, slack: 0, alpha: 1, beta, 41 * n, values);
                    float[] expected = product.Expected();
                    for (int after = n % 4; after < 20; after += 3)
                        product.AssertEqual(expected, product.MultiplyOnWithin(width, after), $"{width} {values} {after} floats after B");
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Widths.WithRegisters), MemberType = typeof(Widths))]
    public void Products_of_few_columns_have_the_bits_of_the_model(Width width)
    {
        ExpectedTier.RequireFusedMultiplyAdd("The orders of summation");
        foreach (GemmValues values in Enum.GetValues<GemmValues>())
        {
            for (int m = 1; m <= 150; m++)
            {
                foreach (int k in (int[])[2, 3, 4, 5, 6, 7, 8, 12, 15, 31])
                {
                    var product = new GemmCase((m + k) % 3 > 0, false, m, 1, k, slack: 0, alpha: 1, beta: (m + k) % 2, (41 * m) + k, values);
                    product.AssertEqual(product.Expected(), product.MultiplyOn(width), $"{width} {values}");
                    product = new GemmCase(true, false, m, 2 + (m % 2), k, slack: k % 2, alpha: 1, beta: 0, (41 * m) + k, values);
                    product.AssertEqual(product.Expected(), product.MultiplyOn(width), $"{width} {values}");
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Widths.WithRegisters), MemberType = typeof(Widths))]
    public void Products_of_few_rows_of_B_have_the_bits_of_the_model(Width width)
    {
        ExpectedTier.RequireFusedMultiplyAdd("The orders of summation");
        foreach (GemmValues values in Enum.GetValues<GemmValues>())
        {
            for (int m = 5; m <= 100; m += 1 + (m / 20))
            {
                for (int n = 1; n <= 5; n++)
                {
                    int k = 7 + ((m + n) % 14);
                    foreach (float beta in (float[])[0f, 1f, -0.5f])
                    {
                        var product = new GemmCase(false, true, m, n, k, slack: (m + n) % 3, alpha: 1, beta, (41 * m) + n, values);
                        product.AssertEqual(product.Expected(), product.MultiplyOn(width), $"{width} {values}");
                    }
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Widths.WithRegisters), MemberType = typeof(Widths))]
    public void Dots_of_nothing_but_minus_zeros_keep_them(Width width)
    {
        // Products so small that -0 is what is left of each: lanes that the last few steps do not reach must not become +0.
        ExpectedTier.RequireFusedMultiplyAdd("The orders of summation");
        for (int m = 1; m <= 5; m++)
        {
            for (int k = 1; k <= 50; k++)
            {
                var product = new GemmCase(false, true, m, 37 + (k % 4), k, slack: k % 3);
                Array.Fill(product.A, -1e-30f);
                Array.Fill(product.B, 1e-30f);
                float[] expected = product.Expected();
                product.AssertEqual(expected, product.MultiplyOn(width), width.ToString());
                Assert.Equal(m > 4 || k >= 16, float.IsNegative(expected[0]));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Widths.WithRegisters), MemberType = typeof(Widths))]
    public void Blocks_of_large_products_are_all_right(Width width)
    {
        // Sums of small integers are exact, so a few samples need no model of the order. More columns than packed panels are kept for; a shallow product in blocks of rows and columns.
        foreach ((bool transA, bool transB, int m, int n, int k) in ((bool, bool, int, int, int)[])[(false, false, 300, 4200, 800), (false, true, 300, 4200, 800), (true, false, 1030, 1549, 64)])
        {
            var whole = new GemmCase(transA, transB, m, n, k, values: GemmValues.SmallIntegers);
            float[] all = whole.MultiplyOn(width);
            foreach (int i in (int[])[m / 2, m - 1])
            {
                for (int j = 0; j < n; j += 61)
                {
                    long sum = 0;
                    for (int p = 0; p < k; p++)
                        sum += (long)(transA ? whole.A[(p * m) + i] : whole.A[(i * k) + p]) * (long)(transB ? whole.B[(j * k) + p] : whole.B[(p * n) + j]);
                    Assert.Equal((float)sum, all[(i * n) + j]);
                }
            }
        }
    }

    [Fact]
    public void Rows_do_not_depend_on_how_many_others_there_are()
    {
        const int N = 75, K = 130;
        var whole = new GemmCase(false, false, 40, N, K);
        float[] expected = whole.Multiply();
        for (int rows = 1; rows < 40; rows++)
        {
            float[] c = new float[rows * N];
            Kernels.Gemm.Multiply(rows, N, K, whole.A, whole.B, c);
            Assert.Equal(-1, Tolerance.FirstDifference(expected.AsSpan(0, rows * N), c));
        }
    }
}
