using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Backprop.Simd.Internal.Activations;
using Backprop.Simd.Internal.Elementwise;
using Backprop.Simd.Internal.Layers;
using Backprop.Simd.Internal.Losses;
using Backprop.Simd.Internal.MatrixProduct;
using Backprop.Simd.Internal.Memory;
using Backprop.Simd.Internal.Optimizers;
using Backprop.Simd.Internal.Simd;

namespace Backprop.Simd;

/// <summary>Trains a network: forward, loss, backward, update. After construction nothing is allocated.</summary>
/// <remarks>
/// One trainer per thread; it may share its work with a <see cref="WorkerPool"/>. The same seeds, data and options give the same bits with any number of threads.
/// <see cref="Dispose"/> returns the buffers to a pool; spans obtained from the trainer are invalid afterwards.
/// </remarks>
public sealed unsafe partial class Trainer : IDisposable
{
    private readonly Network _network;
    private readonly LossKind _loss;
    private readonly OptimizerKind _optimizer;
    private readonly TrainerOptions _options;
    private readonly WorkerPool? _workers;
    private readonly GemmScratch _scratch = new();
    private readonly Layer[] _blocks;
    private readonly LayerPass[] _plan;

    private readonly Workspace _workspace = new();
    private readonly int _inputs;
    private readonly int _outputs;
    private readonly int _outputGradient;
    private readonly float* _rowLosses;
    private readonly int _inputGradient;

    private readonly TrainingArrays _arrays;

    /// <summary>What the backward pass of a Step updates at once; see <see cref="KeepGradients"/>.</summary>
    private readonly WeightUpdate _update;

    /// <summary>The parameters that wait for the end of a Step, as (first, count).</summary>
    private (int First, int Count)[] _waiting;

    private readonly (int First, int Count)[] _all;

    /// <summary>Whether <see cref="_arrays"/> holds what <see cref="Gradients"/> shows. Until then its values are left from the last step and mean nothing.</summary>
    private bool _keepsGradients;

    /// <summary>Whether some layer draws random numbers.</summary>
    private readonly bool _draws;

    /// <summary>First layer that must receive a gradient.</summary>
    private readonly int _firstTrained;

    private readonly int _minimumRows;

    private ulong _seed;
    private double _learningRate;
    private long _updates;
    private ulong _forwards;
    private int _forwardRows;
    private int _inputGradientRows;
    private Predictor? _evaluator;
    private bool _disposed;

