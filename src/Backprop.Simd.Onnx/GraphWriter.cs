using System.Buffers.Binary;
using System.Globalization;
using Backprop.Simd.Internal.Activations;
using Backprop.Simd.Internal.Layers;
using Backprop.Simd.Onnx;
using Google.Protobuf;

namespace Backprop.Simd.Internal.Onnx;

/// <summary>A network's forward pass as a chain of ONNX nodes.</summary>
internal sealed class GraphWriter
{
    private readonly Network _network;
    private readonly OnnxExportOptions _options;
    private readonly GraphProto _graph = new() { Name = "network" };
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private string _current;

    public GraphWriter(Network network, OnnxExportOptions options)
    {
        ArgumentException.ThrowIfNullOrEmpty(options.InputName, nameof(options.InputName));
        ArgumentException.ThrowIfNullOrEmpty(options.OutputName, nameof(options.OutputName));
        if (options.InputName == options.OutputName)
            throw new ArgumentException($"Input and output have the same name, '{options.InputName}'.", nameof(options));
        if (options.Opset is < OnnxExportOptions.MinimumOpset or > OnnxExportOptions.MaximumOpset)
        {
            throw new ArgumentOutOfRangeException(
                nameof(options), options.Opset, $"Opset must be {OnnxExportOptions.MinimumOpset} to {OnnxExportOptions.MaximumOpset}.");
        }

        if (!Enum.IsDefined(options.Output))
            throw new ArgumentOutOfRangeException(nameof(options), options.Output, "Output is no OnnxOutput.");
        CheckLength(options.InputOffset, nameof(options.InputOffset), network.InputSize);
        CheckLength(options.InputScale, nameof(options.InputScale), network.InputSize);

        // A protobuf message ends at 2 GiB; what is not parameters is far below a mebibyte times layers.
        if ((network.ParameterCount + (long)network.Statistics.Length) * sizeof(float) > int.MaxValue - (1L << 24))
            throw new InvalidOperationException($"The network's {network.ParameterCount} parameters are beyond the 2 GiB of an ONNX file.");
        _network = network;
        _options = options;
        _current = options.InputName;
        _names.Add(options.InputName);
        _names.Add(options.OutputName);
    }

    public ModelProto Write()
    {
        _graph.Input.Add(Value(_options.InputName, _network.InputSize));
        if (_options.InputOffset is { } offset)
            Node("Sub", "scaling", Tensor("scaling.offset", [offset.Length], offset.Span));
        if (_options.InputScale is { } scale)
            Node("Mul", "scaling", Tensor("scaling.scale", [scale.Length], scale.Span));
        for (int i = 0; i < _network.Blocks.Length; i++)
            Layer(_network.Blocks[i], i, isLast: i == _network.Blocks.Length - 1);
        bool endsWithSoftmax = _network.Blocks[^1] is Dense { Activation.Id: ActivationId.Softmax };
        if (_options.Output == OnnxOutput.Probabilities && !endsWithSoftmax)
            Softmax("output");
        Finish();
        _graph.Output.Add(Value(_options.OutputName, _network.OutputSize));
        return new ModelProto
        {
            IrVersion = _options.Opset switch { < 19 => 8, < 21 => 9, _ => 10 },
            ProducerName = "Backprop.Simd",
            ProducerVersion = typeof(GraphWriter).Assembly.GetName().Version?.ToString(3) ?? string.Empty,
            OpsetImport = { new OperatorSetIdProto { Version = _options.Opset } },
            Graph = _graph,
        };
    }

    private static void CheckLength(ReadOnlyMemory<float>? values, string name, int inputs)
    {
        if (values is { } present && present.Length != inputs)
            throw new ArgumentException($"{name} has {present.Length} values; the network has {inputs} inputs.", name);
    }

    private static ValueInfoProto Value(string name, int size) => new()
    {
        Name = name,
        Type = new TypeProto
        {
            TensorType = new TypeProto.Types.Tensor
            {
                ElemType = (int)TensorProto.Types.DataType.Float,
                Shape = new TensorShapeProto
                {
                    Dim =
                    {
                        new TensorShapeProto.Types.Dimension { DimParam = "batch" },
                        new TensorShapeProto.Types.Dimension { DimValue = size },
                    },
                },
            },
        },
    };

    private void Layer(Layer layer, int index, bool isLast)
    {
        string prefix = index.ToString(CultureInfo.InvariantCulture);
        Span<float> parameters = _network.Parameters.Slice(_network.Offsets[index], layer.ParameterCount);
        Span<float> statistics = _network.Statistics.Slice(_network.StatisticsOffsets[index], layer.StatisticsCount);
        switch (layer)
        {
            case Dense dense:
                string weight = Tensor($"{prefix}.weight", [dense.InputSize, dense.OutputSize], parameters[..dense.WeightCount]);
                Node("Gemm", prefix, weight, Tensor($"{prefix}.bias", [dense.OutputSize], parameters[dense.WeightCount..]));
                if (!(isLast && dense.Activation.Id == ActivationId.Softmax && _options.Output == OnnxOutput.Logits))
                    Activation(dense.Activation, prefix);
                break;
            case LayerNorm norm:
                Node("LayerNormalization", prefix, Tensor($"{prefix}.weight", [norm.InputSize], parameters[..norm.WeightCount]), Tensor($"{prefix}.bias", [norm.InputSize], parameters[norm.WeightCount..]))
                    .Attribute.Add([Attribute("axis", -1L), Attribute("epsilon", LayerNorm.Epsilon)]);
                break;
            case BatchNorm norm:
                Node(
                    "BatchNormalization",
                    prefix,
                    Tensor($"{prefix}.weight", [norm.InputSize], parameters[..norm.WeightCount]),
                    Tensor($"{prefix}.bias", [norm.InputSize], parameters[norm.WeightCount..]),
                    Tensor($"{prefix}.running_mean", [norm.InputSize], statistics[..norm.InputSize]),
                    Tensor($"{prefix}.running_var", [norm.InputSize], statistics[norm.InputSize..]))
                    .Attribute.Add([Attribute("epsilon", LayerNorm.Epsilon), Attribute("momentum", (float)(1 - norm.Momentum))]);
                break;
            case Scale scale:
                Node("Sub", prefix, Tensor($"{prefix}.shift", [scale.InputSize], statistics[..scale.InputSize]));
                Node("Mul", prefix, Tensor($"{prefix}.factor", [scale.InputSize], statistics.Slice(scale.InputSize, scale.InputSize)));
                Node("Add", prefix, Tensor($"{prefix}.offset", [scale.InputSize], statistics[(2 * scale.InputSize)..]));
                break;
            case Dropout:
                break;
            default:
                throw new NotSupportedException($"Layer {index}, {layer.Description}, has no form in ONNX.");
        }
    }

