using Backprop.Simd.Cli.Commands;

namespace Backprop.Simd.Cli;

/// <summary>Settings of a data set for the options that the user does not name; chosen on validation parts, see README.md beside the project file.</summary>
/// <param name="Layers">Units of the hidden layers.</param>
/// <param name="Activation">As the command line calls it.</param>
/// <param name="Dropout">After each hidden layer.</param>
/// <param name="AdamRate">Learning rate of Adam and AdamW.</param>
/// <param name="Epochs">Passes over the training part.</param>
/// <param name="Batch">Examples per step.</param>
internal sealed record TrainingDefaults(LayerSizes Layers, string Activation, double Dropout, double AdamRate, int Epochs, int Batch)
{
    public static readonly TrainingDefaults Digits = new(new LayerSizes(256, 128), "relu", 0.2, 0.002, 20, 32);

    public static readonly TrainingDefaults FashionMnist = new(new LayerSizes(512, 256), "gelu", 0.3, 0.001, 30, 128);

    /// <summary>For a table of which nothing is known but its length: fewer passes over more rows.</summary>
    public static TrainingDefaults File(int rows) => new(new LayerSizes(128, 64), "relu", 0.1, 0.002, Math.Clamp(100_000 / Math.Max(rows, 1), 10, 200), 32);
}
