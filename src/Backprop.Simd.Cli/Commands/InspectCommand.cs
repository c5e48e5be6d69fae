using System.CommandLine;
using Backprop.Simd.Cli.Inspection;
using Backprop.Simd.Cli.Reports;

namespace Backprop.Simd.Cli.Commands;

/// <summary>What is in a file.</summary>
internal static class InspectCommand
{
    public static Command Create(Option<bool> plain)
    {
        var file = new Argument<string>("file") { Description = "A model, checkpoint or other safetensors file; ONNX; npy, npz, IDX or CSV, gzip or not. What it is, is seen from its first bytes." };
        var command = new Command("inspect", "Says what is in a model, checkpoint or data file.") { file };
        command.SetAction(arguments => Run(arguments.GetRequiredValue(file), Screen.Create(arguments.GetValue(plain))));
        return command;
    }

    private static int Run(string path, Screen screen) => DataOptions.Read("file", () =>
    {
        FileKind kind = FileKinds.Of(path);
        Action<string, Screen> inspect = kind switch
        {
            FileKind.Safetensors => SafetensorsInspection.Write,
            FileKind.Onnx => OnnxInspection.Write,
            FileKind.Npy or FileKind.Idx => ArrayInspection.Write,
            FileKind.Npz => ArrayInspection.WriteArchive,
            _ => CsvInspection.Write,
        };
        inspect(path, screen);
        return ExitCode.Success;
    });
}
