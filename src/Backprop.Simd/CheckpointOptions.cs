namespace Backprop.Simd;

/// <summary>Where and how often <see cref="Trainer.Fit"/> writes down how far it has come, for <see cref="FitOptions.ResumeFrom"/>.</summary>
/// <remarks>
/// The files, for the path <c>run.safetensors</c>: itself, the newest; <c>run.1.safetensors</c>, <c>run.2.safetensors</c> and so on, the ones before it, the higher the older; and
/// <c>run.best.safetensors</c>, the network of the best epoch, which <see cref="Network.Load"/> reads. Each is replaced as a whole: a process that is killed leaves the old or the new one.
/// Two trainings need two paths.
/// </remarks>
public sealed record CheckpointOptions
{
    /// <summary>Writes a checkpoint after every <paramref name="everySteps"/> steps, and one more when the training is cancelled or has finished.</summary>
    /// <param name="path">Of the newest checkpoint.</param>
    /// <param name="everySteps">Steps from one to the next, counted from the first step of the training; at least 1.</param>
    /// <param name="keepLast">How many checkpoints are kept, the newest included; at least 1.</param>
    /// <exception cref="ArgumentException"><paramref name="path"/> is empty.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="everySteps"/> or <paramref name="keepLast"/> is below 1.</exception>
    public CheckpointOptions(string path, int everySteps, int keepLast = 1)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentOutOfRangeException.ThrowIfLessThan(everySteps, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(keepLast, 1);
        Path = path;
        EverySteps = everySteps;
        KeepLast = keepLast;
    }

    /// <summary>Of the newest checkpoint.</summary>
    public string Path { get; }

    /// <summary>Steps from one checkpoint to the next.</summary>
    public int EverySteps { get; }

    /// <summary>Checkpoints that are kept, the newest included.</summary>
    public int KeepLast { get; }

    /// <summary>Whether the network of the best epoch is kept in a file of its own. Default: true.</summary>
    public bool KeepBest { get; init; } = true;

    /// <summary>The file of the best epoch's network.</summary>
    public string BestPath => WithInfix("best");

    /// <summary>The file of the checkpoint that is <paramref name="age"/> checkpoints older than the newest.</summary>
    internal string OlderPath(int age) => WithInfix(age.ToString(System.Globalization.CultureInfo.InvariantCulture));

    private string WithInfix(string text) => System.IO.Path.ChangeExtension(Path, text + System.IO.Path.GetExtension(Path));
}
