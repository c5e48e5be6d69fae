using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace Backprop.Simd.Cli.Commands;

/// <summary>Options whose errors say, in one line, which option takes what. Numbers are read in the invariant culture.</summary>
internal static class Options
{
    public static Option<int> Integer(string name, int minimum, int maximum, int value, string description) =>
        Create(name, "number", description, value, text =>
            int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number) && number >= minimum && number <= maximum
                ? number
                : throw Expected(name, text, $"a whole number from {minimum} to {maximum}"));

    public static Option<ulong> Seed(string name, ulong value, string description) =>
        Create(name, "number", description, value, text =>
            ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ulong number)
                ? number
                : throw Expected(name, text, "a whole number from 0 to 18446744073709551615"));

    public static Option<double> Share(string name, double value, string description) =>
        Create(name, "share", description, value, text =>
            TryNumber(text, out double number) && number is >= 0 and < 1 ? number : throw Expected(name, text, "a number from 0 to below 1"));

    public static Option<double?> Positive(string name, string description) =>
        Create<double?>(name, "number", description, null, text =>
            TryNumber(text, out double number) && number > 0 ? number : throw Expected(name, text, "a number greater than 0"));

    public static Option<string> Choice(string name, IEnumerable<string> names, string value, string description)
    {
        string[] all = [.. names];
        string list = string.Join(", ", all);
        return Create(name, "name", $"{description}: {list}.", value, text =>
            all.FirstOrDefault(choice => choice.Equals(text, StringComparison.OrdinalIgnoreCase)) ?? throw Expected(name, text, $"one of {list}"));
    }

    public static Option<LayerSizes> Layers(string name, LayerSizes value, string description)
    {
        const int MaximumLayers = 64, MaximumUnits = 16_384;
        return Create(name, "units,units,...", description, value, text =>
        {
            string[] fields = text.Split(',');
            int[] units = new int[fields.Length];
            bool valid = fields.Length <= MaximumLayers;
            for (int i = 0; i < fields.Length; i++)
                valid &= int.TryParse(fields[i], NumberStyles.None, CultureInfo.InvariantCulture, out units[i]) && units[i] is >= 1 and <= MaximumUnits;
            return valid ? new LayerSizes(units) : throw Expected(name, text, $"up to {MaximumLayers} layer sizes from 1 to {MaximumUnits} with commas between them, as in 256,128");
        });
    }

    private static Option<T> Create<T>(string name, string helpName, string description, T value, Func<string, T> parse)
    {
        return new Option<T>(name)
        {
            Description = description,
            HelpName = helpName,
            DefaultValueFactory = _ => value,
            CustomParser = Parse,
        };

        T? Parse(ArgumentResult result)
        {
            try
            {
                return parse(result.Tokens[0].Value);
            }
            catch (UserErrorException e)
            {
                result.AddError(e.Message);
                return default;
            }
        }
    }

    private static bool TryNumber(string text, out double number) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out number) && double.IsFinite(number);

    private static UserErrorException Expected(string name, string text, string expected) =>
        new($"{name} takes {expected}; it was given '{text}'.");
}
