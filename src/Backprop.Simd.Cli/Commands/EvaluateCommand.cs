using System.CommandLine;
using Backprop.Simd.Cli.Reports;

namespace Backprop.Simd.Cli.Commands;

/// <summary>How good a finished model is; or, training with several seeds, how good settings are, apart from luck.</summary>
internal sealed class EvaluateCommand
{
    private const string TestPart = "test";
    private const string Validation = "validation";

    private readonly Argument<string?> _model = new("model") { Description = "A .safetensors file to test; without it the settings are tested.", Arity = ArgumentArity.ZeroOrOne };
    private readonly DataOptions _data = new();
    private readonly NetworkOptions _network = new();
    private readonly Option<int> _seeds = Options.Integer("--seeds", 1, 10_000, 10, "How many seeds: 1, 2, ... to this one.");
    private readonly Option<string> _on = Options.Choice("--on", [TestPart, Validation], TestPart,
        "The held-out fifth, or for choosing settings a fifth of the training part, another one for each seed");

    public Command Create(Option<bool> plain)
    {
        var command = new Command("evaluate", "Tests a model; without one, trains with seeds 1 to N and prints the accuracy of each, their mean and standard deviation.");
        command.Add(_model);
        _data.AddTo(command);
        command.Add(_seeds);
        command.Add(_on);
        _network.AddTo(command);
        command.SetAction(arguments => arguments.GetValue(_model) is { } model
            ? Test(model, arguments, Screen.Create(arguments.GetValue(plain)))
            : Run(arguments, Screen.Create(arguments.GetValue(plain))));
        return command;
    }

    private int Run(ParseResult arguments, Screen screen)
    {
        int seeds = arguments.GetValue(_seeds);
        bool onTest = arguments.GetRequiredValue(_on) == TestPart;
        TrainingData data = _data.Load(arguments);
        TrainingSettings settings = _network.Read(arguments, seed: 1, data);
        Dataset train = data.Train, test = data.ScaledTest;
        using var interrupt = new Interrupt();

        screen.Heading(FormattableString.Invariant($"Seeds 1 to {seeds}"));
        screen.Line($"Network: {settings.DescribeNetwork()}");
        screen.Line(FormattableString.Invariant($"Training: {settings.Optimizer}, {settings.Schedule.Description}, {settings.Epochs} epochs, batch {settings.BatchSize}, threads {settings.Threads}"));
        screen.Line(onTest
            ? FormattableString.Invariant($"Tested on {data.TestDescription} each time; the seed changes weights, order and dropout")
            : "Validated on a fifth of the training part, split by the row's seed; the test part is not touched");
        screen.Line();
        try
        {
            double[] accuracies = screen.Run<double[]>("Training", seeds, work => [.. Enumerable.Range(1, seeds).Select(seed =>
            {
                (Dataset part, Dataset heldOut) = onTest ? (train, test) : DigitsData.HoldOut(train, (ulong)seed);
                double accuracy = Train(settings with { Seed = (ulong)seed }, part, heldOut, work, interrupt.Token);
                work.Advance();
                return accuracy;
            })]);
            double mean = accuracies.Average();
            double deviation = Math.Sqrt(accuracies.Sum(a => (a - mean) * (a - mean)) / Math.Max(1, seeds - 1));
            string name = onTest ? "test" : "validation";
            screen.Line();
            screen.Line($"Lowest {name} accuracy: {TrainingReport.Percent(accuracies.Min())}");
            screen.Line($"Standard deviation: {TrainingReport.Percent(deviation)}");
            screen.Line($"Mean {name} accuracy: {TrainingReport.Percent(mean)}");
            return ExitCode.Success;
        }
        catch (OperationCanceledException)
        {
            screen.Line("Stopped by Ctrl-C");
            return ExitCode.Interrupted;
        }
    }

    private int Test(string model, ParseResult arguments, Screen screen)
    {
        Network network = DataOptions.Read("model", () => Network.Load(model));
        (Dataset test, IReadOnlyList<string> names) = _data.LoadTest(arguments);
        if (test.InputSize != network.InputSize || test.TargetSize != network.OutputSize)
        {
            throw new UserErrorException(FormattableString.Invariant(
                $"model: {model} takes {network.InputSize} values and knows {network.OutputSize} classes; the data have {test.InputSize} values and {test.TargetSize} classes."));
        }

        TestResult result = TestResult.Of(network, test);
        screen.Heading(FormattableString.Invariant($"Test: {result.Right} of {test.Count} right"));
        TrainingReport.WriteConfusion(screen, result, names);
        screen.Line();
        screen.Line($"Fingerprint: {network.Fingerprint()}");
        screen.Line($"Test accuracy: {TrainingReport.Percent(result.Accuracy)}");
        return ExitCode.Success;
    }

    private static double Train(TrainingSettings settings, Dataset train, Dataset heldOut, IWorkReport work, CancellationToken cancellationToken)
    {
        using var training = new ClassifierTraining(settings, train, heldOut);
        if (training.Run(onEpoch: null, cancellationToken) == StopReason.NonFiniteLoss)
            work.Line(FormattableString.Invariant($"seed {settings.Seed,3}: the loss became infinite or NaN: try a lower --learning-rate"));
        double accuracy = training.EvaluateHeldOut().Accuracy;
        double seconds = training.Epochs.Sum(epoch => epoch.Duration.TotalSeconds);
        work.Line(FormattableString.Invariant($"seed {settings.Seed,3}: {TrainingReport.Percent(accuracy),8}  trained for {seconds,5:F2} s  {training.Network.Fingerprint()[..16]}"));
        return accuracy;
    }
}
