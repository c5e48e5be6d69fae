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
        AddTensors(writer, network, string.Empty);
    }

    /// <summary>Adds parameters and running statistics; each name begins with <paramref name="prefix"/>.</summary>
    public static void AddTensors(SafetensorsWriter writer, Network network, string prefix)
    {
        foreach ((string name, int block, LayerTensor tensor) in TensorsOf(network.Blocks, name => prefix + name))
        {
            if (tensor.Place == TensorPlace.Counters)
                writer.AddInt64(name, network.Counters[network.CounterOffsets[block] + tensor.Offset]);
            else
                writer.AddFloats(name, tensor.Shape, stream => TensorElements.Write(stream, ElementsOf(network, block, tensor), tensor.Shape));
        }
    }

    /// <summary>Makes the network that the file holds.</summary>
    /// <param name="reader">The file.</param>
    /// <param name="isOther">Whether a tensor may be there without belonging to the network.</param>
    /// <exception cref="InvalidDataException">A newer format, an architecture that cannot be, or tensors that do not fit it.</exception>
    public static Network Read(SafetensorsReader reader, Func<string, bool> isOther)
    {
        NetworkBuilder builder = ReadArchitecture(reader);
        CheckTensors(reader, [.. TensorsOf(builder.Blocks, name => name)], isOther);
        Network network;
        try
        {
            network = builder.BuildUninitialized();
        }
        catch (Exception e) when (e is InvalidOperationException or OverflowException)
        {
            throw reader.Bad(e.Message, e);
        }

        Fill(reader, network, name => name, isOther);
        return network;
    }

    /// <summary>Reads the tensors of a network; nothing is written before all of them are there and fit.</summary>
    /// <param name="reader">The file.</param>
    /// <param name="network">What is overwritten.</param>
    /// <param name="nameInFile">The file's name of the tensor that <see cref="Add"/> would name so.</param>
    /// <param name="isOther">Whether a tensor may be there without belonging to the network.</param>
    /// <exception cref="InvalidDataException">A tensor is missing, has another shape, or belongs to nothing.</exception>
    public static void Fill(SafetensorsReader reader, Network network, Func<string, string> nameInFile, Func<string, bool> isOther)
    {
        List<(string Name, int Block, LayerTensor Tensor)> tensors = [.. TensorsOf(network.Blocks, nameInFile)];
        CheckTensors(reader, tensors, isOther);
        foreach ((string name, int block, LayerTensor tensor) in tensors)
        {
            SafetensorsEntry entry = reader.Tensors[name];
            if (tensor.Place == TensorPlace.Counters)
                network.Counters[network.CounterOffsets[block] + tensor.Offset] = reader.ReadInt64(entry);
            else
                TensorElements.Read(reader, entry, ElementsOf(network, block, tensor), tensor.Shape);
        }
    }

    private static IEnumerable<(string Name, int Block, LayerTensor Tensor)> TensorsOf(IReadOnlyList<Layer> blocks, Func<string, string> nameInFile)
    {
        int module = 0;
        for (int block = 0; block < blocks.Count; block++)
        {
            foreach (LayerTensor tensor in blocks[block].Tensors)
                yield return (nameInFile(string.Create(CultureInfo.InvariantCulture, $"{module}.{tensor.Name}")), block, tensor);
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
            bool isCounter = tensor.Place == TensorPlace.Counters;
            string form = SafetensorsEntry.FormOf(isCounter ? SafetensorsType.I64 : SafetensorsType.F32, tensor.Shape);
            if (!reader.Tensors.TryGetValue(name, out SafetensorsEntry? entry))
                throw reader.Bad($"tensor '{name}' of layer {block} is missing.");
            bool typeFits = isCounter ? entry.Type == SafetensorsType.I64 : SafetensorsType.IsFloat(entry.Type);
            if (!typeFits || !entry.Shape.AsSpan().SequenceEqual(tensor.Shape))
                throw reader.Bad($"tensor '{name}' of layer {block} is {entry.Form}; the architecture needs {form}.");
            if (isCounter && reader.ReadInt64(entry) is var count and < 0)
                throw reader.Bad($"tensor '{name}' counts {count} batches.");
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
}
