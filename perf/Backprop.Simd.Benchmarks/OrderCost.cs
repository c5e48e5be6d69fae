using System.Globalization;
using Backprop.Simd.Cli;
using Backprop.Simd.Internal.MatrixProduct;
using Backprop.Simd.Kernels;
using Backprop.Simd.Peers;

namespace Backprop.Simd.Benchmarks;

/// <summary>What the promised orders of summation cost: 12 shapes against the fastest of several ways to add the same products in another order.</summary>
internal static unsafe class OrderCost
{
    private sealed record Shape(string Name, bool TransA, bool TransB, int M, int N, int K);

    private static readonly Shape[] s_shapes =
    [
        new("square 64", false, false, 64, 64, 64), new("square 256", false, false, 256, 256, 256),
        new("first layer, forward", false, false, 32, 128, 784), new("first layer, weight gradient", true, false, 784, 128, 32),
        new("hidden layer, input gradient", false, true, 128, 512, 512), new("hidden layer, weight gradient", true, false, 512, 512, 128),
        new("logits", false, false, 32, 10, 64), new("logits of a wide layer", false, false, 128, 10, 512), new("logits, weight gradient", true, false, 512, 10, 128),
        new("one example, small layer", false, false, 1, 64, 64), new("one example, first layer", false, false, 1, 128, 784),
        new("four examples, input gradient", false, true, 4, 1024, 1024),
    ];

    public static void Run()
    {
        Console.WriteLine($"{SimdInfo.Description}; .NET {Environment.Version}");
        Console.WriteLine("| product | m x n x k | MFLOP | library, us | of the FMA peak | plain kernel in the promised order, us | fastest other order | us | the order costs | the library is behind |");
        Console.WriteLine("|---|---|---:|---:|---:|---:|---|---:|---:|---:|");
        foreach (Shape shape in s_shapes)
            Row(shape);
    }

