using System.Globalization;
using Backprop.Simd.Internal.Layers;

namespace Backprop.Simd.Internal.IO;

/// <summary>A network as a part of a safetensors file: PyTorch's names and shapes for the tensors, the architecture in the metadata.</summary>
internal static class NetworkFile
{
    /// <summary>The newest format that is known, and the one that is written.</summary>
    public const int Version = 1;

    public const string Prefix = "backprop_simd.";

    private const string VersionKey = Prefix + "format_version";
    public const string ArchitectureKey = Prefix + "architecture";
    private const char Separator = ';';

    /// <summary>The layers' descriptions.</summary>
    public static string ArchitectureOf(Network network) => string.Join(Separator, network.Blocks.Select(block => block.Description));

    /// <summary>Adds everything that the network is.</summary>
    public static void Add(SafetensorsWriter writer, Network network)
    {
        writer.AddMetadata("format", "pt");
        writer.AddMetadata(VersionKey, Version.ToString(CultureInfo.InvariantCulture));
        writer.AddMetadata(ArchitectureKey, ArchitectureOf(network));
        foreach ((string name, int block, LayerTensor tensor) in TensorsOf(network.Blocks))
        {
            if (tensor.Place == TensorPlace.Counters)
                writer.AddInt64(name, network.Counters[network.CounterOffsets[block] + tensor.Offset]);
            else
                writer.AddFloats(name, tensor.Shape, stream => WriteElements(stream, ElementsOf(network, block, tensor), tensor.Shape));
        }
    }

    /// <summary>Makes the network that the file holds.</summary>
    /// <param name="reader">The file.</param>
    /// <param name="isOther">Whether a tensor may be there without belonging to the network.</param>
    /// <exception cref="InvalidDataException">A newer format, an architecture that cannot be, or tensors that do not fit it.</exception>
    public static Network Read(SafetensorsReader reader, Func<string, bool> isOther)
    {
        NetworkBuilder builder = ReadArchitecture(reader);
        List<(string Name, int Block, LayerTensor Tensor)> tensors = [.. TensorsOf(builder.Blocks)];
        CheckTensors(reader, tensors, isOther);
        Network network;
        try
        {
            network = builder.BuildUninitialized();
        }
        catch (Exception e) when (e is InvalidOperationException or OverflowException)
        {
            throw reader.Bad(e.Message, e);
        }

        foreach ((string name, int block, LayerTensor tensor) in tensors)
        {
            SafetensorsEntry entry = reader.Tensors[name];
            if (tensor.Place == TensorPlace.Counters)
                network.Counters[network.CounterOffsets[block] + tensor.Offset] = ReadCounter(reader, entry);
            else
                ReadElements(reader, entry, ElementsOf(network, block, tensor), tensor.Shape);
        }

        return network;
    }

    private static IEnumerable<(string Name, int Block, LayerTensor Tensor)> TensorsOf(IReadOnlyList<Layer> blocks)
    {
        int module = 0;
        for (int block = 0; block < blocks.Count; block++)
        {
            foreach (LayerTensor tensor in blocks[block].Tensors)
                yield return (string.Create(CultureInfo.InvariantCulture, $"{module}.{tensor.Name}"), block, tensor);
            module += blocks[block].ModuleCount;
        }
    }

    private static NetworkBuilder ReadArchitecture(SafetensorsReader reader)
    {
        if (!reader.Metadata.TryGetValue(VersionKey, out string? versionText))
            throw reader.Bad($"its __metadata__ has no {VersionKey}: it was not written by this library, and holds no architecture.");
        if (!int.TryParse(versionText, NumberStyles.None, CultureInfo.InvariantCulture, out int version) || version < 1)
            throw reader.Bad($"{VersionKey} is {SafetensorsHeader.Quote(versionText)}, no version.");
        if (version > Version)
            throw reader.Bad($"its format version is {version}; this library reads up to version {Version}.");
        if (!reader.Metadata.TryGetValue(ArchitectureKey, out string? architecture))
            throw reader.Bad($"its __metadata__ has no {ArchitectureKey}.");

        NetworkBuilder? builder = null;
        string[] layers = architecture.Split(Separator);
        for (int i = 0; i < layers.Length; i++)
        {
            try
            {
                builder ??= new NetworkBuilder(LayerText.InputSize(layers[i]));
                LayerText.Add(builder, layers[i]);
            }
            catch (Exception e) when (e is FormatException or ArgumentException or InvalidOperationException)
            {
                throw reader.Bad($"layer {i} of {ArchitectureKey}, {SafetensorsHeader.Quote(layers[i])}: {e.Message}", e);
            }
        }

        return builder!;
    }

    private static void CheckTensors(SafetensorsReader reader, List<(string Name, int Block, LayerTensor Tensor)> expected, Func<string, bool> isOther)
    {
        foreach ((string name, int block, LayerTensor tensor) in expected)
        {
            string form = SafetensorsEntry.FormOf(tensor.Place == TensorPlace.Counters ? SafetensorsType.I64 : SafetensorsType.F32, tensor.Shape);
            if (!reader.Tensors.TryGetValue(name, out SafetensorsEntry? entry))
                throw reader.Bad($"tensor '{name}' of layer {block} is missing.");
            if (entry.Form != form)
                throw reader.Bad($"tensor '{name}' of layer {block} is {entry.Form}; the architecture needs {form}.");
        }

        var names = expected.Select(tensor => tensor.Name).ToHashSet(StringComparer.Ordinal);
        foreach (string name in reader.Tensors.Keys)
        {
            if (!names.Contains(name) && !isOther(name))
                throw reader.Bad($"tensor {SafetensorsHeader.Quote(name)} belongs to no layer of the architecture.");
        }
    }

    private static Span<float> ElementsOf(Network network, int block, in LayerTensor tensor)
    {
        int count = 1;
        foreach (long dimension in tensor.Shape)
            count *= (int)dimension;
        return tensor.Place == TensorPlace.Parameters
            ? network.Parameters.Slice(network.Offsets[block] + tensor.Offset, count)
            : network.Statistics.Slice(network.StatisticsOffsets[block] + tensor.Offset, count);
    }

    // A matrix is stored row by row of the file, which are the columns in memory.
    private static void WriteElements(Stream stream, ReadOnlySpan<float> elements, long[] shape)
    {
        if (shape.Length < 2)
        {
            LittleEndian.Write(stream, elements);
            return;
        }

        int rows = (int)shape[0];
        float[] row = new float[shape[1]];
        for (int r = 0; r < rows; r++)
        {
            for (int c = 0; c < row.Length; c++)
                row[c] = elements[(c * rows) + r];
            LittleEndian.Write(stream, row);
        }
    }

    private static void ReadElements(SafetensorsReader reader, SafetensorsEntry entry, Span<float> elements, long[] shape)
    {
        if (shape.Length < 2)
        {
            reader.ReadFloats(entry, 0, elements);
            return;
        }

        int rows = (int)shape[0];
        float[] row = new float[shape[1]];
        for (int r = 0; r < rows; r++)
        {
            reader.ReadFloats(entry, (long)r * row.Length, row);
            for (int c = 0; c < row.Length; c++)
                elements[(c * rows) + r] = row[c];
        }
    }

    private static long ReadCounter(SafetensorsReader reader, SafetensorsEntry entry)
    {
        long value = reader.ReadInt64(entry);
        return value >= 0 ? value : throw reader.Bad($"tensor '{entry.Name}' counts {value} batches.");
    }
}
