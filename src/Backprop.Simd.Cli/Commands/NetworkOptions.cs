using System.CommandLine;

namespace Backprop.Simd.Cli.Commands;

/// <summary>The options that describe a training: network, optimizer, passes.</summary>
/// <remarks>The defaults were chosen on fifths held out of the training part, never on the test part: see README.md beside the project file.</remarks>
internal sealed class NetworkOptions
{
    // With optimizer state and gradients, 16 bytes each.
    private const long MaximumParameters = 50_000_000;

    private readonly Option<LayerSizes> _layers = Options.Layers("--layers", new LayerSizes(256, 128), "Units of the hidden layers.");
    private readonly Option<string> _activation = Options.Choice("--activation", Choices.Activations.Keys, "relu", "Activation of the hidden layers");
    private readonly Option<double> _dropout = Options.Share("--dropout", 0.2, "Share of a hidden layer's outputs that each step leaves out.");
    private readonly Option<string> _optimizer = Options.Choice("--optimizer", Choices.Optimizers.Keys, "adam", "Optimizer");
    private readonly Option<double?> _learningRate = Options.Positive("--learning-rate", "Learning rate at the start; it falls to 0 along a cosine. [default: 0.002 for adam; each optimizer has its own]");
    private readonly Option<int> _epochs = Options.Integer("--epochs", 1, 100_000, 20, "Passes over the training images.");
    private readonly Option<int> _batch = Options.Integer("--batch", 1, 4096, 32, "Images per step.");
    private readonly Option<bool> _noShifts = new("--no-shifts") { Description = "Train on the images as they are, without copies shifted by half a pixel." };
    private readonly Option<int> _threads = Options.Integer("--threads", 1, 256, 1, "Threads; the result does not depend on it.");

    public void AddTo(Command command)
    {
        command.Add(_layers);
        command.Add(_activation);
        command.Add(_dropout);
        command.Add(_optimizer);
        command.Add(_learningRate);
        command.Add(_epochs);
        command.Add(_batch);
        command.Add(_noShifts);
        command.Add(_threads);
    }

    public TrainingSettings Read(ParseResult result, ulong seed)
    {
        OptimizerChoice optimizer = Choices.Optimizers[result.GetRequiredValue(_optimizer)];
        LayerSizes layers = result.GetRequiredValue(_layers);
        if (TrainingSettings.ParameterCount(layers.Units) is var parameters and > MaximumParameters)
            throw new UserErrorException(FormattableString.Invariant($"--layers {layers} makes {parameters:N0} parameters; at most {MaximumParameters:N0} are allowed."));
        return new TrainingSettings
        {
            Layers = layers.Units,
            Activation = Choices.Activations[result.GetRequiredValue(_activation)],
            Dropout = result.GetValue(_dropout),
            Optimizer = optimizer.Create(result.GetValue(_learningRate) ?? optimizer.DefaultRate),
            Epochs = result.GetValue(_epochs),
            BatchSize = result.GetValue(_batch),
            Shifts = !result.GetValue(_noShifts),
            Seed = seed,
            Threads = result.GetValue(_threads),
        };
    }
}
