using System.Runtime.CompilerServices;
using Backprop.Simd.Internal.Elementwise;
using Backprop.Simd.Internal.Losses;
using Backprop.Simd.Internal.MatrixProduct;
using Backprop.Simd.Internal.Memory;
using Backprop.Simd.Internal.Optimizers;
using Backprop.Simd.Internal.Simd;

namespace Backprop.Simd.Internal.Layers;

/// <summary>Has the kernels of a trainer compiled before its first step: makes a step on zeros, in memory that nobody reads, from both ends at once on two threads.</summary>
/// <remarks>
/// Both threads compute garbage where they meet, in one another's arrays; no number decides which kernel runs or what it addresses. The second begins with the loss, while the first still plans:
/// each then has half of the compiling.
/// </remarks>
internal sealed unsafe class StepWarmUp
{
    // Above, the step itself takes as long as compiling it.
    private const long MaximumMultiplyAdds = 1L << 27;
    private const int MaximumParameters = 1 << 21;

    // The steps that were warmed, as bits by their hash. Two that share a bit cost the second its warming, and nothing else.
    private static readonly int[] s_warmed = new int[64];

    private readonly Layer[] _blocks;
    private readonly LossKind _loss;
    private readonly OptimizerKind _optimizer;
    private readonly int _rows;
    private readonly int _parameterCount;
    private readonly Workspace _workspace;
    private readonly float* _outputs;
    private readonly float* _outputGradient;
    private readonly float* _rowLosses;
    private readonly Thread? _early;
    private int _firstTrained;
    private LayerPass[] _fromStart = [];
    private LayerPass[] _fromEnd = [];
    private (int First, int Count)[] _waiting = [];

    private StepWarmUp(Layer[] blocks, LossKind loss, OptimizerKind optimizer, int rows, int parameterCount, Workspace workspace, float* outputs, float* outputGradient, float* rowLosses)
    {
        (_blocks, _loss, _optimizer, _rows, _parameterCount, _workspace) = (blocks, loss, optimizer, rows, parameterCount, workspace);
        _outputs = outputs;
        _outputGradient = outputGradient;
        _rowLosses = rowLosses;
        if (Environment.ProcessorCount > 1)
        {
            _early = new Thread(WithoutPlan) { IsBackground = true };
            _early.Start();
        }
    }

    /// <summary>Begins with what needs no plan, on another thread; null if there was such a step before, it is too large, or the code is native.</summary>
    /// <param name="blocks">The layers.</param>
    /// <param name="loss">The trainer's loss.</param>
    /// <param name="optimizer">The trainer's optimizer.</param>
    /// <param name="rows">Examples.</param>
    /// <param name="parameterCount">Of the network.</param>
    /// <param name="workspace">What holds the arrays; kept alive.</param>
    /// <param name="outputs">rows x OutputSize; overwritten by <see cref="Run"/>.</param>
    /// <param name="outputGradient">rows x OutputSize; overwritten.</param>
    /// <param name="rowLosses">2 x rows; overwritten.</param>
    public static StepWarmUp? Begin(Layer[] blocks, LossKind loss, OptimizerKind optimizer, int rows, int parameterCount, Workspace workspace, float* outputs, float* outputGradient, float* rowLosses) =>
        RuntimeFeature.IsDynamicCodeCompiled && parameterCount <= MaximumParameters && (long)parameterCount * rows <= MaximumMultiplyAdds && IsNew(blocks, loss, optimizer, rows)
            ? new StepWarmUp(blocks, loss, optimizer, rows, parameterCount, workspace, outputs, outputGradient, rowLosses)
            : null;

    /// <summary>Runs a step like those of the trainer.</summary>
    /// <param name="firstTrained">First layer of the backward pass.</param>
    /// <param name="plan">The trainer's plan, whose outputs, saved values and travelling gradients are overwritten.</param>
    /// <param name="waiting">The ranges of parameters of the last pass.</param>
    /// <param name="scratchFloats">Packing buffer of one thread.</param>
    /// <param name="inputs">rows x InputSize.</param>
    public void Run(int firstTrained, LayerPass[] plan, (int First, int Count)[] waiting, int scratchFloats, float* inputs)
    {
        (_firstTrained, _waiting) = (firstTrained, waiting);
        long floats = ((long)_parameterCount * (2 + OptimizerTable.StateCount(_optimizer))) + StatisticsFloats(_blocks);
        AlignedBuffer memory = BufferPool.Rent((int)floats);
        var update = new WeightUpdate(_optimizer) { LearningRate = _optimizer.LearningRate, Step = 1 };
        _fromStart = Copy(plan, memory.Pointer, update, scratchFloats, inputs);
        _fromEnd = Copy(plan, memory.Pointer, update, scratchFloats, inputs);
        if (_early is not null)
        {
            var helper = new Thread(FromEnd) { IsBackground = true };
            helper.Start();
            FromStart();
            helper.Join();
        }
        else
        {
            WithoutPlan();
            FromStart();
        }

        BufferPool.Return(memory);
    }

