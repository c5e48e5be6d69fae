using System.Globalization;
using Backprop.Simd.Internal.Activations;
using Backprop.Simd.Internal.Layers;

namespace Backprop.Simd.Internal.IO;

/// <summary>Layers from their <see cref="Layer.Description"/>, one line each.</summary>
internal static class LayerText
{
    /// <summary>The size of one example in front of a described layer.</summary>
    public static int InputSize(string text) => Integer(Arguments(text)[0]);

    /// <summary>Adds the described layer.</summary>
    /// <exception cref="FormatException">The text describes no layer, or not in the one way that Description writes.</exception>
    /// <exception cref="ArgumentException">The builder refuses a setting.</exception>
    /// <exception cref="InvalidOperationException">The builder refuses a layer here.</exception>
    public static void Add(NetworkBuilder builder, string text)
    {
        string[] arguments = Arguments(text);
        switch (text[..text.IndexOf('(', StringComparison.Ordinal)], arguments.Length)
        {
            case (nameof(Dense), 3):
                builder.Dense(Integer(arguments[1]), ActivationOf(arguments[2]));
                break;
            case (nameof(Dropout), 2):
                builder.Dropout(Double(arguments[1]));
                break;
            case (nameof(LayerNorm), 1):
                builder.LayerNorm();
                break;
            case (nameof(Scale), 1):
                builder.AddScale(new Scale(Integer(arguments[0])));
                break;
            case (nameof(BatchNorm), 2):
                builder.BatchNorm(Double(arguments[1]));
                break;
            default:
                throw new FormatException("no such layer is known");
        }

        string read = builder.Blocks[^1].Description;
        if (read != text)
            throw new FormatException($"read as {read}");
    }

    private static string[] Arguments(string text)
    {
        int open = text.IndexOf('(', StringComparison.Ordinal);
        if (open < 0 || text[^1] != ')')
            throw new FormatException("a layer is written as Name(argument,...)");
        return text[(open + 1)..^1].Split(',');
    }

    private static int Integer(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int value) ? value : throw new FormatException($"'{text}' is no size");

    private static double Double(string text) =>
        long.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out long bits)
            ? BitConverter.Int64BitsToDouble(bits)
            : throw new FormatException($"'{text}' are no bits of a double");

    private static Activation ActivationOf(string text)
    {
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        if (colon < 0
            || !Enum.TryParse(text[..colon], out ActivationId id)
            || !Enum.IsDefined(id)
            || !int.TryParse(text[(colon + 1)..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out int bits))
        {
            throw new FormatException($"'{text}' is no activation");
        }

        float parameter = BitConverter.Int32BitsToSingle(bits);
        if (ActivationTable.HasParameter(id) ? !float.IsFinite(parameter) : bits != 0)
            throw new FormatException($"{id} cannot have the parameter {parameter.ToString(CultureInfo.InvariantCulture)}");
        return new Activation(new ActivationKind(id, parameter));
    }
}
