using Backprop.Simd.Internal.Simd;

namespace Backprop.Simd.Internal.Initializers;

/// <summary>PyTorch's start of a linear layer: every weight and bias from U(-b, b), b = 1 / sqrt(fanIn).</summary>
internal static class UniformFanIn
{
    /// <summary>values[i] = (2 Uniform(i) - 1) b.</summary>
    public static void Fill(Span<float> values, int fanIn, ulong key)
    {
        var random = new CounterRandom(key);
        float bound = (float)(1 / Math.Sqrt(fanIn));
        for (int i = 0; i < values.Length; i++)
            values[i] = ((2f * random.Uniform((uint)i)) - 1f) * bound;
    }
}
