using Backprop.Simd.Internal.Onnx;
using Backprop.Simd.Onnx;
using Google.Protobuf;
using Xunit;

namespace Backprop.Simd.Tests;

/// <summary>What cannot be taken is named; no file crashes the reader or makes it take memory out of proportion.</summary>
public class BadModelTests
{
    private static readonly Dictionary<string, ModelText> s_models = new()
    {
        ["node 'y' (Conv): this operator is no part of the multi-layer perceptrons that are read."] = Small().Node("y = Conv(x, w)"),
        ["node 'y' (Gemm): transA would take examples as columns: it is not read."] = Small().Node("y = Gemm(x, w)", ("transA", 1)),
        ["node 'y' (Gemm): its attribute 'broadcast' is not read."] = Small().Node("y = Gemm(x, w)", ("broadcast", 1)),
        ["node 'y' (Gemm): transB is no integer."] = Small().Node("y = Gemm(x, w)", ("transB", 1f)),
        ["node 'y' (Gemm): the bias has 4 values for 3 outputs."] = Small().Tensor("b", 4).Node("y = Gemm(x, w, b)"),
        ["node 'y' (Gemm): 'x' is no constant."] = Small().Node("y = Gemm(x, x)"),
        ["node 'y' (Gemm): tensor 'b' has the shape [4]; a matrix is needed."] = Small().Tensor("b", 4).Node("y = Gemm(x, b)"),
        ["node 'y' (Gemm): input 1 is missing."] = Small().Node("y = Gemm(x)"),
        ["node 'y' (MatMul): weights times values is not read, only values times weights."] = Small().Node("y = MatMul(w, x)"),
        ["node 'y' (MatMul): it takes 4 values and gets 3."] = Small().Node("1 = MatMul(x, w)").Node("y = MatMul(1, w)"),
        ["node 'y' (Add): both operands depend on the input, and they make no activation that is known."] = Small().Node("1 = Relu(x)").Node("y = Add(x, 1)"),
        ["node 'y' (Mul): both operands depend on the input, and they make no activation that is known."] = Small().Values("c", [], 1.702f).Node("1 = Mul(x, c)").Node("2 = Sigmoid(1)").Node("y = Mul(x, 2)"),
        ["node 'y' (Div): division by values is not read."] = Small().Tensor("c", 4).Node("y = Div(c, x)"),
        ["node 'y' (Add): tensor 'c' has the shape [4, 1]; one value or one row is needed."] = Small().Tensor("c", 4, 1).Node("y = Add(x, c)"),
        ["node 'y' (LayerNormalization): epsilon is 0.001; this library's is 1E-05."] = Small().Tensor("s", 4).Node("y = LayerNormalization(x, s)", ("epsilon", 0.001f)),
        ["node 'y' (LayerNormalization): axis is 0; an example's values (1 or -1) are needed."] = Small().Tensor("s", 4).Node("y = LayerNormalization(x, s)", ("axis", 0)),
        ["node 'y' (BatchNormalization): only the form for inference is read."] = Small().Tensor("s", 4).Node("y = BatchNormalization(x, s, s, s, s)", ("training_mode", 1)),
        ["node '1' (Softmax): softmax is possible in the last layer only."] = Small().Node("1 = Softmax(x)").Node("y = MatMul(1, w)"),
        ["node 'y' (Dropout): its ratio is 1; 0 to below 1 is read."] = Small().Values("r", [], 1).Node("y = Dropout(x, r)"),
        ["node 'y' (LeakyRelu): alpha is NaN."] = Small().Node("y = LeakyRelu(x)", ("alpha", float.NaN)),
        ["node 'y' (Reshape): only a reshape to [batch, values] is read."] = Small().Integers("s", 2, -1).Node("y = Reshape(x, s)"),
        ["node 't' (Transpose): only the transpose of a matrix is read."] = Small().Node("t = Transpose(w)", ("perm", new long[] { 0, 1 })).Node("y = MatMul(x, t)"),
        ["node 'y' (Relu): its input 'z' is made by no node before it."] = Small().Node("y = Relu(z)"),
        ["node 'y' (Relu): its output 'y' is there already."] = Small().Node("y = Relu(x)").Node("y = Relu(x)"),
        ["node 'c' (Constant): it has no value that is read."] = Small().Node("c = Constant()").Node("y = Add(x, c)"),
        ["'y' does not depend on the input."] = Small().Node("c = Relu(x)"),
        ["the graph has no layer: its output is its input."] = Small().Node("y = Identity(x)"),
        ["its input has 3 dimensions, and no Flatten or Reshape follows it."] = new ModelText(0, 2, 4).Tensor("w", 4, 3).Node("y = MatMul(x, w)"),
        ["its input has 1 dimensions; [batch, values] is needed."] = new ModelText(4).Tensor("w", 4, 3).Node("y = MatMul(x, w)"),
        ["nothing says how many values an example has."] = new ModelText(0, 0).Node("y = Relu(x)"),
        ["node 'y' (Relu): the network would have far more values than the file."] = new ModelText(0, 1_000_000).Node("y = Relu(x)"),
        ["its operator set is version 6; 7 and later ones are read."] = Small().Opset(6).Node("y = MatMul(x, w)"),
        ["node 'y' (MatMul): tensor 'w' has the shape [2147483647, 0]; a matrix is needed."] = new ModelText(0, 4).Values("w", [int.MaxValue, 0]).Node("y = MatMul(x, w)"),
        ["node 'y' (MatMul): tensor 'w': its shape is [65536, 65536], and its values are not as many."] = new ModelText(0, 4).Values("w", [65536, 65536]).Node("y = MatMul(x, w)"),
        ["node 'y' (MatMul): tensor 'w': its shape [-1, 4] is none."] = new ModelText(0, 4).Values("w", [-1, 4]).Node("y = MatMul(x, w)"),
    };

