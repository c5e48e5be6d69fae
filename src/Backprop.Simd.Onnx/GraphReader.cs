using System.Globalization;
using Backprop.Simd.Internal.Activations;
using Backprop.Simd.Internal.Layers;

namespace Backprop.Simd.Internal.Onnx;

/// <summary>Takes a graph apart from its output back to its input, one step after the other.</summary>
internal sealed class GraphReader
{
    private const int OldestOpset = 7;

    private readonly string _path;
    private readonly GraphProto _graph;
    private readonly GraphValues _values;
    private readonly Gates _gates;
    private readonly string _input;
    private readonly int _inputRank;
    private readonly int _inputSize;
    private bool _flattensInput;

    // A file may use a tensor again and again, or need identity matrices; the memory stays in proportion all the same.
    private long _floatsLeft;

    public GraphReader(string path, ModelProto model, long fileLength)
    {
        _path = path;
        _floatsLeft = (fileLength / sizeof(float)) + (1 << 16);
        if (model.Graph is null)
            throw Bad("it holds no graph.");
        long opset = model.OpsetImport.FirstOrDefault(import => import.Domain is "" or "ai.onnx")?.Version ?? 0;
        if (opset < OldestOpset)
            throw Bad($"its operator set is version {opset}; {OldestOpset} and later ones are read.");
        _graph = model.Graph;
        _values = new GraphValues(path, _graph);
        _gates = new Gates(_values);
        ValueInfoProto[] inputs = [.. _graph.Input.Where(input => !_values.IsConstant(input.Name))];
        if (inputs.Length != 1)
            throw Bad($"the graph has {inputs.Length} inputs without values; one is needed.");
        if (_graph.Output.Count != 1)
            throw Bad($"the graph has {_graph.Output.Count} outputs; one is needed.");
        _input = inputs[0].Name;
        (_inputRank, _inputSize) = ShapeOf(inputs[0]);
    }

    public Network Read()
    {
        var steps = new List<Step>();
        string value = _values.Source(_graph.Output[0].Name);
        while (value != _input)
        {
            NodeProto node = _values.Producer(value) ?? throw Bad($"'{value}' does not depend on the input.");
            (Step? step, string from) = Take(node);
            if (step is not null)
                steps.Add(step);
            value = _values.Source(from);
        }

        if (_inputRank > 2 && !_flattensInput)
            throw Bad($"its input has {_inputRank} dimensions, and no Flatten or Reshape follows it.");
        steps.Reverse();
        return new StepAssembly(_path, steps, _inputSize, Reserve).Build();
    }

    private (int Rank, int Size) ShapeOf(ValueInfoProto input)
    {
        if (input.Type?.TensorType is not { } type)
            return (2, 0);
        if (type.ElemType is not (0 or (int)TensorProto.Types.DataType.Float))
            throw Bad($"its input's element type is number {type.ElemType}; float (1) is read.");
        if (type.Shape is not { } shape)
            return (2, 0);
        if (shape.Dim.Count < 2)
            throw Bad($"its input has {shape.Dim.Count} dimensions; [batch, values] is needed.");
        long size = 1;
        foreach (TensorShapeProto.Types.Dimension dimension in shape.Dim.Skip(1))
        {
            long length = dimension.DimValue;
            if (length < 0)
                throw Bad($"its input has a dimension of length {length}.");
            if (length == 0)
                return (shape.Dim.Count, 0);
            if (length > int.MaxValue / size)
                throw Bad("its input has more values than can be addressed.");
            size *= length;
        }

        return (shape.Dim.Count, (int)size);
    }

