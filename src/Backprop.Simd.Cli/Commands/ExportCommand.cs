using System.CommandLine;
using Backprop.Simd.Cli.Reports;
using Backprop.Simd.Internal.IO;
using Backprop.Simd.Onnx;

namespace Backprop.Simd.Cli.Commands;

/// <summary>Writes a saved network in the form of others.</summary>
internal sealed class ExportCommand
{
    private readonly Argument<string> _model = new("MODEL") { Description = "A network that this tool or Network.Save wrote." };
    private readonly Option<string?> _onnx = new("--onnx") { Description = "Writes an ONNX model.", HelpName = "file" };
    private readonly Option<string?> _csharp = new("--csharp") { Description = "Writes one C# class that needs no library.", HelpName = "file" };
    private readonly Option<int> _opset = Options.Integer("--opset", OnnxExportOptions.MinimumOpset, OnnxExportOptions.MaximumOpset, new OnnxExportOptions().Opset, "Operator set of the ONNX model.");
    private readonly Option<string> _output = Options.Choice("--output", ["as-built", "logits", "probabilities"], "as-built", "What the ONNX model ends with");
    private readonly Option<string> _namespace = new("--namespace") { Description = "Namespace of the class.", HelpName = "name", DefaultValueFactory = _ => "Exported" };
    private readonly Option<string> _class = new("--class") { Description = "Name of the class.", HelpName = "name", DefaultValueFactory = _ => "Network" };

    public Command Create(Option<bool> plain)
    {
        var command = new Command("export", "Writes a saved network as an ONNX model or as C# source.") { _model, _onnx, _csharp, _opset, _output, _namespace, _class };
        command.SetAction(arguments => Run(arguments, Screen.Create(arguments.GetValue(plain))));
        return command;
    }

    private int Run(ParseResult arguments, Screen screen)
    {
        string? onnx = arguments.GetValue(_onnx), csharp = arguments.GetValue(_csharp);
        if (string.IsNullOrEmpty(onnx) && string.IsNullOrEmpty(csharp))
            throw new UserErrorException("export needs --onnx FILE or --csharp FILE.");
        Network network = ModelFiles.Open(arguments.GetValue(_model)!, Network.Load);
        if (!string.IsNullOrEmpty(onnx))
        {
            OnnxOutput output = arguments.GetValue(_output) switch { "logits" => OnnxOutput.Logits, "probabilities" => OnnxOutput.Probabilities, _ => OnnxOutput.AsBuilt };
            OnnxModel.Export(network, onnx, new OnnxExportOptions { Opset = arguments.GetValue(_opset), Output = output });
            screen.Line($"Wrote {onnx}");
        }

        if (!string.IsNullOrEmpty(csharp))
        {
            WriteSource(network, csharp, arguments.GetValue(_namespace)!, arguments.GetValue(_class)!);
            screen.Line($"Wrote {csharp}");
        }

        return ExitCode.Success;
    }

    private static void WriteSource(Network network, string path, string @namespace, string className)
    {
        try
        {
            AtomicFile.Write(path, stream =>
            {
                using var writer = new StreamWriter(stream, leaveOpen: true);
                CSharpExport.Write(network, writer, @namespace, className);
            });
        }
        catch (ArgumentException e)
        {
            throw new UserErrorException(e.ParamName == "className" ? $"--class {className}: no name that the class can have." : $"--namespace {@namespace}: no name in C#.");
        }
    }
}
