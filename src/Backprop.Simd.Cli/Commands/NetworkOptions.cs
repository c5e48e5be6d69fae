using System.CommandLine;

namespace Backprop.Simd.Cli.Commands;

/// <summary>The options that describe a training: network, optimizer, passes.</summary>
/// <remarks>The defaults that the help shows are the digits'; other data have their own, see <see cref="TrainingDefaults"/>.</remarks>
internal sealed class NetworkOptions
{
    // With optimizer state and gradients, 16 bytes each.
    private const long MaximumParameters = 50_000_000;

    private readonly Option<LayerSizes> _layers = Options.Layers("--layers", TrainingDefaults.Digits.Layers, "Units of the hidden layers.");
    private readonly Option<string> _activation = Options.Choice("--activation", Choices.Activations.Keys, TrainingDefaults.Digits.Activation, "Activation of the hidden layers");
    private readonly Option<double> _dropout = Options.Share("--dropout", TrainingDefaults.Digits.Dropout, "Share of a hidden layer's outputs that each step leaves out.");
    private readonly Option<string> _optimizer = Options.Choice("--optimizer", Choices.Optimizers.Keys, "adam", "Optimizer");
    private readonly Option<double?> _learningRate = Options.Positive("--learning-rate", "Learning rate at the start. [default: 0.002 for adam; each optimizer has its own]");
    private readonly Option<string> _schedule = Options.Choice("--schedule", Schedule.All.Keys, Schedule.Cosine.Name, "How the learning rate changes");
    private readonly Option<int> _epochs = Options.Integer("--epochs", 1, 100_000, TrainingDefaults.Digits.Epochs, "Passes over the training examples.");
    private readonly Option<int> _batch = Options.Integer("--batch", 1, 4096, TrainingDefaults.Digits.Batch, "Examples per step.");
    private readonly Option<bool> _noShifts = new("--no-shifts") { Description = "Train on the digits as they are, without copies shifted by half a pixel." };
    private readonly Option<int> _threads = Options.Integer("--threads", 1, 256, 1, "Threads; the result does not depend on it.");

    public void AddTo(Command command)
    {
        command.Add(_layers);
        command.Add(_activation);
        command.Add(_dropout);
        command.Add(_optimizer);
        command.Add(_learningRate);
        command.Add(_schedule);
        command.Add(_epochs);
        command.Add(_batch);
        command.Add(_noShifts);
        command.Add(_threads);
    }

    public TrainingSettings Read(ParseResult result, ulong seed, TrainingData data)
    {
        TrainingDefaults defaults = data.Defaults;
        string optimizerName = result.GetRequiredValue(_optimizer);
        OptimizerChoice optimizer = Choices.Optimizers[optimizerName];
        LayerSizes layers = Named(_layers, defaults.Layers);
        int inputs = data.Train.InputSize, classes = data.Train.TargetSize;
        if (TrainingSettings.ParameterCount(inputs, layers.Units, classes) is var parameters and > MaximumParameters)
            throw new UserErrorException(FormattableString.Invariant($"--layers {layers} makes {parameters:N0} parameters; at most {MaximumParameters:N0} are allowed."));
        double rate = result.GetValue(_learningRate) ?? (optimizerName is "adam" or "adamw" ? defaults.AdamRate : optimizer.DefaultRate);
        return new TrainingSettings
        {
            Inputs = inputs,
            Classes = classes,
            Layers = layers.Units,
            Activation = Choices.Activations[Named(_activation, defaults.Activation)],
            Dropout = Named(_dropout, defaults.Dropout),
            Optimizer = optimizer.Create(rate),
            LearningRate = rate,
            Schedule = Schedule.All[result.GetRequiredValue(_schedule)],
            Epochs = Named(_epochs, defaults.Epochs),
            BatchSize = Named(_batch, defaults.Batch),
            Shifts = data.Defaults == TrainingDefaults.Digits && !result.GetValue(_noShifts),
            Seed = seed,
            Threads = result.GetValue(_threads),
        };

        // What the user names counts, else what suits the data.
        T Named<T>(Option<T> option, T dataDefault) => result.GetResult(option) is { Implicit: false } ? result.GetRequiredValue(option) : dataDefault;
    }
}
