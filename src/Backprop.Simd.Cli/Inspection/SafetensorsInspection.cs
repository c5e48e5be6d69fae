using System.Globalization;
using Backprop.Simd.Cli.Reports;
using Backprop.Simd.Internal.IO;
using Backprop.Simd.Internal.Layers;

namespace Backprop.Simd.Cli.Inspection;

/// <summary>Networks, checkpoints, and safetensors files of others.</summary>
internal static class SafetensorsInspection
{
    private const string BitsSuffix = "_bits";

    public static void Write(string path, Screen screen)
    {
        using var reader = new SafetensorsReader(path);
        bool isCheckpoint = reader.Metadata.ContainsKey(Trainer.LossKey), isNetwork = reader.Metadata.ContainsKey(NetworkFile.ArchitectureKey);
        FileHeading.Write(screen, path, isCheckpoint ? "a checkpoint" : isNetwork ? "a network" : "safetensors without an architecture");
        if (isNetwork)
            WriteNetwork(NetworkFile.Read(reader, isOther: _ => isCheckpoint), screen);
        WriteTensors(reader, screen);
        WriteMetadata(reader.Metadata, screen);
    }

    private static void WriteNetwork(Network network, Screen screen)
    {
        screen.Line(FormattableString.Invariant($"{network.InputSize} inputs, {network.OutputSize} outputs, {network.ParameterCount:N0} parameters"));
        screen.Line($"Fingerprint: {network.Fingerprint()}");
        screen.Line();
        screen.Table(["layer", "inputs", "outputs", "parameters", "with"],
            [.. network.Blocks.Select(block => (IReadOnlyList<Cell>)[block.GetType().Name, Count(block.InputSize), Count(block.OutputSize), Count(block.ParameterCount), With(block)])]);
        screen.Line();
    }

    private static string With(Layer layer) => layer switch
    {
        Dense dense => new Activation(dense.Activation).ToString(),
        Dropout dropout => FormattableString.Invariant($"rate {dropout.Rate}"),
        BatchNorm norm => FormattableString.Invariant($"momentum {norm.Momentum}"),
        _ => string.Empty,
    };

    private static void WriteTensors(SafetensorsReader reader, Screen screen)
    {
        if (reader.Tensors.Count == 0)
            screen.Line("No tensors");
        else
            screen.Table(["tensor", "type", "shape", .. NumberSummary.Headers], [.. reader.Tensors.Values.OrderBy(entry => entry.Begin).Select(entry => Row(reader, entry))]);
    }

    private static IReadOnlyList<Cell> Row(SafetensorsReader reader, SafetensorsEntry entry)
    {
        var summary = new NumberSummary();
        if (entry.Type == SafetensorsType.F32)
        {
            float[] part = new float[1 << 14];
            long count = (entry.End - entry.Begin) / sizeof(float);
            for (long at = 0; at < count; at += part.Length)
            {
                Span<float> values = part.AsSpan(0, (int)Math.Min(part.Length, count - at));
                reader.ReadFloats(entry, at, values);
                summary.Add(values);
            }
        }

        return [FileHeading.OneLine(entry.Name), entry.Type, FileHeading.Sizes(entry.Shape), .. summary.Cells()];
    }

    /// <summary>The architecture is in the table of layers already.</summary>
    private static void WriteMetadata(IReadOnlyDictionary<string, string> metadata, Screen screen)
    {
        foreach ((string key, string value) in metadata.Where(pair => pair.Key != NetworkFile.ArchitectureKey).OrderBy(pair => pair.Key, StringComparer.Ordinal))
            screen.Line($"{FileHeading.OneLine(key)}: {FileHeading.OneLine(Readable(key, value))}");
    }

    // Doubles are kept as their bits.
    private static string Readable(string key, string value) =>
        key.StartsWith(NetworkFile.Prefix, StringComparison.Ordinal) && key.EndsWith(BitsSuffix, StringComparison.Ordinal)
        && ulong.TryParse(value, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong bits)
            ? FormattableString.Invariant($"{value} ({BitConverter.UInt64BitsToDouble(bits)})")
            : value;

    private static string Count(int count) => FormattableString.Invariant($"{count:N0}");
}