    /// <summary>Makes the buffers and the plan.</summary>
    /// <param name="network">Its parameters are trained in place.</param>
    /// <param name="loss">What is minimised.</param>
    /// <param name="optimizer">How.</param>
    /// <param name="options">Batch size, threads, seed; null: the defaults.</param>
    /// <exception cref="ArgumentException">A network that ends in Softmax with <see cref="Loss.SoftmaxCrossEntropy"/>, which takes logits.</exception>
    /// <exception cref="ArgumentOutOfRangeException">MaxBatchSize is below 1, or the buffers would be too large.</exception>
    public Trainer(Network network, Loss loss, Optimizer optimizer, TrainerOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(network);
        _options = options ?? new TrainerOptions();
        int rows = _options.MaxBatchSize;
        ArgumentOutOfRangeException.ThrowIfLessThan(rows, 1, $"{nameof(options)}.{nameof(TrainerOptions.MaxBatchSize)}");
        if (loss.Kind.Id == LossId.SoftmaxCrossEntropy && network.Blocks[^1] is Dense { Activation.Id: ActivationId.Softmax })
            throw new ArgumentException("SoftmaxCrossEntropy takes logits, and this network ends in Softmax: make its last layer Identity.", nameof(loss));

        FloatEnvironment.Observe();
        _network = network;
        _loss = loss.Kind;
        _optimizer = optimizer.Kind;
        _learningRate = _optimizer.LearningRate;
        _seed = _options.Seed;
        _workers = _options.Workers;
        Layer[] blocks = _blocks = network.Blocks;
        _minimumRows = network.MinimumTrainingRows;
        if (rows < _minimumRows)
            throw new ArgumentException($"MaxBatchSize is {rows}; BatchNorm trains on at least {_minimumRows} examples.", nameof(options));
        _firstTrained = _options.InputGradient ? 0 : Math.Max(0, Array.FindIndex(blocks, block => block.ParameterCount > 0));

        _inputs = _workspace.Reserve((long)rows * network.InputSize);
        int[] outputs = new int[blocks.Length], saved = new int[blocks.Length], deltas = new int[2];
        int widest = network.OutputSize, scratch = 0;
        for (int i = 0; i < blocks.Length; i++)
        {
            outputs[i] = _workspace.Reserve((long)rows * blocks[i].OutputSize);
            saved[i] = _workspace.Reserve((long)rows * blocks[i].SavedPerRow);
            widest = Math.Max(widest, blocks[i].OutputSize);
        }

        for (int i = 0; i < deltas.Length; i++)
            deltas[i] = _workspace.Reserve((long)rows * widest);
        int rowLosses = _workspace.Reserve(checked(2 * rows));
        _inputGradient = _workspace.Reserve(_options.InputGradient ? (long)rows * network.InputSize : 0);
        long floats = TrainingArrays.Floats(network.ParameterCount, OptimizerTable.StateCount(_optimizer));
        if (floats > AlignedBuffer.MaximumLength)
            throw new ArgumentOutOfRangeException(nameof(network), $"The gradients and the optimizer's state would be {floats} values; at most {AlignedBuffer.MaximumLength} can be addressed.");

        _workspace.Allocate();
        _rowLosses = _workspace.At(rowLosses);
        _outputs = outputs[^1];
        _outputGradient = deltas[0];
        StepWarmUp? warmUp = StepWarmUp.Begin(blocks, _loss, _optimizer, rows, network.ParameterCount, _workspace, _workspace.At(_outputs), _workspace.At(_outputGradient), _rowLosses);
        foreach (Layer block in blocks)
            scratch = Math.Max(scratch, block.ScratchFloats(rows, training: true));
        _scratch.Reserve(scratch, _workers?.Threads ?? 1);
        _arrays = new TrainingArrays(network.ParameterPointer, network.ParameterCount, OptimizerTable.StateCount(_optimizer));
        _update = new WeightUpdate(_optimizer);
        _draws = Array.Exists(blocks, block => block is Dropout);
        _plan = MakePlan(outputs, saved, deltas);
        LayerPass.Prepare(_blocks, _plan, rows);
        _all = [(0, network.ParameterCount)];
        _waiting = Waiting();
        if (warmUp is not null)
        {
            warmUp.Run(_firstTrained, _plan, _waiting, scratch, _workspace.At(_inputs));
            _workspace.Clear();
        }
    }

    /// <summary>The flat gradients, laid out as <see cref="Network.Parameters"/>. Backward adds to them; an update clears them.</summary>
    /// <remarks>Until this is read, or <see cref="Backward(ReadOnlySpan{float})"/> called, a Step need not keep them: it overwrites them instead of adding, and updates large matrices while it computes their gradients, with the same bits.</remarks>
    /// <exception cref="ObjectDisposedException">The trainer was disposed.</exception>
    public Span<float> Gradients
    {
        get
        {
            CheckAlive();
            KeepGradients();
            return _arrays.GradientSpan;
        }
    }

    /// <summary>dLoss/dInputs of the last Backward or Step, rows x InputSize.</summary>
    /// <exception cref="InvalidOperationException">TrainerOptions.InputGradient is false, or there was no backward pass yet.</exception>
    /// <exception cref="ObjectDisposedException">The trainer was disposed.</exception>
    public ReadOnlySpan<float> InputGradient
    {
        get
        {
            CheckAlive();
            if (!_options.InputGradient)
                throw new InvalidOperationException("InputGradient is computed only if TrainerOptions.InputGradient is true.");
            if (_inputGradientRows == 0)
                throw new InvalidOperationException("InputGradient needs a Backward or Step before it.");
            return _workspace.Span(_inputGradient, _inputGradientRows * _network.InputSize);
        }
    }

    /// <summary>Updates made so far, those before the checkpoint that was loaded included.</summary>
    public long Steps => _updates;

    /// <summary>Rate of the next update; starts as the optimizer's.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Negative, NaN or infinite.</exception>
    public double LearningRate
    {
        get => _learningRate;
        set => _learningRate = HyperParameter.NonNegative(value, nameof(LearningRate));
    }

    /// <summary>One step of training by class labels: forward, loss, backward, update.</summary>
    /// <param name="inputs">rows x InputSize, 1 to MaxBatchSize rows.</param>
    /// <param name="labels">rows; each from 0 to OutputSize - 1.</param>
    /// <returns>The mean loss before the update.</returns>
    /// <remarks>Adds to what <see cref="Gradients"/> holds, updates the parameters, clears the gradients.</remarks>
    /// <exception cref="ArgumentException">Sizes do not fit, or the loss takes targets.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A label is outside the classes.</exception>
    /// <exception cref="ObjectDisposedException">The trainer or its worker pool was disposed.</exception>
    public float Step(ReadOnlySpan<float> inputs, ReadOnlySpan<int> labels)
    {
        CheckAlive();
        int rows = RowsOf(inputs);
        CheckLabels(labels, rows);
        fixed (float* x = inputs)
        fixed (int* expected = labels)
            return RunStep(x, rows, null, expected);
    }

