using System.CommandLine;
using System.Globalization;
using Backprop.Simd.Data;
using Backprop.Simd.Internal.Activations;
using Backprop.Simd.Internal.Layers;
using Backprop.Simd.Kernels;

namespace Backprop.Simd.Cli.Commands;

/// <summary>What a model says about the rows of a file, as CSV.</summary>
internal sealed class PredictCommand
{
    private readonly Argument<string> _model = new("model") { Description = "A .safetensors file that this tool or the library wrote." };
    private readonly Argument<string> _file = new("file") { Description = "CSV of numbers, IDX or npy; one example a row." };
    private readonly Option<bool> _probabilities = new("--probabilities") { Description = "After the class, the probabilities: the softmax of the model's outputs, or the outputs where it ends in Softmax." };
    private readonly Option<string?> _out = new("--out") { Description = "Write to this file. [default: the screen]", HelpName = "file" };
    private readonly CsvLayoutOptions _csv = new("Column of a CSV file to leave out: its name, or its number from 1. [default: none]");

    public Command Create()
    {
        var command = new Command("predict", "Says the class of each row of a file, as CSV.");
        command.Add(_model);
        command.Add(_file);
        command.Add(_probabilities);
        command.Add(_out);
        _csv.AddTo(command);
        command.SetAction(Run);
        return command;
    }

    private int Run(ParseResult arguments)
    {
        Network network = DataOptions.Read("model", () => Network.Load(arguments.GetRequiredValue(_model)));
        string path = arguments.GetRequiredValue(_file);
        CsvOptions csv = _csv.Read(arguments);
        (float[] inputs, int size) = DataOptions.Read("file", () =>
        {
            if (_csv.NamesLabel(arguments) && DataFile.IsCsv(path))
                return CsvReader.Read(path, csv).Data is var table ? (table.Inputs.ToArray(), table.InputSize) : default;
            DataArray array = DataFile.ReadInputs(path, csv);
            return (array.Values, array.ItemSize);
        });
        if (size != network.InputSize)
            throw new UserErrorException($"file: {path} has {size} values a row; the model takes {network.InputSize}{(size == network.InputSize + 1 ? ": leave the label out by --label-column" : string.Empty)}.");
        if (arguments.GetValue(_out) is not { } output)
        {
            Write(Console.Out, network, inputs, arguments.GetValue(_probabilities));
            return ExitCode.Success;
        }

        using StreamWriter writer = DataOptions.Read("--out", () => new StreamWriter(output));
        Write(writer, network, inputs, arguments.GetValue(_probabilities));
        return ExitCode.Success;
    }

    private static void Write(TextWriter writer, Network network, float[] inputs, bool withProbabilities)
    {
        int size = network.InputSize, classes = network.OutputSize, count = inputs.Length / size;
        writer.WriteLine(withProbabilities ? $"class,{string.Join(',', Enumerable.Range(0, classes).Select(c => FormattableString.Invariant($"p{c}")))}" : "class");
        using Predictor predictor = network.CreatePredictor(TestResult.BatchSize);
        float[] probabilities = new float[classes];
        bool endsInSoftmax = network.Blocks[^1] is Dense { Activation.Id: ActivationId.Softmax };
        for (int start = 0; start < count; start += TestResult.BatchSize)
        {
            int rows = Math.Min(TestResult.BatchSize, count - start);
            ReadOnlySpan<float> outputs = predictor.Predict(inputs.AsSpan(start * size, rows * size));
            for (int row = 0; row < rows; row++)
            {
                ReadOnlySpan<float> logits = outputs.Slice(row * classes, classes);
                writer.Write(TestResult.Largest(logits).ToString(CultureInfo.InvariantCulture));
                if (withProbabilities)
                {
                    if (endsInSoftmax)
                        logits.CopyTo(probabilities);
                    else
                        Softmax.Forward(logits, classes, probabilities);
                    foreach (float probability in probabilities)
                        writer.Write($",{probability.ToString(CultureInfo.InvariantCulture)}");
                }

                writer.WriteLine();
            }
        }
    }
}
