namespace Backprop.Simd.Cli;

/// <summary>One epoch: the training images as the steps saw them (dropout on, before each update), then the held-out images.</summary>
/// <param name="Epoch">Starts at 1.</param>
/// <param name="Loss">Mean over the training images.</param>
/// <param name="Accuracy">Share of the training images, 0 to 1.</param>
/// <param name="HeldOutLoss">Mean over the held-out images; NaN for an epoch before the training was resumed.</param>
/// <param name="HeldOutAccuracy">Share of the held-out images, 0 to 1; NaN likewise.</param>
/// <param name="Examples">Training images of the epoch, shifted copies included.</param>
/// <param name="Duration">Time of the training steps.</param>
internal sealed record EpochReport(int Epoch, float Loss, float Accuracy, float HeldOutLoss, float HeldOutAccuracy, int Examples, TimeSpan Duration)
{
    public double ExamplesPerSecond => Examples / Duration.TotalSeconds;
}
