using System.CommandLine;
using System.Globalization;
using Backprop.Simd.Cli;
using Backprop.Simd.Cli.Commands;
using Backprop.Simd.Cli.Reports;

CultureInfo.DefaultThreadCurrentCulture = CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;

var plain = new Option<bool>("--plain") { Description = "Plain lines without colours, as when the output is no terminal.", Recursive = true };
var train = new TrainCommand();
var trainCommand = new Command("train", "Trains on the digits that the tool carries, on Fashion-MNIST or on a file. The default command.");
var root = new RootCommand($"""
    Trains and checks neural networks on the CPU: no allocation, the same bits on every machine.
    Without arguments it trains on handwritten digits and writes model and pictures to ./out.
    Data: {DigitsData.Attribution}.
    """)
{
    plain,
    trainCommand,
    new EvaluateCommand().Create(plain),
    new PredictCommand().Create(),
    InfoCommand.Create(plain),
    new CheckCommand().Create(plain),
    ConformCommand.Create(plain),
    new ExportCommand().Create(plain),
    new ImportCommand().Create(plain),
    InspectCommand.Create(plain),
};
foreach (Command command in new[] { root, trainCommand })
{
    train.AddTo(command);
    command.SetAction(arguments => train.Run(arguments, Screen.Create(arguments.GetValue(plain))));
}

try
{
    ParseResult arguments = root.Parse(args);
    if (arguments.Errors.Count > 0)
        throw new UserErrorException(arguments.Errors[0].Message);

    // The commands see to Ctrl-C, and to errors, themselves.
    return arguments.Invoke(new InvocationConfiguration { ProcessTerminationTimeout = null, EnableDefaultExceptionHandler = false });
}
catch (UserErrorException e)
{
    Console.Error.WriteLine($"backprop: {e.Message}");
    return ExitCode.UserError;
}
catch (Exception e) when (e is IOException or UnauthorizedAccessException)
{
    // A full disk, a folder that went away.
    Console.Error.WriteLine($"backprop: {e.Message.ReplaceLineEndings(" ")}");
    return ExitCode.Failure;
}
