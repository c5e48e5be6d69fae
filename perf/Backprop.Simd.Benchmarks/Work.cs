using Backprop.Simd.Internal.Layers;

namespace Backprop.Simd.Benchmarks;

/// <summary>What is measured: sizes and their floating-point operations, the same for BenchmarkDotNet and for the quick mode.</summary>
internal static class Work
{
    public static string[] Products { get; } =
        ["8x8x8", "32x64x64", "64x64x64", "128x784x128", "256x256x256", "512x512x512", "1024x1024x1024", "1x784x512", "4x784x128", "32x512x10", "500x300x200"];

    public static string[] Networks { get; } = ["4-16-3", "64-64-10", "784-128-10", "784-512-512-10"];

    public static (int M, int N, int K) Sizes(string product)
    {
        int[] sizes = [.. product.Split('x').Select(int.Parse)];
        return (sizes[0], sizes[1], sizes[2]);
    }

    public static double ProductFlops(string product)
    {
        (int m, int n, int k) = Sizes(product);
        return 2.0 * m * n * k;
    }

    public static Network Build(string network)
    {
        int[] sizes = [.. network.Split('-').Select(int.Parse)];
        var builder = new NetworkBuilder(sizes[0]);
        for (int i = 1; i < sizes.Length; i++)
            builder.Dense(sizes[i], i < sizes.Length - 1 ? Activation.ReLU : Activation.Identity);
        return builder.Build(seed: 1);
    }

    /// <summary>Forward product, dW and, but for the first layer, dX: the products alone.</summary>
    public static double StepFlops(Network network, int rows)
    {
        double weights = network.Blocks.OfType<Dense>().Sum(layer => (double)layer.WeightCount);
        return 2.0 * rows * ((3 * weights) - network.Blocks[0].WeightCount);
    }

    public static double ForwardFlops(Network network, int rows) =>
        2.0 * rows * network.Blocks.OfType<Dense>().Sum(layer => (double)layer.WeightCount);

    /// <summary>Uniform in [-1, 1).</summary>
    public static float[] Values(int length, int seed = 1, float scale = 1f)
    {
        var random = new Random(seed);
        float[] values = new float[length];
        for (int i = 0; i < length; i++)
            values[i] = scale * ((2f * random.NextSingle()) - 1f);
        return values;
    }

    public static int[] Labels(int length, int classes)
    {
        int[] labels = new int[length];
        for (int i = 0; i < length; i++)
            labels[i] = i % classes;
        return labels;
    }
}
