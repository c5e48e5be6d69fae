using System.Globalization;

namespace Backprop.Simd.Internal.IO;

/// <summary>Values of a checkpoint: numbers in the metadata, doubles as their bits, and tensors of a known shape.</summary>
internal static class CheckpointValues
{
    public static string Text(this SafetensorsReader reader, string key) =>
        reader.Metadata.TryGetValue(key, out string? text) ? text : throw reader.Bad($"its __metadata__ has no {key}.");

    public static ulong Integer(this SafetensorsReader reader, string key, ulong most = ulong.MaxValue)
    {
        ulong value = Parse(reader, key, NumberStyles.None);
        return value <= most ? value : throw reader.Bad($"{key} is {value}; at most {most} is possible.");
    }

    /// <summary>A finite double of at least <paramref name="least"/>, from its bits in hex.</summary>
    public static double Double(this SafetensorsReader reader, string key, double least = 0)
    {
        double value = BitConverter.UInt64BitsToDouble(Parse(reader, key, NumberStyles.AllowHexSpecifier));
        if (!double.IsFinite(value) || value < least)
            throw reader.Bad(string.Create(CultureInfo.InvariantCulture, $"{key} are the bits of {value}; it must be finite and at least {least}."));
        return value;
    }

    /// <summary>Refuses a file that was made with something else.</summary>
    public static void Require(this SafetensorsReader reader, string what, string inFile, string here, string whose)
    {
        if (inFile != here)
            throw reader.Bad($"the {what} of this checkpoint is {SafetensorsHeader.Quote(inFile)}; {whose} is {SafetensorsHeader.Quote(here)}.");
    }

    /// <summary>A tensor of one dimension.</summary>
    public static SafetensorsEntry Vector(this SafetensorsReader reader, string name, string type, int length)
    {
        string form = SafetensorsEntry.FormOf(type, [length]);
        if (!reader.Tensors.TryGetValue(name, out SafetensorsEntry? entry))
            throw reader.Bad($"tensor '{name}' is missing.");
        return entry.Form == form ? entry : throw reader.Bad($"tensor '{name}' is {entry.Form}; {form} is needed.");
    }

    /// <summary>An F32 tensor of one dimension.</summary>
    public static float[] Floats(this SafetensorsReader reader, string name, int length)
    {
        SafetensorsEntry entry = reader.Vector(name, SafetensorsType.F32, length);
        float[] values = new float[length];
        reader.ReadFloats(entry, 0, values);
        return values;
    }

    public static string Bits(double value) => BitConverter.DoubleToUInt64Bits(value).ToString("x16", CultureInfo.InvariantCulture);

    private static ulong Parse(SafetensorsReader reader, string key, NumberStyles style)
    {
        string text = reader.Text(key);
        return ulong.TryParse(text, style, CultureInfo.InvariantCulture, out ulong value) ? value : throw reader.Bad($"{key} is {SafetensorsHeader.Quote(text)}, no 64-bit integer.");
    }
}
