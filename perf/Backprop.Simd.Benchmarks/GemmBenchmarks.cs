using Backprop.Simd.Kernels;
using BenchmarkDotNet.Attributes;

namespace Backprop.Simd.Benchmarks;

/// <summary>C = op(A) op(B), m x n x k.</summary>
public class GemmBenchmarks : ICountsFlops
{
    private float[] _a = [], _b = [], _c = [];
    private int _m, _n, _k;

    [ParamsSource(nameof(Shapes))]
    public string Shape { get; set; } = "8x8x8";

    public static IEnumerable<string> Shapes => Work.Products;

    public double Flops => Work.ProductFlops(Shape);

    [GlobalSetup]
    public void Setup()
    {
        (_m, _n, _k) = Work.Sizes(Shape);
        (_a, _b, _c) = (Work.Values(_m * _k), Work.Values(_k * _n), new float[_m * _n]);
    }

    [Benchmark]
    public void NN() => Gemm.Multiply(Transpose.No, Transpose.No, _m, _n, _k, 1f, _a, _k, _b, _n, 0f, _c, _n);

    [Benchmark]
    public void TN() => Gemm.Multiply(Transpose.Yes, Transpose.No, _m, _n, _k, 1f, _a, _m, _b, _n, 0f, _c, _n);

    [Benchmark]
    public void NT() => Gemm.Multiply(Transpose.No, Transpose.Yes, _m, _n, _k, 1f, _a, _k, _b, _k, 0f, _c, _n);

    [Benchmark]
    public void TT() => Gemm.Multiply(Transpose.Yes, Transpose.Yes, _m, _n, _k, 1f, _a, _m, _b, _k, 0f, _c, _n);
}
