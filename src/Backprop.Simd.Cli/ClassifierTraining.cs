namespace Backprop.Simd.Cli;

/// <summary>One training of a classifier.</summary>
/// <remarks>
/// The network ends with the parameters of the epoch whose training loss was lowest. The held-out examples are only watched: they decide nothing,
/// so that the accuracy on them is that on examples which the network, and whoever chose the settings, never saw.
/// </remarks>
internal sealed class ClassifierTraining : IDisposable
{
    private readonly Dataset _train;
    private readonly Dataset _heldOut;
    private readonly InputScaler? _scaling;
    private readonly WorkerPool? _workers;
    private readonly Trainer _trainer;
    private readonly List<EpochReport> _epochs = [];
    private FitOptions _options;

    /// <param name="settings">How.</param>
    /// <param name="train">Scaled.</param>
    /// <param name="heldOut">Scaled alike.</param>
    /// <param name="scaling">What the network is to do itself after the training; null: nothing.</param>
    public ClassifierTraining(TrainingSettings settings, Dataset train, Dataset heldOut, InputScaler? scaling = null)
    {
        _train = settings.Shifts ? Shifts.Augment(train) : train;
        _heldOut = heldOut;
        _scaling = scaling;
        Network = settings.BuildNetwork();
        _workers = settings.CreateWorkers();
        _trainer = settings.CreateTrainer(Network, _workers);
        _options = new FitOptions
        {
            Epochs = settings.Epochs,
            BatchSize = settings.BatchSize,
            Seed = settings.Seed,
            Schedule = settings.Schedule.Create(settings),
            RestoreBest = true,
        };
    }

    public Network Network { get; }

    public int ExamplesPerEpoch => _train.Count;

    public IReadOnlyList<EpochReport> Epochs => _epochs;

    /// <summary>The finished epoch with the lowest training loss, whose parameters the network has after <see cref="Run"/>; null before the first one.</summary>
    public EpochReport? Best => _epochs.MinBy(epoch => epoch.Loss);

    /// <summary>Has <see cref="Run"/> write a checkpoint after every so many epochs, and at its end.</summary>
    /// <remarks>The best epoch's network is in it, and in no file of its own: that would take scaled inputs, unlike the model.</remarks>
    public void WriteCheckpoints(string path, int everyEpochs)
    {
        long stepsPerEpoch = ((_train.Count - 1) / _options.BatchSize) + 1;
        _options = _options with { Checkpoint = new CheckpointOptions(path, (int)Math.Min(everyEpochs * stepsPerEpoch, int.MaxValue)) { KeepBest = false } };
    }

    /// <summary>Has <see cref="Run"/> go on where the checkpoint ends, whose epochs are in <see cref="Epochs"/> from now on, without figures of the held-out examples.</summary>
    /// <exception cref="UserErrorException">The file is missing or damaged, or of another training.</exception>
    public void ResumeFrom(string path)
    {
        _options = _options with { ResumeFrom = path };

        // No epoch more: only what is in the file.
        IReadOnlyList<EpochResult> finished = ModelFiles.Open(path, _ => _trainer.Fit(_train, _options with { Epochs = 0, Checkpoint = null })).Epochs;
        if (finished.Count > _options.Epochs)
            throw new UserErrorException($"--resume: {path} has {finished.Count} finished epochs; --epochs {_options.Epochs} is fewer.");
        foreach (EpochResult epoch in finished)
            _epochs.Add(ReportOf(epoch, new Evaluation(float.NaN, float.NaN)));
    }

    /// <summary>Trains. Cancelled, it throws and leaves the best epoch's parameters.</summary>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public StopReason Run(Action<EpochReport>? onEpoch, CancellationToken cancellationToken)
    {
        try
        {
            return _trainer.Fit(_train, _options with { Progress = new Watcher(this, onEpoch) }, cancellationToken).StopReason;
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

    private EpochReport ReportOf(EpochResult epoch, Evaluation heldOut) =>
        new(epoch.Epoch, epoch.TrainLoss, epoch.TrainAccuracy, heldOut.Loss, heldOut.Accuracy, ExamplesPerEpoch, epoch.Duration);

    /// <summary>Called between two epochs, on the training thread.</summary>
    private sealed class Watcher(ClassifierTraining training, Action<EpochReport>? onEpoch) : IProgress<EpochResult>
    {
        public void Report(EpochResult value)
        {
            EpochReport report = training.ReportOf(value, training.EvaluateHeldOut());
            training._epochs.Add(report);
            onEpoch?.Invoke(report);
        }
    }
}