    /// <summary>The step that a node is, if any, and the value that it works on.</summary>
    private (Step? Step, string From) Take(NodeProto node)
    {
        if (node.Domain is not ("" or "ai.onnx"))
            throw _values.Bad(node, $"operators of the domain '{node.Domain}' are not read.");
        string where = GraphValues.Describe(node);
        switch (node.OpType)
        {
            case "Gemm":
                return Gemm(node, where);
            case "MatMul":
                _values.Allow(node, 2, 2);
                if (_values.IsConstant(_values.Source(node.Input[0])))
                    throw _values.Bad(node, "weights times values is not read, only values times weights.");
                (float[] weights, int outputs) = Matrix(node, node.Input[1], transpose: false, 1);
                return (new Step.Linear(where, weights, new float[Reserve(outputs, where)]), node.Input[0]);
            case "Add" or "Sub" or "Mul" or "Div":
                return Arithmetic(node, where);
            case "Relu":
                return Activation(node, where, new(ActivationId.ReLU, 0));
            case "LeakyRelu":
                return Activation(node, where, new(ActivationId.LeakyReLU, _values.Float(node, "alpha", 0.01f)), "alpha");
            case "Elu":
                return Activation(node, where, new(ActivationId.ELU, _values.Float(node, "alpha", 1)), "alpha");
            case "Softplus":
                return Activation(node, where, new(ActivationId.Softplus, 0));
            case "Sigmoid":
                return Activation(node, where, new(ActivationId.Sigmoid, 0));
            case "Tanh":
                return Activation(node, where, new(ActivationId.Tanh, 0));
            case "HardSwish":
                return Activation(node, where, new(ActivationId.HardSwish, 0));
            case "Gelu":
                ActivationId id = _values.Text(node, "approximate", "none") switch
                {
                    "none" => ActivationId.GELU,
                    "tanh" => ActivationId.GELUTanh,
                    string other => throw _values.Bad(node, $"approximate is '{other}'; none and tanh are read."),
                };
                return Activation(node, where, new(id, 0), "approximate");
            case "Softmax":
                RequireAxis(node, 1);
                return Activation(node, where, new(ActivationId.Softmax, 0), "axis");
            case "LayerNormalization":
                return LayerNormalization(node, where);
            case "BatchNormalization":
                return BatchNormalization(node, where);
            case "Dropout":
                return Dropout(node, where);
            case "Flatten":
                _values.Allow(node, 1, 1, "axis");
                return _values.Int(node, "axis", 1) == 1 ? Flatten(node) : throw _values.Bad(node, "axis must be 1: the batch stays as it is.");
            case "Reshape":
                _values.Allow(node, 2, 2, "allowzero");
                return Reshape(node);
            case "Cast":
                _values.Allow(node, 1, 1, "to", "saturate");
                return _values.Int(node, "to", 0) == (int)TensorProto.Types.DataType.Float ? (null, node.Input[0]) : throw _values.Bad(node, "only casts to float are read.");
            default:
                throw _values.Bad(node, "this operator is no part of the multi-layer perceptrons that are read.");
        }
    }

    private (Step? Step, string From) Activation(NodeProto node, string where, ActivationKind kind, params ReadOnlySpan<string> attributes)
    {
        _values.Allow(node, 1, 1, attributes);
        return float.IsFinite(kind.Parameter) ? (new Step.Elementwise(where, kind), node.Input[0]) : throw _values.Bad(node, string.Create(CultureInfo.InvariantCulture, $"alpha is {kind.Parameter}."));
    }

    private (Step? Step, string From) Gemm(NodeProto node, string where)
    {
        _values.Allow(node, 2, 3, "alpha", "beta", "transA", "transB");
        if (_values.IsConstant(_values.Source(node.Input[0])))
            throw _values.Bad(node, "weights times values is not read, only values times weights.");
        if (_values.Int(node, "transA", 0) != 0)
            throw _values.Bad(node, "transA would take examples as columns: it is not read.");
        (float[] weights, int outputs) = Matrix(node, node.Input[1], _values.Int(node, "transB", 0) != 0, _values.Float(node, "alpha", 1));
        float[] bias = new float[Reserve(outputs, where)];
        if (GraphValues.HasInput(node, 2))
        {
            float beta = _values.Float(node, "beta", 1);
            float[] values = Row(node, node.Input[2]);
            if (values.Length != 1 && values.Length != outputs)
                throw _values.Bad(node, $"the bias has {values.Length} values for {outputs} outputs.");
            for (int i = 0; i < outputs; i++)
                bias[i] = beta * values[values.Length == 1 ? 0 : i];
        }

        return (new Step.Linear(where, weights, bias), node.Input[0]);
    }

