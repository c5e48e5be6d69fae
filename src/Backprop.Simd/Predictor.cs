using Backprop.Simd.Internal.Layers;
using Backprop.Simd.Internal.MatrixProduct;
using Backprop.Simd.Internal.Memory;
using Backprop.Simd.Internal.Simd;

namespace Backprop.Simd;

/// <summary>Computes outputs of a network without allocating. One per thread; made by <see cref="Network.CreatePredictor"/>.</summary>
/// <remarks>An example's outputs are the same bits alone, in any batch, and at any position in it.</remarks>
public sealed unsafe partial class Predictor : IDisposable
{
    private readonly Network _network;
    private readonly WorkerPool? _workers;
    private readonly Workspace _workspace = new();
    private readonly GemmScratch _scratch = new();
    private readonly int[] _outputs = new int[2];
    private readonly Layer[] _blocks;
    private readonly LayerPass[] _plan;
    private bool _disposed;

    internal Predictor(Network network, int maxBatchSize, WorkerPool? workers)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxBatchSize, 1);
        FloatEnvironment.Observe();
        _network = network;
        _workers = workers;
        MaxBatchSize = maxBatchSize;
        int width = network.OutputSize, scratch = 0;
        foreach (Layer block in network.Blocks)
        {
            width = Math.Max(width, block.OutputSize);
            scratch = Math.Max(scratch, block.ScratchFloats(maxBatchSize, training: false));
        }

        for (int i = 0; i < _outputs.Length; i++)
            _outputs[i] = _workspace.Reserve((long)maxBatchSize * width);
        _workspace.Allocate();
        _scratch.Reserve(scratch, workers?.Threads ?? 1);
        (_blocks, _plan) = MakePlan();
        LayerPass.Prepare(_blocks, _plan, maxBatchSize);
    }

    /// <summary>Most examples in one call.</summary>
    public int MaxBatchSize { get; }

    /// <summary>The network's outputs: rows x OutputSize, logits where the last layer is Identity. Valid until the next call.</summary>
    /// <param name="inputs">rows x InputSize, 1 to <see cref="MaxBatchSize"/> rows.</param>
    /// <exception cref="ArgumentException"><paramref name="inputs"/> holds no whole number of examples, or too many.</exception>
    /// <exception cref="ObjectDisposedException">This predictor or its worker pool was disposed.</exception>
    public ReadOnlySpan<float> Predict(ReadOnlySpan<float> inputs)
    {
        CheckAlive();
        int rows = _network.RowsOf(inputs.Length, MaxBatchSize, nameof(inputs));
        return _workspace.Span(Run(inputs, rows), rows * _network.OutputSize);
    }

    /// <summary>Index of the largest output of one example: the class that the network believes. Ties: the lowest; a NaN wins.</summary>
    /// <param name="input">One example.</param>
    /// <exception cref="ArgumentException"><paramref name="input"/> is not one example.</exception>
    /// <exception cref="ObjectDisposedException">This predictor or its worker pool was disposed.</exception>
    public int Classify(ReadOnlySpan<float> input)
    {
        CheckAlive();
        if (input.Length != _network.InputSize)
            throw new ArgumentException($"input holds {input.Length} floats; one example has {_network.InputSize}.", nameof(input));
        return IndexOfLargest(_workspace.Span(Run(input, 1), _network.OutputSize));
    }

    /// <summary>Returns the buffers to the pool; spans obtained from this predictor are invalid afterwards.</summary>
    public void Dispose()
    {
        _disposed = true;
        _workspace.Dispose();
    }

    internal static int IndexOfLargest(ReadOnlySpan<float> values)
    {
        int best = 0;
        for (int i = 0; i < values.Length; i++)
        {
            if (float.IsNaN(values[i]))
                return i;
            if (values[i] > values[best])
                best = i;
        }

        return best;
    }

    private void CheckAlive()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (_workers is not null)
            ObjectDisposedException.ThrowIf(_workers.IsDisposed, _workers);
    }

    /// <summary>The layers that change something, and their passes.</summary>
    private (Layer[] Blocks, LayerPass[] Plan) MakePlan()
    {
        var blocks = new List<Layer>();
        var plan = new List<LayerPass>();
        for (int i = 0; i < _network.Blocks.Length; i++)
        {
            if (_network.Blocks[i].IsIdentityInInference)
                continue;

            // A layer reads one half and writes the other.
            int next = plan.Count & 1;
            plan.Add(new LayerPass
            {
                Input = plan.Count > 0 ? _workspace.At(_outputs[next ^ 1]) : null,
                Output = _workspace.At(_outputs[next]),
                Parameters = _network.ParameterPointer + _network.Offsets[i],
                Statistics = _network.StatisticsPointer + _network.StatisticsOffsets[i],
                Workers = _workers,
                Scratch = _scratch,
            });
            blocks.Add(_network.Blocks[i]);
        }

        return ([.. blocks], [.. plan]);
    }

    /// <summary>Returns where in the workspace the outputs lie.</summary>
    private int Run(ReadOnlySpan<float> inputs, int rows)
    {
        if (_plan.Length == 0)
        {
            inputs.CopyTo(_workspace.Span(_outputs[0], inputs.Length));
            return _outputs[0];
        }

        if (_plan[0].Rows != rows)
            LayerPass.Prepare(_blocks, _plan, rows);
        fixed (float* x = inputs)
        {
            _plan[0].SetInput(x);
            for (int i = 0; i < _plan.Length; i++)
                _blocks[i].Forward(in _plan[i]);
        }

        // The kernels above hold pointers only.
        GC.KeepAlive(this);
        return _outputs[(_plan.Length & 1) ^ 1];
    }
}
