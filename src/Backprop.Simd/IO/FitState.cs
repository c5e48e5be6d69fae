using System.Diagnostics;

namespace Backprop.Simd.Internal.IO;

/// <summary>How far <see cref="Trainer.Fit"/> has come, beside the trainer's own state: all of it is in a checkpoint.</summary>
internal sealed class FitState(Network network, double baseRate)
{
    private readonly Network _network = network;
    private long _clock = Stopwatch.GetTimestamp();

    /// <summary>What the schedule starts from.</summary>
    public double BaseRate { get; } = baseRate;

    /// <summary>The finished epochs.</summary>
    public List<EpochResult> Epochs { get; } = [];

    /// <summary>Steps of the present epoch.</summary>
    public int Step { get; set; }

    /// <summary>Sum over the examples of these steps.</summary>
    public double LossSum { get; set; }

    /// <summary>How many of them were classified right.</summary>
    public int Correct { get; set; }

    /// <summary>Time in the present epoch, an interruption not counted.</summary>
    public TimeSpan Elapsed
    {
        get => Stopwatch.GetElapsedTime(_clock);
        set => _clock = Stopwatch.GetTimestamp() - (long)(value.TotalSeconds * Stopwatch.Frequency);
    }

    /// <summary>The network at the lowest loss so far; at first as it was before the training.</summary>
    public Network Best { get; } = CopyOf(network);

    /// <summary>0 before any epoch was finished.</summary>
    public int BestEpoch { get; set; }

    /// <summary>Of the best epoch.</summary>
    public float BestLoss { get; set; } = float.PositiveInfinity;

    /// <summary>Ends the present epoch.</summary>
    public void Add(EpochResult result, float judged)
    {
        Epochs.Add(result);
        if (judged < BestLoss)
        {
            BestLoss = judged;
            BestEpoch = result.Epoch;
            _network.CopyTo(Best);
        }

        Step = 0;
        LossSum = 0;
        Correct = 0;
        Elapsed = TimeSpan.Zero;
    }

    public void RestoreBest() => Best.CopyTo(_network);

    private static Network CopyOf(Network network)
    {
        // Layers hold no numbers and can be shared.
        var copy = new Network(network.Blocks);
        network.CopyTo(copy);
        return copy;
    }
}
