using Backprop.Simd.Internal.Data;
using Backprop.Simd.Internal.IO;
using Backprop.Simd.Internal.Losses;
using Backprop.Simd.Internal.Simd;

namespace Backprop.Simd;

public sealed unsafe partial class Trainer
{
    /// <summary>Trains for a number of epochs: shuffles, steps, validates, reports.</summary>
    /// <param name="dataset">Examples, in memory or streamed; the last batch of an epoch may be smaller.</param>
    /// <param name="options">Epochs, batch size, validation and so on; null: the defaults.</param>
    /// <param name="cancellationToken">Looked at before each step, and while waiting for examples.</param>
    /// <returns>One row per finished epoch, and why it ended.</returns>
    /// <remarks>
    /// The best epoch has the lowest validation loss, or training loss if there is no validation; the first one of equals.
    /// A loss that is not finite ends the training with the best parameters restored (those before Fit if no epoch was finished).
    /// <see cref="LearningRate"/> is the schedule's base and is the same again afterwards.
    /// </remarks>
    /// <exception cref="ArgumentException">Data and network do not fit, or the batch size exceeds MaxBatchSize.</exception>
    /// <exception cref="FileNotFoundException">There is no file <see cref="FitOptions.ResumeFrom"/>.</exception>
    /// <exception cref="InvalidDataException">It is damaged, no checkpoint of Fit, or one of another network, loss, optimizer, number of examples, batch size, seed or schedule; the message names both. Nothing has changed.</exception>
    /// <exception cref="IOException">A checkpoint cannot be written; the last good one is still there, and the parameters are those of the last finished step.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; the parameters are those of the last finished step, or the best ones if RestoreBest.</exception>
    /// <exception cref="IOException">An example of a <see cref="StreamedDataset"/> cannot be read, or whatever else its reader throws; the parameters are those of the last finished step.</exception>
    /// <exception cref="ObjectDisposedException">The trainer or its worker pool was disposed.</exception>
    public TrainingHistory Fit(Dataset dataset, FitOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= new FitOptions();
        CheckAlive();
        CheckFit(dataset, options);
        FitCheckpoints? checkpoints = options.Checkpoint is { } where ? new FitCheckpoints(where, AddState) : null;
        FitState state = options.ResumeFrom is { } file ? Resume(file, dataset, options) : new FitState(_network, _learningRate);
        try
        {
            return RunFit(dataset, options, state, checkpoints, cancellationToken);
        }
        finally
        {
            _learningRate = state.BaseRate;
        }
    }

    /// <summary>Mean loss and accuracy over a data set in inference mode (no dropout); nothing is trained.</summary>
    /// <param name="dataset">Examples.</param>
    /// <exception cref="ArgumentException">Data and network do not fit.</exception>
    /// <exception cref="ObjectDisposedException">The trainer or its worker pool was disposed.</exception>
    public Evaluation Evaluate(Dataset dataset) => RunEvaluate(dataset, CancellationToken.None);

    private Evaluation RunEvaluate(Dataset dataset, CancellationToken cancellationToken)
    {
        CheckAlive();
        CheckData(dataset, nameof(dataset));
        _forwardRows = 0;
        _evaluator ??= new Predictor(_network, _options.MaxBatchSize, _workers);
        int correct = 0;
        double lossSum = 0;
        if (dataset is StreamedDataset streamed)
        {
            using BatchReader batches = streamed.OpenBatches(_options.MaxBatchSize, cancellationToken);
            for (int start = 0; start < dataset.Count; start += _options.MaxBatchSize)
            {
                Batch batch = batches.Read(streamed.NaturalOrder, start);
                lossSum += EvaluateRows(batch.Inputs, batch.Labels, batch.Targets, ref correct);
            }
        }
        else
        {
            int inputSize = dataset.InputSize, size = dataset.TargetSize;
            for (int start = 0; start < dataset.Count; start += _options.MaxBatchSize)
            {
                int rows = Math.Min(_options.MaxBatchSize, dataset.Count - start);
                lossSum += EvaluateRows(dataset.Inputs.Slice(start * inputSize, rows * inputSize), dataset.Labels.IsEmpty ? [] : dataset.Labels.Slice(start, rows),
                    dataset.Targets.IsEmpty ? [] : dataset.Targets.Slice(start * size, rows * size), ref correct);
            }
        }

        return new Evaluation((float)(lossSum / dataset.Count), dataset.Labels.IsEmpty ? float.NaN : (float)((double)correct / dataset.Count));
    }

