using Backprop.Simd.Internal.Onnx;
using Backprop.Simd.Onnx;
using Xunit;

namespace Backprop.Simd.Tests;

/// <summary>Models as others write them give here what they give in ONNX Runtime.</summary>
public class ImportTests
{
    private static readonly Dictionary<string, (string Layers, ModelText Model)> s_models = new()
    {
        ["Gemm as torch.nn.Linear writes it"] = ("Dense", new ModelText(0, 4).Tensor("w", 3, 4).Tensor("b", 3).Node("y = Gemm(x, w, b)", ("transB", 1))),
        ["Gemm with alpha, beta and one bias for all"] = ("Dense", new ModelText(0, 4).Tensor("w", 4, 3).Tensor("b", 1).Node("y = Gemm(x, w, b)", ("alpha", 0.5f), ("beta", -2f))),
        ["Gemm without bias"] = ("Dense", new ModelText(0, 4).Tensor("w", 4, 3).Node("y = Gemm(x, w)")),
        ["Gemm with a row of biases"] = ("Dense", new ModelText(0, 4).Tensor("w", 4, 3).Tensor("b", 1, 3).Node("y = Gemm(x, w, b)")),
        ["MatMul and Add"] = ("Dense", new ModelText(0, 4).Tensor("w", 4, 3).Tensor("b", 3).Node("s = MatMul(x, w)").Node("y = Add(b, s)")),
        ["MatMul alone"] = ("Dense", new ModelText(0, 4).Tensor("w", 4, 3).Node("y = MatMul(x, w)")),
        ["MatMul with a transposed constant"] = ("Dense", new ModelText(0, 4).Tensor("w", 3, 4).Node("t = Transpose(w)", ("perm", new long[] { 1, 0 })).Node("y = MatMul(x, t)")),
        ["Constant nodes"] = ("Dense", new ModelText(0, 2)
            .Node("w = Constant()", ("value", new TensorProto { Dims = { 2, 2 }, DataType = 1, FloatData = { 1, 2, 3, 4 } })).Node("v = Identity(w)").Node("s = MatMul(x, v)")
            .Node("c = Constant()", ("value_float", 0.25f)).Node("y = Add(s, c)")),
        ["Flatten of a picture"] = ("Dense", new ModelText(0, 1, 2, 3).Tensor("w", 6, 3).Node("f = Flatten(x)").Node("y = MatMul(f, w)")),
        ["Reshape of a picture"] = ("Dense", new ModelText(0, 2, 3).Tensor("w", 6, 3).Integers("s", -1, 6).Node("f = Reshape(x, s)").Node("y = MatMul(f, w)")),
        ["all activations"] = ("Dense Dense Dense Dense Dense Dense Dense", new ModelText(0, 4).Tensor("w", 4, 4).Tensor("v", 4, 4)
            .Node("1 = MatMul(x, w)").Node("2 = Relu(1)").Node("3 = MatMul(2, v)").Node("4 = LeakyRelu(3)", ("alpha", 0.3f)).Node("5 = MatMul(4, v)").Node("6 = Elu(5)")
            .Node("7 = MatMul(6, v)").Node("8 = Softplus(7)").Node("9 = MatMul(8, v)").Node("10 = Sigmoid(9)").Node("11 = MatMul(10, v)").Node("12 = Tanh(11)").Node("13 = MatMul(12, v)").Node("y = HardSwish(13)")),
        ["standard values of alpha"] = ("Dense Dense", new ModelText(0, 4).Tensor("w", 4, 4).Node("1 = MatMul(x, w)").Node("2 = LeakyRelu(1)").Node("3 = MatMul(2, w)").Node("y = Elu(3)")),
        ["Gelu"] = ("Dense Dense", new ModelText(0, 4).Opset(20).Tensor("w", 4, 4).Node("1 = MatMul(x, w)").Node("2 = Gelu(1)").Node("3 = MatMul(2, w)").Node("y = Gelu(3)", ("approximate", "tanh"))),
        ["GELU as PyTorch spells it"] = ("Dense", new ModelText(0, 4).Tensor("w", 4, 4).Values("r", [], 1.41421354f).Values("o", [], 1).Values("h", [], 0.5f)
            .Node("1 = MatMul(x, w)").Node("2 = Div(1, r)").Node("3 = Erf(2)").Node("4 = Add(3, o)").Node("5 = Mul(1, 4)").Node("y = Mul(5, h)")),
        ["GELU, the half first"] = ("Dense", new ModelText(0, 4).Tensor("w", 4, 4).Values("r", [], 0.707106769f).Values("o", [1], 1).Values("h", [], 0.5f)
            .Node("1 = MatMul(x, w)").Node("2 = Mul(r, 1)").Node("3 = Erf(2)").Node("4 = Add(o, 3)").Node("5 = Mul(h, 1)").Node("y = Mul(5, 4)")),
        ["GELU by tanh with Pow"] = ("Dense", new ModelText(0, 4).Tensor("w", 4, 4).Values("3", [], 3).Values("c", [], 0.044715f).Values("r", [], 0.7978846f).Values("o", [], 1).Values("h", [], 0.5f)
            .Node("z = MatMul(x, w)").Node("a = Pow(z, 3)").Node("b = Mul(a, c)").Node("d = Add(z, b)").Node("e = Mul(d, r)").Node("f = Tanh(e)").Node("g = Add(f, o)").Node("i = Mul(z, h)").Node("y = Mul(i, g)")),
        ["SiLU"] = ("Dense", new ModelText(0, 4).Tensor("w", 4, 4).Node("z = MatMul(x, w)").Node("s = Sigmoid(z)").Node("y = Mul(z, s)")),
        ["SiLU of a product"] = ("Dense", new ModelText(0, 4).Tensor("w", 4, 4).Values("c", [], 2).Node("p = MatMul(x, w)").Node("z = Mul(p, c)").Node("s = Sigmoid(z)").Node("y = Mul(s, z)")),
        ["hard swish by HardSigmoid"] = ("Dense", new ModelText(0, 4).Tensor("w", 4, 4).Node("z = MatMul(x, w)").Node("s = HardSigmoid(z)", ("alpha", 0.16666667f)).Node("y = Mul(z, s)")),
        ["hard swish by Clip"] = ("Dense", new ModelText(0, 4).Tensor("w", 4, 4).Values("3", [], 3).Values("0", [], 0).Values("6", [], 6)
            .Node("z = MatMul(x, w)").Node("a = Add(z, 3)").Node("b = Clip(a, 0, 6)").Node("c = Mul(z, b)").Node("y = Div(c, 6)")),
        ["BatchNormalization before an activation"] = ("Dense Dense", new ModelText(0, 4).Tensor("w", 4, 4).Tensor("s", 4).Tensor("b", 4).Tensor("m", 4).Values("v", [4], 1, 2, 3, 0.5f)
            .Node("1 = MatMul(x, w)").Node("2 = BatchNormalization(1, s, b, m, v)", ("epsilon", 0.001f)).Node("3 = Relu(2)").Node("y = MatMul(3, w)")),
        ["BatchNormalization at the ends"] = ("BatchNorm Dense BatchNorm", new ModelText(0, 4).Tensor("w", 4, 4).Tensor("s", 4).Tensor("b", 4).Tensor("m", 4).Values("v", [4], 1, 2, 3, 0.5f)
            .Node("1 = BatchNormalization(x, s, b, m, v)", ("epsilon", 0.001f)).Node("2 = MatMul(1, w)").Node("y = BatchNormalization(2, s, b, m, v)")),
        ["LayerNormalization, an activation, Dropout"] = ("LayerNorm Dense Dropout Dense", new ModelText(0, 4).Tensor("w", 4, 3).Tensor("s", 4).Values("r", [], 0.25f)
            .Node("1 = LayerNormalization(x, s)").Node("2 = Relu(1)").Node("3 = Dropout(2, r)").Node("4 = MatMul(3, w)").Node("y = Softmax(4)", ("axis", 1))),
        ["scaling before the first layer"] = ("Dense", new ModelText(0, 4).Tensor("w", 4, 3).Tensor("b", 3).Tensor("m", 4).Values("d", [4], 1, 2, 4, 0.5f)
            .Node("1 = Sub(x, m)").Node("2 = Div(1, d)").Node("y = Gemm(2, w, b)")),
        ["scaling before LayerNormalization"] = ("Scale LayerNorm Dense", new ModelText(0, 4).Tensor("w", 4, 3).Tensor("m", 4).Tensor("s", 4).Values("d", [], 0.5f)
            .Node("1 = Sub(x, m)").Node("2 = Div(1, d)").Node("3 = LayerNormalization(2, s)").Node("y = MatMul(3, w)")),
        ["scaling before an activation"] = ("Dense", new ModelText(0, 4).Tensor("m", 4).Node("1 = Mul(x, m)").Node("y = Tanh(1)")),
        ["scaling behind the last layer"] = ("Dense", new ModelText(0, 4).Tensor("w", 4, 3).Tensor("b", 3).Tensor("m", 3).Values("d", [], 3)
            .Node("1 = Gemm(x, w, b)").Node("2 = Mul(1, d)").Node("y = Sub(m, 2)")),
        ["scaling between an activation and LayerNormalization"] = ("Dense Dense LayerNorm", new ModelText(0, 4).Tensor("w", 4, 3).Tensor("m", 3).Tensor("s", 3)
            .Node("1 = MatMul(x, w)").Node("2 = Relu(1)").Node("3 = Mul(2, m)").Node("4 = LayerNormalization(3, s)").Node("y = Add(4, m)")),
        ["an activation alone"] = ("Dense", new ModelText(0, 4).Node("1 = Identity(x)").Node("y = Tanh(1)")),
        ["one number in double precision"] = ("Dense", new ModelText(0, 4).Tensor("w", 4, 3).Node("1 = MatMul(x, w)")
            .Node("d = Constant()", ("value", new TensorProto { DataType = 1, RawData = Google.Protobuf.ByteString.CopyFrom(0, 0, 0, 0x40) })).Node("y = Mul(1, d)")),
        ["nodes that lead nowhere"] = ("Dense", new ModelText(0, 4).Tensor("w", 4, 3).Node("1 = Sin(x)").Node("y = MatMul(x, w)")),
    };