    private void Activation(ActivationKind kind, string prefix)
    {
        string x = _current;
        switch (kind.Id)
        {
            case ActivationId.Identity:
                break;
            case ActivationId.ReLU:
                Node("Relu", prefix);
                break;
            case ActivationId.LeakyReLU:
                Node("LeakyRelu", prefix).Attribute.Add(Attribute("alpha", kind.Parameter));
                break;
            case ActivationId.ELU:
                Node("Elu", prefix).Attribute.Add(Attribute("alpha", kind.Parameter));
                break;
            case ActivationId.Softplus:
                Node("Softplus", prefix);
                break;
            case ActivationId.Sigmoid:
                Node("Sigmoid", prefix);
                break;
            case ActivationId.Tanh:
                Node("Tanh", prefix);
                break;
            case ActivationId.GELU or ActivationId.GELUTanh when _options.Opset >= 20:
                Node("Gelu", prefix).Attribute.Add(Attribute("approximate", kind.Id == ActivationId.GELU ? "none" : "tanh"));
                break;
            case ActivationId.GELU:
                // x (1 + erf(x / sqrt 2)) / 2
                Node("Mul", prefix, Scalar($"{prefix}.root", 0.707106781f));
                Node("Erf", prefix);
                HalfOfOnePlus(x, prefix);
                break;
            case ActivationId.GELUTanh:
                // x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2
                Node("Mul", prefix, x);
                Node("Mul", prefix, Scalar($"{prefix}.cubic", 0.0356774081f));
                Node("Add", prefix, Scalar($"{prefix}.linear", 0.797884561f));
                Node("Mul", prefix, x);
                Node("Tanh", prefix);
                HalfOfOnePlus(x, prefix);
                break;
            case ActivationId.SiLU:
                Node("Sigmoid", prefix);
                Node("Mul", prefix, x);
                break;
            case ActivationId.HardSwish:
                Node("HardSwish", prefix);
                break;
            case ActivationId.Softmax:
                Softmax(prefix);
                break;
            default:
                throw new NotSupportedException($"{kind.Id} has no form in ONNX.");
        }
    }

    private void HalfOfOnePlus(string x, string prefix)
    {
        Node("Add", prefix, Scalar($"{prefix}.one", 1));
        Node("Mul", prefix, x);
        Node("Mul", prefix, Scalar($"{prefix}.half", 0.5f));
    }

    private void Softmax(string prefix) => Node("Softmax", prefix).Attribute.Add(Attribute("axis", -1L));

    /// <summary>Appends a node whose first input is the current value, and whose output then is the current one.</summary>
    private NodeProto Node(string operation, string prefix, params ReadOnlySpan<string> inputs)
    {
        string name = Unused($"{prefix}.{operation}");
        var node = new NodeProto { OpType = operation, Name = name, Input = { _current }, Output = { name } };
        foreach (string input in inputs)
            node.Input.Add(input);
        _graph.Node.Add(node);
        _current = name;
        return node;
    }

    private void Finish()
    {
        if (_graph.Node.Count == 0)
            Node("Identity", "output");
        _graph.Node[^1].Output[0] = _options.OutputName;
    }

    private string Tensor(string name, ReadOnlySpan<long> shape, ReadOnlySpan<float> values)
    {
        byte[] bytes = new byte[values.Length * sizeof(float)];
        for (int i = 0; i < values.Length; i++)
            BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(i * sizeof(float)), values[i]);
        var tensor = new TensorProto { Name = Unused(name), DataType = (int)TensorProto.Types.DataType.Float, RawData = UnsafeByteOperations.UnsafeWrap(bytes) };
        foreach (long dimension in shape)
            tensor.Dims.Add(dimension);
        _graph.Initializer.Add(tensor);
        return tensor.Name;
    }

    private string Scalar(string name, float value) => Tensor(name, [], [value]);

    private string Unused(string name)
    {
        string candidate = name;
        for (int number = 2; !_names.Add(candidate); number++)
            candidate = string.Create(CultureInfo.InvariantCulture, $"{name}_{number}");
        return candidate;
    }

    private static AttributeProto Attribute(string name, float value) => new() { Name = name, F = value, Type = AttributeProto.Types.AttributeType.Float };

    private static AttributeProto Attribute(string name, long value) => new() { Name = name, I = value, Type = AttributeProto.Types.AttributeType.Int };

    private static AttributeProto Attribute(string name, string value) => new() { Name = name, S = ByteString.CopyFromUtf8(value), Type = AttributeProto.Types.AttributeType.String };
}