    private LayerPass[] Copy(LayerPass[] plan, float* memory, WeightUpdate update, int scratchFloats, float* inputs)
    {
        float* parameters = memory, gradients = parameters + _parameterCount, states = gradients + _parameterCount;
        float* statistic = states + ((long)_parameterCount * OptimizerTable.StateCount(_optimizer));
        var copy = (LayerPass[])plan.Clone();
        var scratch = new GemmScratch();
        scratch.Reserve(scratchFloats, 1);
        for (int i = 0; i < copy.Length; i++)
        {
            ref LayerPass pass = ref copy[i];
            nint offset = (nint)(plan[i].Parameters - plan[0].Parameters);
            (pass.Rows, pass.Workers, pass.Scratch) = (_rows, null, scratch);
            pass.Parameters = parameters + offset;
            pass.Gradients = gradients + offset;
            pass.States = states + offset;
            pass.StateLength = _parameterCount;
            pass.Statistics = statistic;
            pass.Counters = (long*)(statistic + _blocks[i].StatisticsCount + (_blocks[i].StatisticsCount & 1));
            statistic += StatisticsFloats(_blocks[i]);
            if (pass.Update is not null)
                pass.Update = update;
            if (i == 0)
                pass.Input = inputs;
            pass.Products = null;
            _blocks[i].Prepare(ref pass);
        }

        return copy;
    }

    // Zeros are labels and targets as well.
    private void WithoutPlan()
    {
        bool labels = LossTable.TakesLabels(_loss);
        int size = _blocks[^1].OutputSize;
        AlignedBuffer targets = BufferPool.Rent(labels ? _rows : _rows * size);
        LossTable.Run(_loss, _outputs, labels ? null : targets.Pointer, labels ? (int*)targets.Pointer : null, _outputGradient, _rowLosses, null, _rows, size);
        BufferPool.Return(targets);

        // Of the optimizer's state, after every so many updates.
        Denormals.Clear(_rowLosses, 2 * _rows);
        GC.KeepAlive(_workspace);
    }

    private void FromStart()
    {
        for (int i = 0; i < _blocks.Length; i++)
            _blocks[i].Forward(in _fromStart[i]);
        for (int i = _blocks.Length - 1; i >= _firstTrained; i--)
            _blocks[i].Backward(in _fromStart[i]);
        Update(_fromStart[0]);
    }

    // What the other thread comes to last.
    private void FromEnd()
    {
        _early!.Join();
        Update(_fromEnd[0]);
        for (int i = _firstTrained; i < _blocks.Length; i++)
            _blocks[i].Backward(in _fromEnd[i]);
    }

    private void Update(in LayerPass first)
    {
        foreach ((int start, int count) in _waiting)
            OptimizerTable.Step(_optimizer, _optimizer.LearningRate, 1, first.Parameters + start, first.Gradients + start, first.States + start, _parameterCount, count, clear: first.AddsGradients, null);
    }

    /// <summary>Statistics and counters of all layers, each layer's from an even place on.</summary>
    private static int StatisticsFloats(Layer[] blocks)
    {
        int floats = 0;
        foreach (Layer block in blocks)
            floats += StatisticsFloats(block);
        return floats;
    }

    private static int StatisticsFloats(Layer block) => ((block.StatisticsCount + 1) / 2 * 2) + (2 * block.CounterCount);

    private static bool IsNew(Layer[] blocks, LossKind loss, in OptimizerKind optimizer, int rows)
    {
        ulong hash = CounterRandom.Derive((ulong)rows, ((ulong)loss.Id << 32) + ((ulong)optimizer.Id << 8) + (ulong)OptimizerTable.StateCount(optimizer));
        foreach (Layer block in blocks)
        {
            ulong activation = block is Dense dense ? (ulong)dense.Activation.Id : (ulong)(uint)RuntimeHelpers.GetHashCode(block.GetType()) << 8;
            hash = CounterRandom.Derive(CounterRandom.Derive(hash, ((ulong)block.InputSize << 32) + (ulong)block.OutputSize), activation);
        }

        int bit = 1 << (int)(hash & 31);
        return (Interlocked.Or(ref s_warmed[(hash >> 5) & 63], bit) & bit) == 0;
    }
}
