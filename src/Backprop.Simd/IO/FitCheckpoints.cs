namespace Backprop.Simd.Internal.IO;

/// <summary>The files that <see cref="CheckpointOptions"/> describes.</summary>
internal sealed class FitCheckpoints
{
    private readonly CheckpointOptions _options;
    private readonly Action<SafetensorsWriter> _addTrainer;
    private int _bestWritten;

    /// <param name="options">Where, and how many.</param>
    /// <param name="addTrainer">Adds everything but the state of Fit.</param>
    /// <exception cref="DirectoryNotFoundException">The folder is missing: better said now than after the first steps.</exception>
    public FitCheckpoints(CheckpointOptions options, Action<SafetensorsWriter> addTrainer)
    {
        string folder = Path.GetDirectoryName(Path.GetFullPath(options.Path))!;
        if (!Directory.Exists(folder))
            throw new DirectoryNotFoundException($"There is no folder '{folder}' for the checkpoint '{options.Path}'.");
        _options = options;
        _addTrainer = addTrainer;
        AtomicFile.DeleteLeftovers(options.Path);
        AtomicFile.DeleteLeftovers(options.BestPath);
    }

    /// <summary>Whether one is to be written after so many steps of the training.</summary>
    public bool IsDue(long steps) => steps % _options.EverySteps == 0;

    public void Write(FitState state, Dataset dataset, FitOptions options)
    {
        if (_options.KeepBest && state.BestEpoch != _bestWritten)
        {
            var best = new SafetensorsWriter();
            NetworkFile.Add(best, state.Best);
            AtomicFile.Write(_options.BestPath, best.Write);
            _bestWritten = state.BestEpoch;
        }

        var writer = new SafetensorsWriter();
        _addTrainer(writer);
        FitFile.Add(writer, state, dataset, options);
        AtomicFile.Write(_options.Path, writer.Write, _options.KeepLast > 1 ? MakeRoom : null);
    }

    /// <summary>Every older checkpoint becomes one older.</summary>
    private string MakeRoom()
    {
        for (int age = _options.KeepLast - 2; age >= 1; age--)
        {
            if (File.Exists(_options.OlderPath(age)))
                File.Move(_options.OlderPath(age), _options.OlderPath(age + 1), overwrite: true);
        }

        return _options.OlderPath(1);
    }
}
