namespace Backprop.Simd.Cli;

/// <summary>One training on the digits.</summary>
/// <remarks>
/// The network ends with the parameters of the epoch whose training loss was lowest. The held-out images are only watched: they decide nothing,
/// so that the accuracy on them is that on images which the network, and whoever chose the settings, never saw.
/// </remarks>
internal sealed class DigitsTraining : IDisposable
{
    private readonly TrainingSettings _settings;
    private readonly Dataset _train;
    private readonly Dataset _heldOut;
    private readonly WorkerPool? _workers;
    private readonly Trainer _trainer;
    private readonly List<EpochReport> _epochs = [];

    public DigitsTraining(TrainingSettings settings, Dataset train, Dataset heldOut)
    {
        _settings = settings;
        _train = settings.Shifts ? Shifts.Augment(train) : train;
        _heldOut = heldOut;
        Network = settings.BuildNetwork();
        _workers = settings.CreateWorkers();
        _trainer = settings.CreateTrainer(Network, _workers);
    }

    public Network Network { get; }

    public int ExamplesPerEpoch => _train.Count;

    public IReadOnlyList<EpochReport> Epochs => _epochs;

    /// <summary>The finished epoch with the lowest training loss, whose parameters the network has after <see cref="Run"/>; null before the first one.</summary>
    public EpochReport? Best => _epochs.MinBy(epoch => epoch.Loss);

    /// <summary>Trains. Cancelled, it throws and leaves the best epoch's parameters.</summary>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public StopReason Run(Action<EpochReport>? onEpoch, CancellationToken cancellationToken)
    {
        var options = new FitOptions
        {
            Epochs = _settings.Epochs,
            BatchSize = _settings.BatchSize,
            Seed = _settings.Seed,
            Schedule = LearningRateSchedule.Cosine(_settings.Epochs),
            RestoreBest = true,
            Progress = new Watcher(this, onEpoch),
        };
        return _trainer.Fit(_train, options, cancellationToken).StopReason;
    }

    public Evaluation EvaluateHeldOut() => _trainer.Evaluate(_heldOut);

    public void Dispose()
    {
        _trainer.Dispose();
        _workers?.Dispose();
    }

    /// <summary>Called between two epochs, on the training thread.</summary>
    private sealed class Watcher(DigitsTraining training, Action<EpochReport>? onEpoch) : IProgress<EpochResult>
    {
        public void Report(EpochResult value)
        {
            Evaluation heldOut = training.EvaluateHeldOut();
            var report = new EpochReport(value.Epoch, value.TrainLoss, value.TrainAccuracy, heldOut.Loss, heldOut.Accuracy, training.ExamplesPerEpoch, value.Duration);
            training._epochs.Add(report);
            onEpoch?.Invoke(report);
        }
    }
}