    private static void Row(Shape shape)
    {
        (_, bool transA, bool transB, int m, int n, int k) = shape;
        int lda = transA ? m : k, ldb = transB ? k : n;
        float[] a = Values(m * k, 1), b = Values((n * k) + 16, 2), c = GC.AllocateArray<float>(m * n, pinned: true), d = GC.AllocateArray<float>(m * n, pinned: true);
        Transpose ta = transA ? Transpose.Yes : Transpose.No, tb = transB ? Transpose.Yes : Transpose.No;
        void Promised() => Gemm.Multiply(ta, tb, m, n, k, 1f, a, lda, b, ldb, 0f, c, n);
        Promised();
        float[] expected = [.. c];

        var others = new List<(string Name, Action Run)>();
        void Other(string name, Action run) => others.Add((name, run));
        Other("k in two halves", () =>
        {
            int half = k / 2, fromA = transA ? half * lda : half, fromB = transB ? half : half * ldb;
            Gemm.Multiply(ta, tb, m, n, half, 1f, a, lda, b, ldb, 0f, c, n);
            Gemm.Multiply(ta, tb, m, n, k - half, 1f, a.AsSpan(fromA), lda, b.AsSpan(fromB), ldb, 0f, d, n);
            System.Numerics.Tensors.TensorPrimitives.Add(c, d, c);
        });
        if (transB && m > SummationOrders.SixteenLanesRows)
        {
            Other("16 lanes", () =>
            {
                for (int row = 0; row < m; row += SummationOrders.SixteenLanesRows)
                    Gemm.Multiply(ta, tb, SummationOrders.SixteenLanesRows, n, k, 1f, a.AsSpan(row * lda), lda, b, ldb, 0f, c.AsSpan(row * n), n);
            });
        }

        if (!transB && n > SummationOrders.FourChainsColumns)
        {
            Other("four chains", () =>
            {
                for (int column = 0; column < n; column += SummationOrders.FourChainsColumns)
                    Gemm.Multiply(ta, tb, m, SummationOrders.FourChainsColumns, k, 1f, a, lda, b.AsSpan(column), ldb, 0f, c.AsSpan(column), n);
            });
        }

        void Kernel(FreeKernels.Form form) => Other(form.ToString(), () =>
        {
            fixed (float* x = a, y = b, z = c)
                FreeKernels.Run(form, m, n, k, x, transA ? 1 : lda, transA ? lda : 1, y, ldb, z);
        });
        FreeKernels.Form[] forms = transB ? m <= 4 ? [FreeKernels.Form.Dots32Lanes] : []
            : m == 1 ? n % 128 == 0 ? [FreeKernels.Form.Row1Vectors4Chains4, FreeKernels.Form.Row1Vectors8Chains2] : [FreeKernels.Form.Row1Vectors4Chains4]
            : [FreeKernels.Form.Rows12Chains1, FreeKernels.Form.Rows8Chains2, FreeKernels.Form.Rows2Chains8];
        foreach (FreeKernels.Form form in forms)
            Kernel(form);
        if (transA && n <= SummationOrders.FourChainsColumns)
            Kernel(FreeKernels.Form.RowsInLanesChain1);
        int reordered = others.Count;
        if (!transB && m == 1)
            Kernel(n % 128 == 0 ? FreeKernels.Form.Row1Vectors8Chains1 : FreeKernels.Form.Row1Vectors4Chains1);
        else if (!transB && n <= SummationOrders.FourChainsColumns)
            Kernel(FreeKernels.Form.Rows6Chains4);

        for (int i = 0; i < others.Count; i++)
            Check(shape, others[i].Name, others[i].Run, a, b, c, expected, same: i >= reordered);
        double[] times = Contest.Run([Promised, .. others.Select(other => other.Run)], seconds: 0.5, compiles: _ => true);
        double[] rest = times[1..(reordered + 1)];
        int best = Array.IndexOf(rest, rest.Min());
        double plain = times[(reordered + 1)..].DefaultIfEmpty(double.NaN).First(), promised = double.IsNaN(plain) ? times[0] : Math.Min(times[0], plain);
        double flops = 2.0 * m * n * k, peak = FmaPeak.MeasureGFlops(TimeSpan.FromMilliseconds(10));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"| {shape.Name} | {m} x {n} x {k} {(transA ? "A^T B" : transB ? "A B^T" : "A B")} | {flops / 1e6:f2} | {times[0]:f2} | {flops / times[0] / peak / 10:f0} % | {(double.IsNaN(plain) ? "-" : plain.ToString("f2", CultureInfo.InvariantCulture))} | {others[best].Name} | {rest[best]:f2} | {100 * ((promised / rest[best]) - 1):f0} % | {100 * ((times[0] / rest[best]) - 1):f0} % |"));
    }

    // The same order gives the same bits; any order is within gamma(k + 2) |A||B| of the exact sum.
    private static void Check(Shape shape, string name, Action run, float[] a, float[] b, float[] c, float[] expected, bool same)
    {
        Array.Fill(c, float.NaN);
        run();
        for (int i = 0; i < shape.M; i++)
        {
            for (int j = 0; j < shape.N; j++)
            {
                double size = 0;
                for (int p = 0; p < shape.K; p++)
                    size += Math.Abs((double)(shape.TransA ? a[(p * shape.M) + i] : a[(i * shape.K) + p]) * (shape.TransB ? b[(j * shape.K) + p] : b[(p * shape.N) + j]));
                double bound = same ? 0 : 2 * (shape.K + 2) * size / (1 << 24), difference = Math.Abs((double)c[(i * shape.N) + j] - expected[(i * shape.N) + j]);
                if (!(difference <= bound))
                    throw new InvalidOperationException($"{shape.Name}, {name}: element {i}, {j} is {c[(i * shape.N) + j]}, not {expected[(i * shape.N) + j]}.");
            }
        }
    }

    private static float[] Values(int count, int seed)
    {
        float[] values = GC.AllocateArray<float>(count, pinned: true);
        Work.Values(count, seed).CopyTo(values, 0);
        return values;
    }
}
