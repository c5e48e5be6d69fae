using Backprop.Simd.Cli.Reports;
using Backprop.Simd.Internal.Onnx;
using Backprop.Simd.Onnx;

namespace Backprop.Simd.Cli.Inspection;

/// <summary>The graph of an ONNX model, and whether it can be imported.</summary>
internal static class OnnxInspection
{
    public static void Write(string path, Screen screen)
    {
        ModelProto model = ModelFile.Read(path, out _);
        GraphProto graph = model.Graph ?? new GraphProto();
        FileHeading.Write(screen, path, "ONNX");
        screen.Line($"Operator sets: {string.Join(", ", model.OpsetImport.Select(set => FormattableString.Invariant($"{(set.Domain.Length == 0 ? "ai.onnx" : FileHeading.OneLine(set.Domain))} {set.Version}")))}; written by {FileHeading.OneLine($"{model.ProducerName} {model.ProducerVersion}").Trim()}");
        var constants = new HashSet<string>(graph.Initializer.Select(tensor => tensor.Name), StringComparer.Ordinal);
        foreach (ValueInfoProto input in graph.Input.Where(input => !constants.Contains(input.Name)))
            screen.Line($"Input: {Describe(input)}");
        foreach (ValueInfoProto output in graph.Output)
            screen.Line($"Output: {Describe(output)}");
        screen.Line();
        if (graph.Node.Count > 0)
            screen.Table(["node", "operator", "inputs", "outputs"], [.. graph.Node.Select(Row)]);
        if (graph.Initializer.Count > 0)
        {
            screen.Line();
            screen.Table(["constant", "type", "shape"], [.. graph.Initializer.Select(tensor => (IReadOnlyList<Cell>)[FileHeading.OneLine(tensor.Name), TypeName(tensor.DataType), FileHeading.Sizes(tensor.Dims)])]);
        }

        screen.Line();
        try
        {
            Network network = OnnxModel.Import(path);
            screen.Line(FormattableString.Invariant($"Import: yes; {network.InputSize} inputs, {network.OutputSize} outputs, {network.ParameterCount:N0} parameters"));
        }
        catch (InvalidDataException e)
        {
            screen.Line($"Import: no; {e.Message.ReplaceLineEndings(" ")}");
        }
    }

    private static IReadOnlyList<Cell> Row(NodeProto node) =>
        [FileHeading.OneLine(node.Name), FileHeading.OneLine(node.OpType), FileHeading.OneLine(string.Join(' ', node.Input)), FileHeading.OneLine(string.Join(' ', node.Output))];

    private static string Describe(ValueInfoProto value)
    {
        TypeProto.Types.Tensor? tensor = value.Type?.TensorType;
        IEnumerable<string> sizes = tensor?.Shape?.Dim.Select(dim => dim.ValueCase switch
        {
            TensorShapeProto.Types.Dimension.ValueOneofCase.DimValue => FormattableString.Invariant($"{dim.DimValue}"),
            TensorShapeProto.Types.Dimension.ValueOneofCase.DimParam => FileHeading.OneLine(dim.DimParam),
            _ => "?",
        }) ?? ["?"];
        return $"{FileHeading.OneLine(value.Name)}, {TypeName(tensor?.ElemType ?? 0)} {FileHeading.Sizes(sizes)}";
    }

    private static string TypeName(int type) =>
        Enum.IsDefined((TensorProto.Types.DataType)type) ? ((TensorProto.Types.DataType)type).ToString().ToUpperInvariant() : FormattableString.Invariant($"type {type}");
}