    public static TheoryData<string> Models => [.. s_models.Keys];

    [Theory]
    [MemberData(nameof(Models))]
    public void What_cannot_be_taken_is_named(string problem)
    {
        using var folder = new TemporaryFolder();
        string path = s_models[problem].Write(folder);
        Assert.Equal($"{path}: {problem}", Assert.Throws<InvalidDataException>(() => OnnxModel.Import(path)).Message);
    }

    [Fact]
    public void Weights_in_another_file_are_named()
    {
        ModelText model = Small().Node("y = MatMul(x, w)");
        model.Model.Graph.Initializer[0].DataLocation = TensorProto.Types.DataLocation.External;
        using var folder = new TemporaryFolder();
        string path = model.Write(folder);
        Assert.Equal($"{path}: node 'y' (MatMul): tensor 'w': its values lie in another file, which is not read.", Assert.Throws<InvalidDataException>(() => OnnxModel.Import(path)).Message);
    }

    [Fact]
    public void A_missing_file_is_a_missing_file()
    {
        using var folder = new TemporaryFolder();
        Assert.Throws<FileNotFoundException>(() => OnnxModel.Import(folder["none"]));
        Assert.Throws<ArgumentException>(() => OnnxModel.Import(string.Empty));
    }

    [Fact]
    public void A_file_cut_off_anywhere_is_refused_or_gives_a_network()
    {
        byte[] whole = Whole();
        using var folder = new TemporaryFolder();
        for (int length = 0; length < whole.Length; length++)
            Import(folder, whole.AsSpan(0, length));
    }

    [Fact]
    public void A_changed_bit_anywhere_is_refused_or_gives_a_network()
    {
        byte[] whole = Whole();
        using var folder = new TemporaryFolder();
        int refused = 0;
        for (int bit = 0; bit < 8 * whole.Length; bit++)
        {
            byte[] changed = [.. whole];
            changed[bit / 8] ^= (byte)(1 << (bit % 8));
            refused += Import(folder, changed) ? 0 : 1;
        }

        Assert.InRange(refused, whole.Length, 8 * whole.Length);
    }

    [Fact]
    public void Thousands_of_empty_parts_are_refused_before_objects_are_made_of_them()
    {
        // Two bytes each: field 1 of the graph, a node, of length 0.
        byte[] nodes = new byte[2_000_000];
        for (int i = 0; i < nodes.Length; i += 2)
            nodes[i] = 0x0A;
        using var stream = new MemoryStream();
        using (var output = new CodedOutputStream(stream, leaveOpen: true))
        {
            output.WriteTag(7, WireFormat.WireType.LengthDelimited);
            output.WriteBytes(ByteString.CopyFrom(nodes));
        }

        using var folder = new TemporaryFolder();
        Assert.False(Import(folder, stream.ToArray()));
    }

    [Fact]
    public void Products_that_double_themselves_end()
    {
        ModelText model = Small();
        model.Node("0 = Relu(x)");
        for (int i = 1; i < 200; i++)
            model.Node($"{i} = Mul({i - 1}, {i - 1})");
        model.Values("1", [], 1).Node("t = Tanh(199)").Node("s = Add(t, 1)").Node("y = Mul(s, 0)");
        model.Model.Graph.Initializer[^1].Name = "one";
        model.Model.Graph.Node[^2].Input[1] = "one";
        using var folder = new TemporaryFolder();
        Assert.False(Import(folder, model.Model.ToByteArray()));
    }

    private static ModelText Small() => new ModelText(0, 4).Tensor("w", 4, 3);

    private static byte[] Whole() => new ModelText(0, 4).Tensor("w", 3, 4).Tensor("b", 3).Values("c", [], 0.5f)
        .Node("1 = Gemm(x, w, b)", ("transB", 1), ("alpha", 0.5f)).Node("2 = Sigmoid(1)").Node("3 = Mul(1, 2)").Node("4 = Mul(3, c)").Node("y = Softmax(4)").Model.ToByteArray();

    /// <summary>Whether it is a network; if not, it is refused as documented. Memory: at most 4 times the file and a mebibyte.</summary>
    private static bool Import(TemporaryFolder folder, ReadOnlySpan<byte> file)
    {
        string path = folder.Write("model.onnx", file);
        long before = GC.GetAllocatedBytesForCurrentThread();
        bool isNetwork = true;
        try
        {
            Assert.NotEmpty(OnnxModel.Import(path).Blocks);
        }
        catch (InvalidDataException e)
        {
            Assert.StartsWith(path, e.Message, StringComparison.Ordinal);
            isNetwork = false;
        }

        long taken = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.True(taken <= (4L * file.Length) + (1 << 20), $"{taken} bytes were taken for a file of {file.Length}.");
        return isNetwork;
    }
}
