using Backprop.Simd.Internal.Onnx;
using Google.Protobuf;

namespace Backprop.Simd.Tests;

/// <summary>An ONNX model written down node by node: input x, output y.</summary>
internal sealed class ModelText
{
    private readonly GraphProto _graph = new() { Name = "test" };

    /// <summary>0 is a dimension of any length.</summary>
    public ModelText(params long[] inputShape)
    {
        Shape = inputShape;
        _graph.Input.Add(Value("x", inputShape));
        _graph.Output.Add(new ValueInfoProto { Name = "y", Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = 1 } } });
        Model = new ModelProto { IrVersion = 8, OpsetImport = { new OperatorSetIdProto { Version = 17 } }, Graph = _graph };
    }

    public long[] Shape { get; }

    public ModelProto Model { get; }

    public ModelText Opset(int version)
    {
        Model.OpsetImport[0].Version = version;
        Model.IrVersion = version < 21 ? 9 : 10;
        return this;
    }

    /// <summary>A tensor of numbers between -1 and 1.</summary>
    public ModelText Tensor(string name, params long[] shape)
    {
        int count = 1;
        foreach (long dimension in shape)
            count *= (int)dimension;
        return Values(name, shape, Runtime.Numbers(count, 1, (uint)(_graph.Initializer.Count + 1)));
    }

    public ModelText Values(string name, long[] shape, params float[] values)
    {
        _graph.Initializer.Add(new TensorProto { Name = name, Dims = { shape }, DataType = 1, FloatData = { values } });
        return this;
    }

    public ModelText Integers(string name, params long[] values)
    {
        _graph.Initializer.Add(new TensorProto { Name = name, Dims = { values.Length }, DataType = 7, Int64Data = { values } });
        return this;
    }

    /// <summary>Appends a node, written as in "y = Gemm(x, w, b)".</summary>
    public ModelText Node(string text, params (string Name, object Value)[] attributes)
    {
        string[] parts = text.Split(['=', '(', ',', ')'], StringSplitOptions.TrimEntries);
        var node = new NodeProto { Output = { parts[0] }, OpType = parts[1] };
        foreach (string input in parts[2..^1].Where(part => part.Length > 0 || parts.Length > 4))
            node.Input.Add(input);
        foreach ((string name, object value) in attributes)
        {
            node.Attribute.Add(value switch
            {
                float number => new AttributeProto { Name = name, F = number, Type = AttributeProto.Types.AttributeType.Float },
                int number => new AttributeProto { Name = name, I = number, Type = AttributeProto.Types.AttributeType.Int },
                string s => new AttributeProto { Name = name, S = ByteString.CopyFromUtf8(s), Type = AttributeProto.Types.AttributeType.String },
                TensorProto tensor => new AttributeProto { Name = name, T = tensor, Type = AttributeProto.Types.AttributeType.Tensor },
                long[] numbers => new AttributeProto { Name = name, Ints = { numbers }, Type = (AttributeProto.Types.AttributeType)7 },
                _ => throw new NotSupportedException(),
            });
        }

        _graph.Node.Add(node);
        return this;
    }

    public string Write(TemporaryFolder folder) => folder.Write("model.onnx", Model.ToByteArray());

    private static ValueInfoProto Value(string name, long[] shape)
    {
        var value = new ValueInfoProto { Name = name, Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = 1, Shape = new TensorShapeProto() } } };
        foreach (long dimension in shape)
            value.Type.TensorType.Shape.Dim.Add(dimension == 0 ? new TensorShapeProto.Types.Dimension { DimParam = "n" } : new TensorShapeProto.Types.Dimension { DimValue = dimension });
        return value;
    }
}