    /// <summary>Sum of the rows' losses.</summary>
    private double EvaluateRows(ReadOnlySpan<float> inputs, ReadOnlySpan<int> labels, ReadOnlySpan<float> targets, ref int correct)
    {
        ReadOnlySpan<float> outputs = _evaluator!.Predict(inputs);
        int size = _network.OutputSize, rows = outputs.Length / size;
        correct += CountCorrect(outputs, labels);
        fixed (float* y = outputs)
        fixed (float* t = targets)
        fixed (int* l = labels)
        {
            float mean = LossTable.Run(_loss, y, labels.IsEmpty ? t : null, labels.IsEmpty ? null : l, null, _rowLosses, _workspace.At(_outputGradient), rows, size);
            return (double)mean * rows;
        }
    }

    private TrainingHistory RunFit(Dataset dataset, FitOptions options, FitState state, FitCheckpoints? checkpoints, CancellationToken cancellationToken)
    {
        using BatchReader batches = dataset.OpenBatches(options.BatchSize, cancellationToken);
        int[] order = new int[dataset.Count];
        int stepsPerEpoch = ((dataset.Count - 1) / options.BatchSize) + 1;
        try
        {
            while (state.Epochs.Count < options.Epochs && !IsPatienceOver(state, options))
            {
                int epoch = state.Epochs.Count;
                long firstStep = (long)epoch * stepsPerEpoch;
                Shuffle(order, CounterRandom.Derive(options.Seed, (ulong)epoch));
                while (state.Step < stepsPerEpoch)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    _learningRate = options.Schedule.Rate(state.BaseRate, firstStep + state.Step, stepsPerEpoch);
                    Batch batch = batches.Read(order, state.Step * options.BatchSize);
                    float loss = batch.HasLabels ? Step(batch.Inputs, batch.Labels) : Step(batch.Inputs, batch.Targets);
                    if (!float.IsFinite(loss))
                        return EndNotFinite(state);
                    state.LossSum += (double)loss * batch.Rows;
                    state.Correct += CountCorrect(Outputs(batch.Rows), batch.Labels);
                    state.Step++;

                    // After the last step of an epoch its results are to be in the file too.
                    if (checkpoints is not null && state.Step < stepsPerEpoch && checkpoints.IsDue(firstStep + state.Step))
                        checkpoints.Write(state, dataset, options);
                }

                Evaluation? validation = options.Validation is { } held ? RunEvaluate(held, cancellationToken) : null;
                var result = new EpochResult
                {
                    Epoch = epoch + 1,
                    TrainLoss = (float)(state.LossSum / dataset.Count),
                    TrainAccuracy = dataset.Labels.IsEmpty ? float.NaN : (float)((double)state.Correct / dataset.Count),
                    ValidationLoss = validation?.Loss ?? float.NaN,
                    ValidationAccuracy = validation?.Accuracy ?? float.NaN,
                    LearningRate = _learningRate,
                    Duration = state.Elapsed,
                };
                float judged = validation?.Loss ?? result.TrainLoss;
                if (!float.IsFinite(judged))
                    return EndNotFinite(state);
                state.Add(result, judged);
                options.Progress?.Report(result);
                if (checkpoints is not null && checkpoints.IsDue(firstStep + stepsPerEpoch))
                    checkpoints.Write(state, dataset, options);
            }
        }
        catch (OperationCanceledException)
        {
            checkpoints?.Write(state, dataset, options);
            if (options.RestoreBest && state.BestEpoch > 0)
                state.RestoreBest();
            throw;
        }

