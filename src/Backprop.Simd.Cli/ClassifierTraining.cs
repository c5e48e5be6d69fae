namespace Backprop.Simd.Cli;

/// <summary>One training of a classifier.</summary>
/// <remarks>
/// The network ends with the parameters of the epoch whose training loss was lowest. The held-out examples are only watched: they decide nothing,
/// so that the accuracy on them is that on examples which the network, and whoever chose the settings, never saw.
/// </remarks>
internal sealed class ClassifierTraining : IDisposable
{
    private readonly TrainingSettings _settings;
    private readonly Dataset _train;
    private readonly Dataset _heldOut;
    private readonly InputScaling? _scaling;
    private readonly WorkerPool? _workers;
    private readonly Trainer _trainer;
    private readonly List<EpochReport> _epochs = [];

    /// <param name="settings">How.</param>
    /// <param name="train">Scaled.</param>
    /// <param name="heldOut">Scaled alike.</param>
    /// <param name="scaling">What the network is to do itself after the training; null: nothing.</param>
    public ClassifierTraining(TrainingSettings settings, Dataset train, Dataset heldOut, InputScaling? scaling = null)
    {
        _settings = settings;
        _train = settings.Shifts ? Shifts.Augment(train) : train;
        _heldOut = heldOut;
        _scaling = scaling;
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
            Schedule = _settings.Schedule.Create(_settings),
            RestoreBest = true,
            Progress = new Watcher(this, onEpoch),
        };
        try
        {
            return _trainer.Fit(_train, options, cancellationToken).StopReason;
        }
        finally
        {
            _scaling?.FoldInto(Network);
        }
    }

    public Evaluation EvaluateHeldOut() => _trainer.Evaluate(_heldOut);

    public void Dispose()
    {
        _trainer.Dispose();
        _workers?.Dispose();
    }

    /// <summary>Called between two epochs, on the training thread.</summary>
    private sealed class Watcher(ClassifierTraining training, Action<EpochReport>? onEpoch) : IProgress<EpochResult>
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
