using System.Runtime.CompilerServices;
using Backprop.Simd.Internal.IO;
using Backprop.Simd.Internal.Layers;
using Backprop.Simd.Internal.Memory;
using Backprop.Simd.Internal.Simd;

namespace Backprop.Simd;

/// <summary>A feed-forward network: its layers and one flat block of parameters. Made by <see cref="NetworkBuilder"/> or read from a file.</summary>
/// <remarks>Any number of predictors and trainers may use it. Reading from many threads at once is safe; training while predicting on the same network is a data race.</remarks>
public sealed unsafe partial class Network
{
    private readonly AlignedBuffer _parameters;
    private readonly AlignedBuffer _statistics;
    private readonly long[] _counters;

    internal Network(Layer[] blocks)
    {
        Blocks = blocks;
        InputSize = blocks[0].InputSize;
        OutputSize = blocks[^1].OutputSize;
        Offsets = new int[blocks.Length];
        StatisticsOffsets = new int[blocks.Length];
        CounterOffsets = new int[blocks.Length];
        var layers = new List<NetworkLayer>();
        long count = 0, statistics = 0;
        int counters = 0;
        for (int i = 0; i < blocks.Length; i++)
        {
            Offsets[i] = (int)count;
            StatisticsOffsets[i] = (int)statistics;
            CounterOffsets[i] = counters;
            if (blocks[i].ParameterCount > 0)
                layers.Add(new NetworkLayer(this, blocks[i], (int)count));
            count += blocks[i].ParameterCount;
            statistics += blocks[i].StatisticsCount;
            counters += blocks[i].CounterCount;
            if (Math.Max(count, statistics) > AlignedBuffer.MaximumLength)
                throw new InvalidOperationException($"The network would have {count} parameters; at most {AlignedBuffer.MaximumLength} can be addressed.");
        }

        Layers = layers;
        _parameters = new AlignedBuffer((int)count);
        _statistics = new AlignedBuffer((int)statistics);
        _counters = GC.AllocateArray<long>(Math.Max(counters, 1), pinned: true);
        CounterCount = counters;
        CounterPointer = (long*)Unsafe.AsPointer(ref _counters[0]);
        for (int i = 0; i < blocks.Length; i++)
            blocks[i].InitializeStatistics(Statistics.Slice(StatisticsOffsets[i], blocks[i].StatisticsCount));
    }

    /// <summary>Values of one example.</summary>
    public int InputSize { get; }

    /// <summary>Outputs for one example.</summary>
    public int OutputSize { get; }

    /// <summary>Weights and biases of all layers; running statistics are not parameters.</summary>
    public int ParameterCount => _parameters.Length;

    /// <summary>All parameters in one flat block: layer by layer, weights, then bias. What is written here takes effect in the next pass.</summary>
    public Span<float> Parameters => _parameters.Span;

    /// <summary>The layers that have parameters, in order.</summary>
    public IReadOnlyList<NetworkLayer> Layers { get; }

    internal Layer[] Blocks { get; }

    /// <summary>Where the slice of each block starts.</summary>
    internal int[] Offsets { get; }

    internal float* ParameterPointer => _parameters.Pointer;

    /// <summary>BatchNorm's running means and variances, and what inputs are scaled by, layer by layer.</summary>
    internal Span<float> Statistics => _statistics.Span;

    internal int[] StatisticsOffsets { get; }

    internal float* StatisticsPointer => _statistics.Pointer;

    /// <summary>BatchNorm's numbers of batches seen.</summary>
    internal Span<long> Counters => _counters.AsSpan(0, CounterCount);

    internal int CounterCount { get; }

    internal int[] CounterOffsets { get; }

    internal long* CounterPointer { get; }

    /// <summary>Fewest examples in a training pass.</summary>
    internal int MinimumTrainingRows
    {
        get
        {
            int rows = 1;
            foreach (Layer block in Blocks)
                rows = Math.Max(rows, block.MinimumTrainingRows);
            return rows;
        }
    }

    /// <summary>SHA-256, lower-case hex, of the architecture, all parameter bits, BatchNorm's running statistics and the values that scale inputs; every NaN counts as the same one.</summary>
    public string Fingerprint()
    {
        var hash = new FingerprintHash();
        hash.Add("Backprop.Simd network 1");
        hash.Add(Blocks.Length);
        foreach (Layer block in Blocks)
            hash.Add(block.Description);
        hash.AddFloats(Parameters);
        hash.AddFloats(Statistics);
        foreach (long counter in Counters)
            hash.Add(counter);
        return hash.Finish();
    }

    /// <summary>Makes what computes outputs on one thread; many may share this network and see its current parameters.</summary>
    /// <param name="maxBatchSize">Most examples in one call; at least 1.</param>
    /// <param name="workers">Threads to share the work with, or null for the calling thread alone.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="maxBatchSize"/> is below 1, or the buffers would be too large.</exception>
    public Predictor CreatePredictor(int maxBatchSize = 1, WorkerPool? workers = null) => new(this, maxBatchSize, workers);

    /// <summary>Examples in <paramref name="length"/> floats of inputs.</summary>
    internal int RowsOf(int length, int maxBatchSize, string parameter)
    {
        int rows = length / InputSize;
        if (rows * InputSize != length || rows == 0)
            throw new ArgumentException($"{parameter} holds {length} floats: not a positive multiple of the network's {InputSize} inputs.", parameter);
        if (rows > maxBatchSize)
            throw new ArgumentException($"{parameter} holds {rows} examples; at most {maxBatchSize} (MaxBatchSize) fit.", parameter);
        return rows;
    }

    /// <summary>Overwrites the state of a network with the same layers.</summary>
    internal void CopyTo(Network other)
    {
        Parameters.CopyTo(other.Parameters);
        Statistics.CopyTo(other.Statistics);
        Counters.CopyTo(other.Counters);
    }

    internal void Initialize(ulong seed)
    {
        for (int i = 0; i < Blocks.Length; i++)
            Blocks[i].Initialize(Parameters.Slice(Offsets[i], Blocks[i].ParameterCount), CounterRandom.Derive(seed, (ulong)i));
    }
}
