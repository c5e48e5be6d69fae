using System.CommandLine;
using Backprop.Simd.Cli.Pictures;
using Backprop.Simd.Cli.Reports;

namespace Backprop.Simd.Cli.Commands;

/// <summary>Trains on the digits or other data, says how good the network is and what a step costs, and writes model and pictures.</summary>
internal sealed class TrainCommand
{
    private readonly DataOptions _data = new();
    private readonly NetworkOptions _network = new();
    private readonly Option<ulong> _seed = Options.Seed("--seed", 42, "Seed of weights, order and dropout; the split of the data stays the same.");
    private readonly Option<string> _out = new("--out")
    {
        Description = "Folder for model.safetensors, curves.png and a picture of test images.",
        HelpName = "folder",
        DefaultValueFactory = _ => "./out",
    };

    private readonly Option<bool> _noPictures = new("--no-pictures") { Description = "Write the model only." };

    private readonly Option<int> _checkpoint = Options.Integer("--checkpoint", 1, 100_000, 0, "Also write checkpoint.safetensors after every so many epochs, after Ctrl-C and at the end. Default: none.");
    private readonly Option<string?> _resume = new("--resume")
    {
        Description = "Go on from a checkpoint to the same model, with the same data and options; --epochs may be more unless the schedule depends on them.",
        HelpName = "file",
    };

    public void AddTo(Command command)
    {
        _data.AddTo(command);
        _network.AddTo(command);
        command.Add(_seed);
        command.Add(_out);
        command.Add(_noPictures);
        command.Add(_checkpoint);
        command.Add(_resume);
    }

    public int Run(ParseResult arguments, Screen screen)
    {
        TrainingData data = _data.Load(arguments);
        TrainingSettings settings = _network.Read(arguments, arguments.GetValue(_seed), data);
        var folder = new OutputFolder("--out", arguments.GetRequiredValue(_out));
        bool pictures = !arguments.GetValue(_noPictures);
        using var interrupt = new Interrupt();
        using var training = new ClassifierTraining(settings, data.Train, data.ScaledTest, data.Scaling);
        if (arguments.GetValue(_checkpoint) is > 0 and int everyEpochs)
            training.WriteCheckpoints(folder.Checkpoint, everyEpochs);
        if (arguments.GetValue(_resume) is { } checkpoint)
            training.ResumeFrom(checkpoint);

        string copies = settings.Shifts ? FormattableString.Invariant($", with their shifted copies {training.ExamplesPerEpoch:N0}") : string.Empty;
        screen.Heading($"Training on {data.Title}");
        screen.Line(FormattableString.Invariant($"Network: {settings.DescribeNetwork()}; {training.Network.ParameterCount:N0} parameters"));
        screen.Line(FormattableString.Invariant($"Training: {settings.Optimizer}, {settings.Schedule.Description}, batch {settings.BatchSize}, seed {settings.Seed}, threads {settings.Threads}"));
        screen.Line(FormattableString.Invariant(
            $"Data: {data.Train.Count:N0} {data.Examples}{copies}; tested on {data.TestDescription}"));
        if (training.Epochs.Count > 0)
            screen.Line(FormattableString.Invariant($"Resumed: after {training.Epochs.Count} of {settings.Epochs} epochs"));
        screen.Line($"Kernels: {SimdInfo.Description}");
        screen.Line();
        try
        {
            return Run(settings, training, data, folder, pictures, screen, interrupt.Token);
        }
        catch (OperationCanceledException)
        {
            training.Network.Save(folder.Model);
            string which = training.Best is { } best
                ? FormattableString.Invariant($"the best model so far (epoch {best.Epoch}, test accuracy {TrainingReport.Percent(TestResult.Of(training.Network, data.Test).Accuracy)})")
                : "the model as it was, before the end of the first epoch,";
            screen.Line($"Stopped by Ctrl-C: {which} is in {folder.Model}");
            return ExitCode.Interrupted;
        }
    }

    private static int Run(
        TrainingSettings settings, ClassifierTraining training, TrainingData data, OutputFolder folder, bool pictures, Screen screen, CancellationToken cancellationToken)
    {
        screen.Line(TrainingReport.EpochHeader);
        StopReason reason = screen.Run("Training", settings.Epochs - training.Epochs.Count, work => training.Run(
            epoch =>
            {
                work.Line(TrainingReport.Row(epoch, settings.Epochs));
                work.Advance();
            },
            cancellationToken));
        if (reason == StopReason.NonFiniteLoss)
        {
            Console.Error.WriteLine(FormattableString.Invariant(
                $"backprop: the loss became infinite or NaN in epoch {training.Epochs.Count + 1}: try a lower --learning-rate; nothing was written"));
            return ExitCode.Failure;
        }

        training.Network.Save(folder.Model);
        TestResult result = TestResult.Of(training.Network, data.Test);
        var written = new List<string> { folder.Model };
        if (pictures)
        {
            CurvesPicture.Write(folder.Curves, training.Epochs, settings.Dropout > 0 ? "training (dropout on)" : "training");
            written.Add(folder.Curves);
            if (data.ImageWidth > 0)
            {
                ImagesPicture.Write(folder.Images(data.Name), result, data.ImageWidth, data.Ink);
                written.Add(folder.Images(data.Name));
            }
        }

        cancellationToken.ThrowIfCancellationRequested();
        StepMeasurement step = StepMeasurement.Take(settings, data.Train);
        TimeSpan time = TimeSpan.FromTicks(training.Epochs.Sum(epoch => epoch.Duration.Ticks));
        screen.Line();
        screen.Heading(FormattableString.Invariant($"Test: {result.Right} of {data.Test.Count} right"));
        TrainingReport.WriteConfusion(screen, result, data.ClassNames);
        screen.Line();
        screen.Line(FormattableString.Invariant(
            $"Trained for {time.TotalSeconds:F2} s; kept the epoch with the lowest training loss, {training.Best!.Epoch} of {settings.Epochs}"));
        screen.Line($"Wrote {string.Join(", ", written)}");
        TrainingReport.WriteResult(screen, result, step, training.Network.Fingerprint());
        return ExitCode.Success;
    }
}
