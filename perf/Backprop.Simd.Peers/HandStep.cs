using System.Numerics.Tensors;

namespace Backprop.Simd.Peers;

/// <summary>What a careful user writes by hand: no allocation, a native BLAS for the products, TensorPrimitives for the rest.</summary>
internal sealed unsafe class HandStep
{
    private readonly StepShape _shape;
    private readonly Blas _blas;
    private readonly bool _adam;
    private readonly float[] _x;
    private readonly int[] _labels;
    private readonly float[] _targets;
    private readonly int _layers;
    private readonly int[] _offsets;
    private readonly float[] _parameters;
    private readonly float[] _gradients;
    private readonly float[] _m;
    private readonly float[] _v;
    private readonly float[] _scratch;
    private readonly float[][] _y;
    private readonly float[][] _d;
    private int _step;

    public HandStep(StepShape shape, Blas blas, bool adam)
    {
        _shape = shape;
        _blas = blas;
        _adam = adam;
        _x = shape.Inputs();
        _labels = shape.Labels();
        _targets = shape.Targets();
        _layers = shape.Sizes.Length - 1;
        _offsets = new int[_layers];
        int count = 0;
        for (int i = 0; i < _layers; i++)
        {
            _offsets[i] = count;
            count += (shape.Sizes[i] + 1) * shape.Sizes[i + 1];
        }

        _parameters = Array(count);
        _gradients = Array(count);
        _m = Array(count);
        _v = Array(count);
        _scratch = Array(count);
        _y = [.. Enumerable.Range(0, _layers).Select(i => Array(shape.Batch * shape.Sizes[i + 1]))];
        _d = [.. Enumerable.Range(0, _layers).Select(i => Array(shape.Batch * shape.Sizes[i + 1]))];
        var random = new Random(5);
        for (int i = 0; i < _layers; i++)
        {
            float bound = 1 / MathF.Sqrt(shape.Sizes[i]);
            for (int j = 0; j < (shape.Sizes[i] + 1) * shape.Sizes[i + 1]; j++)
                _parameters[_offsets[i] + j] = ((2 * random.NextSingle()) - 1) * bound;
        }
    }

    /// <summary>The forward pass alone.</summary>
    public void Predict()
    {
        int rows = _shape.Batch;
        for (int i = 0; i < _layers; i++)
        {
            int fanIn = _shape.Sizes[i], fanOut = _shape.Sizes[i + 1];
            Span<float> y = _y[i];
            ReadOnlySpan<float> bias = _parameters.AsSpan(_offsets[i] + (fanIn * fanOut), fanOut);
            for (int row = 0; row < rows; row++)
                bias.CopyTo(y[(row * fanOut)..]);
            fixed (float* x = i == 0 ? _x : _y[i - 1], w = &_parameters[_offsets[i]], to = _y[i])
                _blas.Multiply(false, false, rows, fanOut, fanIn, x, fanIn, w, fanOut, 1f, to, fanOut);
            if (i < _layers - 1)
            {
                if (_shape.Tanh)
                    TensorPrimitives.Tanh(y, y);
                else
                    TensorPrimitives.Max(y, 0f, y);
            }
        }
    }

    /// <summary>A step of training.</summary>
    public void Run()
    {
        int rows = _shape.Batch;
        Predict();
        Loss();
        for (int i = _layers - 1; i >= 0; i--)
        {
            int fanIn = _shape.Sizes[i], fanOut = _shape.Sizes[i + 1];
            if (i < _layers - 1)
                Derivative(_y[i], _d[i]);
            fixed (float* x = i == 0 ? _x : _y[i - 1], d = _d[i], g = &_gradients[_offsets[i]])
                _blas.Multiply(true, false, fanIn, fanOut, rows, x, fanIn, d, fanOut, 0f, g, fanOut);
            Span<float> bias = _gradients.AsSpan(_offsets[i] + (fanIn * fanOut), fanOut);
            _d[i].AsSpan(0, fanOut).CopyTo(bias);
            for (int row = 1; row < rows; row++)
                TensorPrimitives.Add(bias, _d[i].AsSpan(row * fanOut, fanOut), bias);
            if (i > 0)
            {
                fixed (float* d = _d[i], w = &_parameters[_offsets[i]], dx = _d[i - 1])
                    _blas.Multiply(false, true, rows, fanIn, fanOut, d, fanOut, w, fanOut, 0f, dx, fanIn);
            }
        }

        if (_adam)
            Adam();
        else
            TensorPrimitives.MultiplyAdd(_gradients, -1e-7f, _parameters, _parameters);
    }

    private void Loss()
    {
        int size = _shape.Sizes[^1], rows = _shape.Batch;
        Span<float> d = _d[^1];
        if (!_shape.Classifies)
        {
            TensorPrimitives.Subtract(_y[^1], _targets, d);
            TensorPrimitives.Multiply(d, 2f / d.Length, d);
            return;
        }

        for (int row = 0; row < rows; row++)
        {
            Span<float> p = d.Slice(row * size, size);
            TensorPrimitives.SoftMax(_y[^1].AsSpan(row * size, size), p);
            p[_labels[row]] -= 1;
            TensorPrimitives.Multiply(p, 1f / rows, p);
        }
    }

    private void Derivative(float[] y, float[] d)
    {
        if (_shape.Tanh)
        {
            Span<float> s = _scratch.AsSpan(0, Math.Min(_scratch.Length, d.Length));
            for (int start = 0; start < d.Length; start += s.Length)
            {
                int count = Math.Min(s.Length, d.Length - start);
                Span<float> part = s[..count];
                TensorPrimitives.Multiply(y.AsSpan(start, count), y.AsSpan(start, count), part);
                TensorPrimitives.Subtract(1f, part, part);
                TensorPrimitives.Multiply(d.AsSpan(start, count), part, d.AsSpan(start, count));
            }
        }
        else
        {
            int i = 0, width = System.Numerics.Vector<float>.Count;
            for (; i <= d.Length - width; i += width)
            {
                var positive = System.Numerics.Vector.GreaterThan(new System.Numerics.Vector<float>(y, i), System.Numerics.Vector<float>.Zero);
                System.Numerics.Vector.ConditionalSelect(positive, new System.Numerics.Vector<float>(d, i), System.Numerics.Vector<float>.Zero).CopyTo(d, i);
            }

            for (; i < d.Length; i++)
                d[i] = y[i] > 0 ? d[i] : 0;
        }
    }

    // In blocks that stay in the cache.
    private void Adam()
    {
        const int Block = 4096;
        _step++;
        float rate = (float)(1e-7 / (1 - Math.Pow(0.9, _step))), root = (float)(1 / Math.Sqrt(1 - Math.Pow(0.999, _step)));
        for (int start = 0; start < _parameters.Length; start += Block)
        {
            int count = Math.Min(Block, _parameters.Length - start);
            Span<float> p = _parameters.AsSpan(start, count), g = _gradients.AsSpan(start, count), m = _m.AsSpan(start, count), v = _v.AsSpan(start, count), s = _scratch.AsSpan(0, count);
            TensorPrimitives.Lerp(m, g, 0.1f, m);
            TensorPrimitives.Multiply(g, g, s);
            TensorPrimitives.Lerp(v, s, 0.001f, v);
            TensorPrimitives.Sqrt(v, s);
            TensorPrimitives.Multiply(s, root, s);
            TensorPrimitives.Add(s, 1e-8f, s);
            TensorPrimitives.Divide(m, s, s);
            TensorPrimitives.MultiplyAdd(s, -rate, p, p);
        }
    }

    private static float[] Array(int count) => GC.AllocateArray<float>(count, pinned: true);
}