    private (Step? Step, string From) Arithmetic(NodeProto node, string where)
    {
        _values.Allow(node, 2, 2);
        if (_gates.Match(node) is { } gate)
            return (new Step.Elementwise(where, new(gate.Activation, 0)), gate.From);
        string left = _values.Source(node.Input[0]), right = _values.Source(node.Input[1]);
        bool leftIsConstant = _values.IsConstant(left);
        if (leftIsConstant == _values.IsConstant(right))
            throw _values.Bad(node, leftIsConstant ? "both operands are constant." : "both operands depend on the input, and they make no activation that is known.");
        if (leftIsConstant && node.OpType == "Div")
            throw _values.Bad(node, "division by values is not read.");
        float[] constant = Row(node, leftIsConstant ? left : right);
        Step.Affine step = node.OpType switch
        {
            "Add" => new(where, [1], constant),
            "Sub" when leftIsConstant => new(where, [-1], constant),
            "Sub" => new(where, [1], Array.ConvertAll(constant, value => -value)),
            "Mul" => new(where, constant, [0]),
            _ => new(where, Array.ConvertAll(constant, value => 1 / value), [0]),
        };
        return (step, leftIsConstant ? right : left);
    }

    private (Step? Step, string From) LayerNormalization(NodeProto node, string where)
    {
        _values.Allow(node, 2, 3, "axis", "epsilon", "stash_type");
        RequireAxis(node, -1);
        float epsilon = _values.Float(node, "epsilon", LayerNorm.Epsilon);
        if (epsilon != LayerNorm.Epsilon)
            throw _values.Bad(node, string.Create(CultureInfo.InvariantCulture, $"epsilon is {epsilon}; this library's is {LayerNorm.Epsilon}."));
        float[] scale = Row(node, node.Input[1]);
        float[] shift = GraphValues.HasInput(node, 2) ? Row(node, node.Input[2]) : new float[Reserve(scale.Length, where)];
        return shift.Length == scale.Length ? (new Step.RowNorm(where, scale, shift), node.Input[0]) : throw _values.Bad(node, "scale and shift have not the same length.");
    }

    private (Step? Step, string From) BatchNormalization(NodeProto node, string where)
    {
        _values.Allow(node, 5, 5, "epsilon", "momentum", "training_mode", "spatial");
        if (_values.Int(node, "training_mode", 0) != 0 || _values.Int(node, "spatial", 1) != 1)
            throw _values.Bad(node, "only the form for inference is read.");
        float momentum = _values.Float(node, "momentum", 0.9f);
        if (!(momentum is >= 0 and <= 1))
            throw _values.Bad(node, string.Create(CultureInfo.InvariantCulture, $"momentum is {momentum}."));
        float[] scale = Row(node, node.Input[1]), shift = Row(node, node.Input[2]), mean = Row(node, node.Input[3]), variance = Row(node, node.Input[4]);
        if (shift.Length != scale.Length || mean.Length != scale.Length || variance.Length != scale.Length)
            throw _values.Bad(node, "scale, shift, mean and variance have not the same length.");

        // Only the sum of variance and epsilon matters.
        double excess = (double)_values.Float(node, "epsilon", LayerNorm.Epsilon) - LayerNorm.Epsilon;
        if (excess != 0)
            variance = Array.ConvertAll(variance, value => (float)(value + excess));

        // In ONNX it is the weight of the old statistics; 0.9f means 0.9.
        return (new Step.ColumnNorm(where, scale, shift, mean, variance, (double)(1m - (decimal)momentum)), node.Input[0]);
    }

    private (Step? Step, string From) Dropout(NodeProto node, string where)
    {
        _values.Allow(node, 1, 3, "ratio", "seed", "is_test");
        double rate = GraphValues.HasInput(node, 1) ? Row(node, node.Input[1])[0] : _values.Float(node, "ratio", 0.5f);
        return rate is >= 0 and < 1 ? (new Step.Drop(where, rate), node.Input[0]) : throw _values.Bad(node, string.Create(CultureInfo.InvariantCulture, $"its ratio is {rate}; 0 to below 1 is read."));
    }