    /// <summary>One step of training by targets: forward, loss, backward, update.</summary>
    /// <param name="inputs">rows x InputSize, 1 to MaxBatchSize rows.</param>
    /// <param name="targets">rows x OutputSize; for SoftmaxCrossEntropy class probabilities.</param>
    /// <returns>The mean loss before the update.</returns>
    /// <remarks>Adds to what <see cref="Gradients"/> holds, updates the parameters, clears the gradients.</remarks>
    /// <exception cref="ArgumentException">Sizes do not fit.</exception>
    /// <exception cref="ObjectDisposedException">The trainer or its worker pool was disposed.</exception>
    public float Step(ReadOnlySpan<float> inputs, ReadOnlySpan<float> targets)
    {
        CheckAlive();
        int rows = RowsOf(inputs);
        CheckOutputs(targets.Length, rows, nameof(targets));
        fixed (float* x = inputs)
        fixed (float* expected = targets)
            return RunStep(x, rows, expected, null);
    }

    /// <summary>A Step by labels without its update: adds to <see cref="Gradients"/>.</summary>
    internal void AddGradients(ReadOnlySpan<float> inputs, ReadOnlySpan<int> labels)
    {
        CheckAlive();
        KeepGradients();
        int rows = RowsOf(inputs);
        CheckLabels(labels, rows);
        fixed (float* x = inputs)
        fixed (int* expected = labels)
            RunGradients(x, rows, null, expected);
    }

    /// <summary>A Step by targets without its update: adds to <see cref="Gradients"/>.</summary>
    internal void AddGradients(ReadOnlySpan<float> inputs, ReadOnlySpan<float> targets)
    {
        CheckAlive();
        KeepGradients();
        int rows = RowsOf(inputs);
        CheckOutputs(targets.Length, rows, nameof(targets));
        fixed (float* x = inputs)
        fixed (float* expected = targets)
            RunGradients(x, rows, expected, null);
    }

    /// <summary>First of three parts: the outputs in training mode (the next dropout mask).</summary>
    /// <param name="inputs">rows x InputSize, 1 to MaxBatchSize rows; copied.</param>
    /// <returns>rows x OutputSize, valid until the next call.</returns>
    /// <exception cref="ArgumentException">Sizes do not fit.</exception>
    /// <exception cref="ObjectDisposedException">The trainer or its worker pool was disposed.</exception>
    public ReadOnlySpan<float> Forward(ReadOnlySpan<float> inputs)
    {
        CheckAlive();
        int rows = RowsOf(inputs);
        float* copy = _workspace.At(_inputs);
        inputs.CopyTo(new Span<float>(copy, inputs.Length));
        RunForward(copy, rows);
        _forwardRows = rows;
        return Outputs(rows);
    }

    /// <summary>Second of three parts: adds to <see cref="Gradients"/>. May be called again for the same Forward: it adds again.</summary>
    /// <param name="outputGradient">dLoss/dOutputs of the last Forward, rows x OutputSize.</param>
    /// <exception cref="InvalidOperationException">No Forward since construction, Step, Update or Evaluate.</exception>
    /// <exception cref="ArgumentException">Sizes do not fit.</exception>
    /// <exception cref="ObjectDisposedException">The trainer or its worker pool was disposed.</exception>
    public void Backward(ReadOnlySpan<float> outputGradient)
    {
        CheckAlive();
        if (_forwardRows == 0)
            throw new InvalidOperationException("Backward needs a Forward before it; Step and Update end the last one.");
        CheckOutputs(outputGradient.Length, _forwardRows, nameof(outputGradient));
        KeepGradients();
        outputGradient.CopyTo(new Span<float>(_workspace.At(_outputGradient), outputGradient.Length));
        RunBackward(_workspace.At(_inputs), _forwardRows);
    }

    /// <summary>Last of three parts: one step of the optimizer by <see cref="Gradients"/>, then clears them.</summary>
    /// <exception cref="ObjectDisposedException">The trainer or its worker pool was disposed.</exception>
    public void Update()
    {
        CheckAlive();
        KeepGradients();
        RunUpdate(_all);
    }

