using System.CommandLine;
using Backprop.Simd.Cli.Reports;
using Backprop.Simd.Verification;

namespace Backprop.Simd.Cli.Commands;

/// <summary>Compares the gradients of a network that the user describes with differences in double precision.</summary>
internal sealed class CheckCommand
{
    private const int Rows = 8;
    private const string All = "all";

    private readonly Option<LayerSizes> _layers = Options.Layers("--layers", new LayerSizes(16, 12), "Units of the hidden layers; the time grows with the square of the number of parameters.");
    private readonly Option<string> _activation = Options.Choice("--activation", [All, .. Choices.Activations.Keys], All, "Activation of the hidden layers");
    private readonly Option<string> _loss = Options.Choice("--loss", [All, .. Choices.Losses.Keys], All, "Loss");
    private readonly Option<ulong> _seed = Options.Seed("--seed", 42, "Seed of the weights.");

    public Command Create(Option<bool> plain)
    {
        var command = new Command("check", "Checks the gradients of a described network, on a few digits, against central differences of a double-precision forward pass.");
        command.Add(_layers);
        command.Add(_activation);
        command.Add(_loss);
        command.Add(_seed);
        command.SetAction(arguments => Run(arguments, Screen.Create(arguments.GetValue(plain))));
        return command;
    }

    private int Run(ParseResult arguments, Screen screen)
    {
        int[] layers = arguments.GetRequiredValue(_layers).Units;
        string[] activations = Chosen(arguments.GetRequiredValue(_activation), Choices.Activations.Keys);
        string[] losses = Chosen(arguments.GetRequiredValue(_loss), Choices.Losses.Keys);
        ulong seed = arguments.GetValue(_seed);
        (Dataset train, _) = DigitsData.LoadSplit();

        screen.Heading("Gradient check");
        screen.Line(FormattableString.Invariant(
            $"Network: {string.Join('-', [DigitsData.Pixels, .. layers, DigitsData.Classes])}, seed {seed}, {Rows} digits; worst relative error of each gradient against double-precision differences"));
        screen.Line();
        int checks = 0, failed = 0, compared = 0, kinks = 0;
        var rows = screen.Run("Checking", activations.Length * losses.Length, work => activations.Select(activation =>
        {
            var row = new List<Cell> { Choices.Activations[activation].ToString() };
            foreach (string loss in losses)
            {
                GradientCheckResult result = Check(layers, Choices.Activations[activation], Choices.Losses[loss], seed, train);
                checks++;
                failed += result.Passed ? 0 : 1;
                compared += result.Compared;
                kinks += result.Kinks;
                row.Add(new Cell(Text(result), result.Passed ? Tone.Good : Tone.Bad));
                if (!result.Passed)
                    work.Line(FormattableString.Invariant($"{Choices.Activations[activation]} with {loss}: {result}"));
                work.Advance();
            }

            return (IReadOnlyList<Cell>)row;
        }).ToArray());
        screen.Table(["activation", .. losses], rows);
        screen.Line();
        screen.Line(FormattableString.Invariant($"Compared: {compared:N0} gradients, tolerance {GradientCheck.Tolerance:0.0e+00}; left out because a kink is near: {kinks:N0}"));
        screen.Line(failed == 0
            ? FormattableString.Invariant($"Gradient check: ok ({checks} of {checks} networks)")
            : FormattableString.Invariant($"Gradient check: FAILED ({failed} of {checks} networks)"));
        return failed == 0 ? ExitCode.Success : ExitCode.Failure;
    }

    private static string[] Chosen(string name, IEnumerable<string> all) => name == All ? [.. all] : [name];

    private static string Text(GradientCheckResult result) =>
        FormattableString.Invariant($"{result.MaxRelativeError:0.0e+00}{(result.Passed ? string.Empty : " FAILED")}");

    private static GradientCheckResult Check(int[] layers, Activation activation, Loss loss, ulong seed, Dataset data)
    {
        var builder = new NetworkBuilder(DigitsData.Pixels);
        foreach (int units in layers)
            builder.Dense(units, activation);
        Network network = builder.Dense(DigitsData.Classes).Build(seed);
        ReadOnlySpan<float> inputs = data.Inputs[..(Rows * DigitsData.Pixels)];
        ReadOnlySpan<int> labels = data.Labels[..Rows];
        if (loss.TakesLabels)
            return GradientCheck.Run(network, loss, inputs, labels);

        float[] targets = new float[Rows * DigitsData.Classes];
        for (int row = 0; row < Rows; row++)
            targets[(row * DigitsData.Classes) + labels[row]] = 1;
        return GradientCheck.Run(network, loss, inputs, targets);
    }
}
