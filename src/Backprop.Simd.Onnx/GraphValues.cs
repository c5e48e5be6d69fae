using Google.Protobuf.Collections;

namespace Backprop.Simd.Internal.Onnx;

/// <summary>Who makes which value of a graph, and which values are constants.</summary>
internal sealed class GraphValues
{
    private readonly string _path;
    private readonly Dictionary<string, TensorProto> _constants = new(StringComparer.Ordinal);
    private readonly Dictionary<string, NodeProto> _producers = new(StringComparer.Ordinal);

    public GraphValues(string path, GraphProto graph)
    {
        _path = path;
        var known = new HashSet<string>(StringComparer.Ordinal);
        foreach (TensorProto tensor in graph.Initializer)
        {
            if (!_constants.TryAdd(tensor.Name, tensor))
                throw new InvalidDataException($"{path}: two tensors are named '{tensor.Name}'.");
            known.Add(tensor.Name);
        }

        foreach (ValueInfoProto input in graph.Input)
            known.Add(input.Name);
        foreach (NodeProto node in graph.Node)
        {
            if (node.Output.Count == 0)
                throw Bad(node, "it has no output.");

            // Only what is there already may be used: a graph that passes has no cycles.
            foreach (string input in node.Input)
            {
                if (input.Length > 0 && !known.Contains(input))
                    throw Bad(node, $"its input '{input}' is made by no node before it.");
            }

            foreach (string output in node.Output)
            {
                if (output.Length > 0 && !known.Add(output))
                    throw Bad(node, $"its output '{output}' is there already.");
            }

            if (node is { OpType: "Constant", Domain: "" or "ai.onnx" })
                _constants[node.Output[0]] = ConstantOf(node);
            else
                _producers[node.Output[0]] = node;
        }
    }

    public static string Describe(NodeProto node) => $"node '{(node.Name.Length > 0 || node.Output.Count == 0 ? node.Name : node.Output[0])}' ({node.OpType})";

    public static bool HasInput(NodeProto node, int index) => node.Input.Count > index && node.Input[index].Length > 0;

    public InvalidDataException Bad(NodeProto node, string problem) => new($"{_path}: {Describe(node)}: {problem}");

    public bool IsConstant(string name) => _constants.ContainsKey(name);

    public TensorProto? Constant(string name) => _constants.GetValueOrDefault(name);

    /// <summary>The node whose first output the value is.</summary>
    public NodeProto? Producer(string name) => _producers.GetValueOrDefault(name);

    /// <summary>The value behind any number of Identity nodes.</summary>
    public string Source(string name)
    {
        while (Producer(name) is { OpType: "Identity", Domain: "" or "ai.onnx", Input: [string source, ..] })
            name = source;
        return name;
    }

    /// <summary>The value of a constant that has one, or null.</summary>
    public double? Scalar(string name) =>
        Constant(Source(name)) is { } tensor && Constants.Problem(tensor, out int count) is null && count == 1 ? Constants.Value(tensor, 0) : null;

    /// <summary>Refuses another number of inputs, and attributes that would change what the node does without being understood.</summary>
    public void Allow(NodeProto node, int fewestInputs, int mostInputs, params ReadOnlySpan<string> attributes)
    {
        for (int i = 0; i < fewestInputs; i++)
        {
            if (!HasInput(node, i))
                throw Bad(node, $"input {i} is missing.");
        }

        if (node.Input.Count > mostInputs)
            throw Bad(node, $"it has {node.Input.Count} inputs; at most {mostInputs} are read.");
        foreach (AttributeProto attribute in node.Attribute)
        {
            if (!attributes.Contains(attribute.Name))
                throw Bad(node, $"its attribute '{attribute.Name}' is not read.");
        }
    }

    public float Float(NodeProto node, string name, float standard) => Find(node, name) is not { } attribute ? standard : attribute.HasF ? attribute.F : throw Bad(node, $"{name} is no float.");

    public long Int(NodeProto node, string name, long standard) => Find(node, name) is not { } attribute ? standard : attribute.HasI ? attribute.I : throw Bad(node, $"{name} is no integer.");

    public string Text(NodeProto node, string name, string standard) => Find(node, name) is not { } attribute ? standard : attribute.HasS ? attribute.S.ToStringUtf8() : throw Bad(node, $"{name} is no text.");

    /// <summary>Whether a Transpose swaps two dimensions.</summary>
    public static bool IsReversal(NodeProto transpose) => Find(transpose, "perm") is not { } perm || perm.Ints is [1, 0];

    private static AttributeProto? Find(NodeProto node, string name)
    {
        foreach (AttributeProto attribute in node.Attribute)
        {
            if (attribute.Name == name)
                return attribute;
        }

        return null;
    }

    private TensorProto ConstantOf(NodeProto node)
    {
        AttributeProto? attribute = node.Attribute is [var single] ? single : null;
        TensorProto tensor = attribute switch
        {
            { Name: "value", T: { } value } => value,
            { Name: "value_float", HasF: true } => Floats([attribute.F]),
            { Name: "value_floats" } => Floats(attribute.Floats),
            { Name: "value_int", HasI: true } => Ints([attribute.I]),
            { Name: "value_ints" } => Ints(attribute.Ints),
            _ => throw Bad(node, "it has no value that is read."),
        };
        if (tensor.Name.Length == 0)
            tensor.Name = node.Output[0];
        if (attribute.Name is "value_floats" or "value_ints")
            tensor.Dims.Add(Math.Max(tensor.FloatData.Count, tensor.Int64Data.Count));
        return tensor;

        static TensorProto Floats(RepeatedField<float> values) => new() { DataType = (int)TensorProto.Types.DataType.Float, FloatData = { values } };

        static TensorProto Ints(RepeatedField<long> values) => new() { DataType = (int)TensorProto.Types.DataType.Int64, Int64Data = { values } };
    }
}
