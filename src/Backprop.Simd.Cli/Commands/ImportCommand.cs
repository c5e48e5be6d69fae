using System.CommandLine;
using Backprop.Simd.Cli.Reports;
using Backprop.Simd.Onnx;

namespace Backprop.Simd.Cli.Commands;

/// <summary>Reads a model from elsewhere and saves it as a network.</summary>
internal sealed class ImportCommand
{
    private readonly Argument<string> _model = new("MODEL") { Description = "An ONNX model of a multi-layer perceptron." };
    private readonly Option<string> _out = new("--out") { Description = "The network's file.", HelpName = "file", DefaultValueFactory = _ => "model.safetensors" };

    public Command Create(Option<bool> plain)
    {
        var command = new Command("import", "Reads an ONNX model and saves it as a network.") { _model, _out };
        command.SetAction(arguments => Run(arguments, Screen.Create(arguments.GetValue(plain))));
        return command;
    }

    private int Run(ParseResult arguments, Screen screen)
    {
        Network network = ModelFiles.Open(arguments.GetValue(_model)!, OnnxModel.Import);
        string path = arguments.GetValue(_out)!;
        if (path.Length == 0)
            throw new UserErrorException("--out needs a file.");
        network.Save(path);
        screen.Line(FormattableString.Invariant($"{network.InputSize} inputs, {network.OutputSize} outputs, {network.ParameterCount} parameters"));
        screen.Line($"Fingerprint: {network.Fingerprint()}");
        screen.Line($"Wrote {path}");
        return ExitCode.Success;
    }
}