        checkpoints?.Write(state, dataset, options);
        if (options.RestoreBest)
            state.RestoreBest();
        return new TrainingHistory(state.Epochs, IsPatienceOver(state, options) ? StopReason.EarlyStopping : StopReason.Completed, state.BestEpoch);
    }

    /// <summary>Reads a checkpoint; nothing changes unless all of it is good.</summary>
    private FitState Resume(string path, Dataset dataset, FitOptions options)
    {
        using var reader = new SafetensorsReader(path);
        SavedState saved = ReadState(reader);
        FitState state = FitFile.Read(reader, _network, dataset, options);
        Apply(saved);
        return state;
    }

    private static bool IsPatienceOver(FitState state, FitOptions options) =>
        options.EarlyStopping is { } stopping && state.Epochs.Count - state.BestEpoch >= stopping.Patience;

    private static TrainingHistory EndNotFinite(FitState state)
    {
        state.RestoreBest();
        return new TrainingHistory(state.Epochs, StopReason.NonFiniteLoss, state.BestEpoch);
    }

    /// <summary>Fisher-Yates on 0, 1, 2, ...: the swap partner of i is Below(i, i + 1), so an order is a function of seed and epoch.</summary>
    private static void Shuffle(int[] order, ulong key)
    {
        for (int i = 0; i < order.Length; i++)
            order[i] = i;
        Dataset.Shuffle(order, key);
    }

    private int CountCorrect(ReadOnlySpan<float> outputs, ReadOnlySpan<int> labels)
    {
        int correct = 0, size = _network.OutputSize;
        for (int i = 0; i < labels.Length; i++)
        {
            if (Predictor.IndexOfLargest(outputs.Slice(i * size, size)) == labels[i])
                correct++;
        }

        return correct;
    }

    private void CheckFit(Dataset dataset, FitOptions options)
    {
        CheckData(dataset, nameof(dataset));
        if (options.Validation is { } validation)
            CheckData(validation, $"{nameof(options)}.{nameof(FitOptions.Validation)}");
        ArgumentOutOfRangeException.ThrowIfNegative(options.Epochs, $"{nameof(options)}.{nameof(FitOptions.Epochs)}");
        ArgumentOutOfRangeException.ThrowIfLessThan(options.BatchSize, 1, $"{nameof(options)}.{nameof(FitOptions.BatchSize)}");
        if (options.BatchSize > _options.MaxBatchSize)
            throw new ArgumentException($"BatchSize is {options.BatchSize}; this trainer's MaxBatchSize is {_options.MaxBatchSize}.", nameof(options));
        int last = ((dataset.Count - 1) % options.BatchSize) + 1;
        if (Math.Min(last, options.BatchSize) < _minimumRows)
            throw new ArgumentException($"The last batch of {dataset.Count} examples in batches of {options.BatchSize} has {last}; BatchNorm trains on at least {_minimumRows}: choose another BatchSize.", nameof(options));
    }

    private void CheckData(Dataset dataset, string parameter)
    {
        ArgumentNullException.ThrowIfNull(dataset, parameter);
        if (dataset.InputSize != _network.InputSize)
            throw new ArgumentException($"{parameter} has {dataset.InputSize} inputs per example; the network has {_network.InputSize}.", parameter);
        if (dataset.TargetSize != _network.OutputSize)
            throw new ArgumentException($"{parameter} has {dataset.TargetSize} classes or targets per example; the network has {_network.OutputSize} outputs.", parameter);
        if (dataset.Count == 0)
            throw new ArgumentException($"{parameter} has 0 examples; at least 1 is needed.", parameter);
        if (!dataset.Labels.IsEmpty && !LossTable.TakesLabels(_loss))
            throw new ArgumentException($"{parameter} has labels, and {new Loss(_loss)} takes targets: make the Dataset from float targets.", parameter);
    }
}
