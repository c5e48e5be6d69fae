using System.CommandLine;
using System.Globalization;
using Backprop.Simd.Data;

namespace Backprop.Simd.Cli.Commands;

/// <summary>How a CSV file is laid out.</summary>
internal sealed class CsvLayoutOptions(string labelDescription)
{
    private const string Auto = "auto";
    private const string Yes = "yes";

    private readonly Option<string?> _label = new("--label-column") { Description = labelDescription, HelpName = "column" };
    private readonly Option<string> _header = Options.Choice("--header", [Auto, Yes, "no"], Auto, "Whether a CSV file begins with the names of its columns");

    public void AddTo(Command command)
    {
        command.Add(_label);
        command.Add(_header);
    }

    public bool NamesLabel(ParseResult arguments) => arguments.GetValue(_label) is not null;

    public CsvOptions Read(ParseResult arguments)
    {
        string header = arguments.GetRequiredValue(_header);
        var options = new CsvOptions { HasHeader = header == Auto ? null : header == Yes };
        return arguments.GetValue(_label) switch
        {
            null => options,
            { } text when int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number > 0 => options with { LabelColumn = number - 1 },
            { } name => options with { LabelName = name },
        };
    }
}