    private (Step? Step, string From) Flatten(NodeProto node)
    {
        _flattensInput |= _values.Source(node.Input[0]) == _input;
        return (null, node.Input[0]);
    }

    private (Step? Step, string From) Reshape(NodeProto node)
    {
        TensorProto shape = _values.Constant(_values.Source(node.Input[1])) ?? throw _values.Bad(node, "its shape is no constant.");
        if (Constants.Problem(shape, out int count) is { } problem)
            throw _values.Bad(node, $"tensor '{shape.Name}': {problem}.");

        // [-1, n], [0, -1], [0, n] and [1, n] are [batch, values]; n is checked where the values meet weights.
        if (count != 2 || Constants.Value(shape, 0) is not (-1 or 0 or 1) || Constants.Value(shape, 1) is not (-1 or > 0))
            throw _values.Bad(node, "only a reshape to [batch, values] is read.");
        return Flatten(node);
    }

    private void RequireAxis(NodeProto node, long standard)
    {
        if (_values.Int(node, "axis", standard) is not (1 or -1) and var axis)
            throw _values.Bad(node, $"axis is {axis}; an example's values (1 or -1) are needed.");
    }

    /// <summary>A constant matrix [fanIn, fanOut], times <paramref name="factor"/>.</summary>
    private (float[] Weights, int Outputs) Matrix(NodeProto node, string name, bool transpose, float factor)
    {
        string source = _values.Source(name);
        while (_values.Producer(source) is { OpType: "Transpose" } turned)
        {
            _values.Allow(turned, 1, 1, "perm");
            if (!GraphValues.IsReversal(turned))
                throw _values.Bad(turned, "only the transpose of a matrix is read.");
            transpose = !transpose;
            source = _values.Source(turned.Input[0]);
        }

        TensorProto tensor = Tensor(node, source, out int count);
        if (tensor.Dims.Count != 2 || count == 0)
            throw _values.Bad(node, $"tensor '{tensor.Name}' has the shape {Constants.Shape(tensor)}; a matrix is needed.");
        int rows = (int)tensor.Dims[0], columns = (int)tensor.Dims[1];
        float[] weights = new float[Reserve(count, GraphValues.Describe(node))];
        for (int row = 0; row < rows; row++)
        {
            for (int column = 0; column < columns; column++)
            {
                int to = transpose ? (column * rows) + row : (row * columns) + column;
                weights[to] = factor * (float)Constants.Value(tensor, (row * columns) + column);
            }
        }

        return (weights, transpose ? rows : columns);
    }

    /// <summary>A constant that is one value, or one for each value of an example.</summary>
    private float[] Row(NodeProto node, string name)
    {
        TensorProto tensor = Tensor(node, _values.Source(name), out int count);
        if (count == 0 || (tensor.Dims.Count > 0 && tensor.Dims[^1] != count))
            throw _values.Bad(node, $"tensor '{tensor.Name}' has the shape {Constants.Shape(tensor)}; one value or one row is needed.");
        float[] row = new float[Reserve(count, GraphValues.Describe(node))];
        for (int i = 0; i < count; i++)
            row[i] = (float)Constants.Value(tensor, i);
        return row;
    }

    private TensorProto Tensor(NodeProto node, string name, out int count)
    {
        TensorProto tensor = _values.Constant(name) ?? throw _values.Bad(node, $"'{name}' is no constant.");
        return Constants.Problem(tensor, out count) is { } problem ? throw _values.Bad(node, $"tensor '{tensor.Name}': {problem}.") : tensor;
    }

    private int Reserve(long floats, string where)
    {
        _floatsLeft -= floats;
        return _floatsLeft >= 0 ? (int)floats : throw Bad($"{where}: the network would have far more values than the file.");
    }

    private InvalidDataException Bad(string problem) => new($"{_path}: {problem}");
}