    /// <summary>Returns the buffers to the pool. Calling it again does nothing.</summary>
    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        _workspace.Dispose();
        _arrays.Dispose();
        _evaluator?.Dispose();
    }

    /// <summary>The outputs that the last forward pass left.</summary>
    private ReadOnlySpan<float> Outputs(int rows) => _workspace.Span(_outputs, rows * _network.OutputSize);

    // Not inlined: into a caller's loop, whatever that is compiled to, a step of 0.24 us would become one of 0.44.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private float RunStep(float* x, int rows, float* targets, int* labels)
    {
        _update.LearningRate = _learningRate;
        _update.Step = _updates + 1;
        _workers?.BeginStep();
        try
        {
            RunGradients(x, rows, targets, labels);
            RunUpdate(_waiting);
            return LossTable.Mean(_loss, labels is not null, _rowLosses, rows, _network.OutputSize);
        }
        finally
        {
            _workers?.EndStep();
        }
    }

    private void RunGradients(float* x, int rows, float* targets, int* labels)
    {
        RunForward(x, rows);
        ref LayerPass last = ref _plan[^1];
        LossTable.Rows(_loss, last.Output, targets, labels, last.OutputGradient, _rowLosses, null, rows, _network.OutputSize);
        RunBackward(x, rows);
    }

    private void RunForward(float* x, int rows)
    {
        ulong key = _draws ? CounterRandom.Derive(_seed, _forwards) : 0;
        _forwards++;
        if (_plan[0].Rows != rows)
            LayerPass.Prepare(_blocks, _plan, rows);
        _plan[0].SetInput(x);
        for (int i = 0; i < _plan.Length; i++)
        {
            if (_draws)
                _plan[i].Key = CounterRandom.Derive(key, (ulong)i);
            _blocks[i].Forward(in _plan[i]);
        }

        GC.KeepAlive(this);
    }

    private void RunBackward(float* x, int rows)
    {
        _plan[0].SetInput(x);
        for (int i = _plan.Length - 1; i >= _firstTrained; i--)
            _blocks[i].Backward(in _plan[i]);
        _inputGradientRows = rows;
        GC.KeepAlive(this);
    }

    private void RunUpdate(ReadOnlySpan<(int First, int Count)> ranges)
    {
        _forwardRows = 0;
        _updates++;
        foreach ((int first, int count) in ranges)
        {
            OptimizerTable.Step(_optimizer, _learningRate, _updates, _network.ParameterPointer + first, _arrays.Gradients + first, _arrays.States + first,
                _arrays.StateLength, count, clear: _keepsGradients, _workers);
        }

        // By the number of the update, so that a resumed training does it at the same steps.
        if (_updates % Denormals.UpdatesBetween == 0)
            Denormals.Clear(_arrays.States, _arrays.StateFloats, _workers);
        GC.KeepAlive(this);
    }

    private void CheckAlive()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (_workers is not null)
            ObjectDisposedException.ThrowIf(_workers.IsDisposed, _workers);
    }

    private int RowsOf(ReadOnlySpan<float> inputs)
    {
        int rows = _network.RowsOf(inputs.Length, _options.MaxBatchSize, nameof(inputs));
        if (rows < _minimumRows)
            throw new ArgumentException($"inputs holds {rows} example; BatchNorm trains on at least {_minimumRows}.", nameof(inputs));
        return rows;
    }

    private void CheckOutputs(int length, int rows, string parameter)
    {
        if (length != (long)rows * _network.OutputSize)
            throw new ArgumentException($"{parameter} holds {length} floats; {rows} examples with {_network.OutputSize} outputs need {(long)rows * _network.OutputSize}.", parameter);
    }

    private void CheckLabels(ReadOnlySpan<int> labels, int rows)
    {
        if (!LossTable.TakesLabels(_loss))
            ThrowTakesTargets();
        if (labels.Length != rows)
            throw new ArgumentException($"labels holds {labels.Length} labels for {rows} examples.", nameof(labels));
        int classes = _network.OutputSize;
        for (int i = 0; i < labels.Length; i++)
        {
            if ((uint)labels[i] >= (uint)classes)
                throw new ArgumentOutOfRangeException(nameof(labels), labels[i], $"labels[{i}] is {labels[i]}; the network has {classes} classes, 0 to {classes - 1}.");
        }
    }

    [DoesNotReturn]
    private void ThrowTakesTargets() =>
        throw new ArgumentException($"{new Loss(_loss)} takes targets, not labels: write Step(inputs, targets: ...) with floats, rows x OutputSize.", "labels");
}
