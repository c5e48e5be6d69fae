using static System.Numerics.Tensors.TensorPrimitives;
using Vector = System.Numerics.Vector;

namespace Backprop.Simd.Peers;

/// <summary>What a careful user makes of TensorPrimitives where it has no such function: several passes over blocks that stay in the first-level cache.</summary>
internal static class TensorFormulas
{
    private const int Block = 2048;

    private static readonly float[] s_one = new float[Block];
    private static readonly float[] s_two = new float[Block];

    /// <summary>y = x / 2 (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))).</summary>
    public static void GeluTanh(float[] x, float[] y) => Blocks(x.Length, (start, count) =>
    {
        ReadOnlySpan<float> from = x.AsSpan(start, count);
        Span<float> s = s_one.AsSpan(0, count), to = y.AsSpan(start, count);
        Multiply(from, from, s);
        Multiply(s, 0.0356774081f, s);
        Add(s, 0.7978845608f, s);
        Multiply(s, from, s);
        Tanh(s, s);
        MultiplyAdd(s, from, from, s);
        Multiply(s, 0.5f, to);
    });

    /// <summary>dx = (1 - y^2) dy.</summary>
    public static void TanhBackward(float[] y, float[] dy, float[] dx) => Blocks(y.Length, (start, count) =>
    {
        Span<float> s = s_one.AsSpan(0, count);
        Multiply(y.AsSpan(start, count), y.AsSpan(start, count), s);
        Subtract(1f, s, s);
        Multiply(s, dy.AsSpan(start, count), dx.AsSpan(start, count));
    });

    /// <summary>dx = y (1 - y) dy.</summary>
    public static void SigmoidBackward(float[] y, float[] dy, float[] dx) => Blocks(y.Length, (start, count) =>
    {
        Span<float> s = s_one.AsSpan(0, count);
        Subtract(1f, y.AsSpan(start, count), s);
        Multiply(s, y.AsSpan(start, count), s);
        Multiply(s, dy.AsSpan(start, count), dx.AsSpan(start, count));
    });

    /// <summary>dx = y > 0 ? dy : 0, by Vector, since TensorPrimitives has no selection.</summary>
    public static void ReluBackward(float[] y, float[] dy, float[] dx)
    {
        int width = System.Numerics.Vector<float>.Count;
        for (int i = 0; i <= y.Length - width; i += width)
        {
            var positive = Vector.GreaterThan(new System.Numerics.Vector<float>(y, i), System.Numerics.Vector<float>.Zero);
            Vector.ConditionalSelect(positive, new System.Numerics.Vector<float>(dy, i), System.Numerics.Vector<float>.Zero).CopyTo(dx, i);
        }
    }

    /// <summary>Row by row.</summary>
    public static void Softmax(float[] x, int classes, float[] y)
    {
        for (int i = 0; i < x.Length; i += classes)
            SoftMax(x.AsSpan(i, classes), y.AsSpan(i, classes));
    }

    /// <summary>Probabilities less the one-hot labels, over the rows.</summary>
    public static void CrossEntropyGradient(float[] x, int[] labels, int classes, float[] dx)
    {
        float scale = 1f / labels.Length;
        for (int row = 0; row < labels.Length; row++)
        {
            Span<float> p = dx.AsSpan(row * classes, classes);
            SoftMax(x.AsSpan(row * classes, classes), p);
            p[labels[row]] -= 1;
            Multiply(p, scale, p);
        }
    }

    /// <summary>p -= rate g; g = 0.</summary>
    public static void Sgd(float[] p, float[] g, float rate)
    {
        MultiplyAdd(g, -rate, p, p);
        Array.Clear(g);
    }

    /// <summary>One step without bias correction, which costs a scalar.</summary>
    public static void Adam(float[] p, float[] g, float[] first, float[] second, float rate) => Blocks(p.Length, (start, count) =>
    {
        Span<float> gradient = g.AsSpan(start, count), m = first.AsSpan(start, count), s = s_one.AsSpan(0, count);
        Lerp(m, gradient, 0.1f, m);
        Root(gradient, second.AsSpan(start, count), 0.001f, s);
        Divide(m, s, s);
        MultiplyAdd(s, -rate, p.AsSpan(start, count), p.AsSpan(start, count));
        gradient.Clear();
    });

    /// <summary>One step.</summary>
    public static void RmsProp(float[] p, float[] g, float[] second, float rate) => Blocks(p.Length, (start, count) =>
    {
        Span<float> gradient = g.AsSpan(start, count), s = s_one.AsSpan(0, count);
        Root(gradient, second.AsSpan(start, count), 0.01f, s);
        Divide(gradient, s, s);
        MultiplyAdd(s, -rate, p.AsSpan(start, count), p.AsSpan(start, count));
        gradient.Clear();
    });

    // v += share (g^2 - v); root = sqrt(v) + epsilon.
    private static void Root(ReadOnlySpan<float> g, Span<float> v, float share, Span<float> root)
    {
        Span<float> squares = s_two.AsSpan(0, g.Length);
        Multiply(g, g, squares);
        Lerp(v, squares, share, v);
        Sqrt(v, root);
        Add(root, 1e-8f, root);
    }

    private static void Blocks(int length, Action<int, int> pass)
    {
        for (int start = 0; start < length; start += Block)
            pass(start, Math.Min(Block, length - start));
    }
}