    public static TheoryData<string> Models => [.. s_models.Keys];

    [Theory]
    [MemberData(nameof(Models))]
    public void It_gives_what_ONNX_Runtime_gives(string name)
    {
        (string layers, ModelText model) = s_models[name];
        using var folder = new TemporaryFolder();
        string path = model.Write(folder);
        Network network = OnnxModel.Import(path);
        Assert.Equal(layers, string.Join(' ', network.Blocks.Select(block => block.GetType().Name)));
        const int Rows = 5;
        float[] inputs = Runtime.Numbers(Rows * network.InputSize, 4);
        Runtime.AssertClose(Runtime.Run(path, inputs, [Rows, .. model.Shape[1..]]), Runtime.Predict(network, inputs));
    }

    [Fact]
    public void Rates_and_momenta_come_along()
    {
        using var folder = new TemporaryFolder();
        string path = new ModelText(0, 2).Tensor("s", 2).Values("r", [], 0.25f).Node("1 = BatchNormalization(x, s, s, s, s)", ("momentum", 0.8f)).Node("y = Dropout(1, r)").Write(folder);
        Network network = OnnxModel.Import(path);
        Assert.Equal(0.2, Assert.IsType<Internal.Layers.BatchNorm>(network.Blocks[0]).Momentum);
        Assert.Equal(0.25, Assert.IsType<Internal.Layers.Dropout>(network.Blocks[1]).Rate);
    }
}
