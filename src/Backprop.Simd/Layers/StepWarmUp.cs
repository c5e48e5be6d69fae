using System.Runtime.CompilerServices;
using Backprop.Simd.Internal.Losses;
using Backprop.Simd.Internal.MatrixProduct;
using Backprop.Simd.Internal.Memory;
using Backprop.Simd.Internal.Optimizers;
using Backprop.Simd.Internal.Simd;

namespace Backprop.Simd.Internal.Layers;

/// <summary>Has the kernels of a trainer compiled before its first step: makes a step on zeros, in memory that nobody reads, from both ends at once on two threads.</summary>
/// <remarks>Both threads compute garbage where they meet, in one another's arrays; no number decides which kernel runs or what it addresses.</remarks>
internal sealed unsafe class StepWarmUp
{
    // Above, the step itself takes as long as compiling it.
    private const long MaximumMultiplyAdds = 1L << 27;
    private const int MaximumParameters = 1 << 21;

    // The steps that were warmed, as bits by their hash. Two that share a bit cost the second its warming, and nothing else.
    private static readonly int[] s_warmed = new int[64];

    private readonly Layer[] _blocks;
    private readonly int _firstTrained;
    private readonly LossKind _loss;
    private readonly OptimizerKind _optimizer;
    private readonly LayerPass[] _fromStart;
    private readonly LayerPass[] _fromEnd;
    private readonly float* _rowLosses;
    private readonly float* _targets;
    private readonly (int First, int Count)[] _waiting;
    private readonly int _parameterCount;

    private StepWarmUp(Layer[] blocks, int firstTrained, LossKind loss, OptimizerKind optimizer, LayerPass[] plan, (int First, int Count)[] waiting,
        int scratchFloats, int rows, float* inputs, float* rowLosses, float* memory, int parameterCount)
    {
        (_blocks, _firstTrained, _loss, _optimizer, _waiting, _parameterCount) = (blocks, firstTrained, loss, optimizer, waiting, parameterCount);
        _rowLosses = rowLosses;
        float* parameters = memory, gradients = parameters + parameterCount, states = gradients + parameterCount;
        float* statistics = states + ((long)parameterCount * OptimizerTable.StateCount(optimizer));
        _targets = statistics + StatisticsFloats(blocks);
        var update = new WeightUpdate(optimizer) { LearningRate = optimizer.LearningRate, Step = 1 };
        LayerPass[] Copy(GemmScratch scratch)
        {
            var copy = (LayerPass[])plan.Clone();
            scratch.Reserve(scratchFloats, 1);
            float* statistic = statistics;
            for (int i = 0; i < copy.Length; i++)
            {
                ref LayerPass pass = ref copy[i];
                nint offset = (nint)(plan[i].Parameters - plan[0].Parameters);
                (pass.Rows, pass.Workers, pass.Scratch) = (rows, null, scratch);
                pass.Parameters = parameters + offset;
                pass.Gradients = gradients + offset;
                pass.States = states + offset;
                pass.Statistics = statistic;
                pass.Counters = (long*)(statistic + blocks[i].StatisticsCount + (blocks[i].StatisticsCount & 1));
                statistic += StatisticsFloats(blocks[i]);
                if (pass.Update is not null)
                    pass.Update = update;
            }

            copy[0].Input = inputs;
            return copy;
        }

        _fromStart = Copy(new GemmScratch());
        _fromEnd = Copy(new GemmScratch());
    }

    /// <summary>Runs a step like those of a trainer, unless there was one before, the step is too large, or the code is native.</summary>
    /// <param name="blocks">The layers.</param>
    /// <param name="firstTrained">First layer of the backward pass.</param>
    /// <param name="loss">The trainer's loss.</param>
    /// <param name="optimizer">The trainer's optimizer.</param>
    /// <param name="plan">The trainer's plan, whose outputs, saved values and travelling gradients are overwritten.</param>
    /// <param name="waiting">The ranges of parameters of the last pass.</param>
    /// <param name="scratchFloats">Packing buffer of one thread.</param>
    /// <param name="rows">Examples.</param>
    /// <param name="inputs">rows x InputSize.</param>
    /// <param name="rowLosses">2 x rows; overwritten.</param>
    /// <param name="parameterCount">Of the network.</param>
    /// <returns>Whether it did.</returns>
    public static bool Run(Layer[] blocks, int firstTrained, LossKind loss, OptimizerKind optimizer, LayerPass[] plan, (int First, int Count)[] waiting,
        int scratchFloats, int rows, float* inputs, float* rowLosses, int parameterCount)
    {
        if (!RuntimeFeature.IsDynamicCodeCompiled || parameterCount > MaximumParameters || (long)parameterCount * rows > MaximumMultiplyAdds
            || !IsNew(blocks, loss, optimizer, rows))
            return false;
        long floats = ((long)parameterCount * (2 + OptimizerTable.StateCount(optimizer))) + StatisticsFloats(blocks) + ((long)rows * blocks[^1].OutputSize);
        AlignedBuffer memory = BufferPool.Rent((int)floats);
        var step = new StepWarmUp(blocks, firstTrained, loss, optimizer, plan, waiting, scratchFloats, rows, inputs, rowLosses, memory.Pointer, parameterCount);
        if (Environment.ProcessorCount > 1)
        {
            var helper = new Thread(step.FromEnd) { IsBackground = true };
            helper.Start();
            step.FromStart();
            helper.Join();
        }
        else
        {
            step.FromStart();
        }

        BufferPool.Return(memory);
        return true;
    }

    private void FromStart()
    {
        for (int i = 0; i < _blocks.Length; i++)
            _blocks[i].Forward(in _fromStart[i]);
        ref readonly LayerPass last = ref _fromStart[^1];
        bool labels = LossTable.TakesLabels(_loss);
        LossTable.Run(_loss, last.Output, labels ? null : _targets, labels ? (int*)_targets : null, last.OutputGradient, _rowLosses, null, last.Rows, _blocks[^1].OutputSize);
        for (int i = _blocks.Length - 1; i >= _firstTrained; i--)
            _blocks[i].Backward(in _fromStart[i]);
        Update(_fromStart[0]);
    }

    // What the other thread comes to last.
    private void FromEnd()
    {
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
