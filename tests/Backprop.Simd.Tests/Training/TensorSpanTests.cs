using System.Numerics.Tensors;
using Backprop.Simd.Kernels;
using Xunit;

namespace Backprop.Simd.Tests;

/// <summary>What takes tensor spans gives the bits of the call on spans, copies nothing, and refuses by name what it cannot read as it lies.</summary>
public sealed class TensorSpanTests
{
    private static readonly float[] s_numbers = Shapes.Random(600, 1);

    [Fact]
    public void A_product_reads_and_writes_slices_of_larger_matrices_in_place()
    {
        float[] a = s_numbers[..80], b = s_numbers[100..190], c = s_numbers[200..270], expected = [.. c];

        // 5 x 4 inside 8 x 10, 4 x 7 inside 9 x 10, 5 x 7 inside 7 x 10.
        Gemm.Multiply(Transpose.No, Transpose.No, 5, 7, 4, 0.5f, a.AsSpan(12), 10, b.AsSpan(3), 10, 2f, expected.AsSpan(20), 10);
        var viewA = new ReadOnlyTensorSpan<float>(a, [8, 10]).Slice([1..6, 2..6]);
        var viewB = new ReadOnlyTensorSpan<float>(b, [9, 10]).Slice([0..4, 3..10]);
        var viewC = new TensorSpan<float>(c, [7, 10]).Slice([2..7, 0..7]);
        Gemm.Multiply(Transpose.No, Transpose.No, 0.5f, viewA, viewB, 2f, viewC);
        Assert.Equal(expected, c);
    }

    [Theory]
    [InlineData(Transpose.No, Transpose.Yes, 5, 4, 7, 4)]
    [InlineData(Transpose.Yes, Transpose.No, 4, 5, 4, 7)]
    [InlineData(Transpose.Yes, Transpose.Yes, 4, 5, 7, 4)]
    public void Sizes_come_from_the_shapes(Transpose transA, Transpose transB, int rowsA, int columnsA, int rowsB, int columnsB)
    {
        float[] expected = new float[35], c = new float[35];
        Gemm.Multiply(transA, transB, 5, 7, 4, 1, s_numbers, columnsA, s_numbers.AsSpan(50), columnsB, 0, expected, 7);
        Gemm.Multiply(transA, transB, 1, new ReadOnlyTensorSpan<float>(s_numbers.AsSpan(0, 20), [rowsA, columnsA]),
            new ReadOnlyTensorSpan<float>(s_numbers.AsSpan(50, 28), [rowsB, columnsB]), 0, new TensorSpan<float>(c, [5, 7]));
        Assert.Equal(expected, c);
    }

    [Fact]
    public void Matrices_of_one_row_one_column_or_nothing_are_matrices()
    {
        float[] c = new float[9], expected = new float[9];
        Gemm.Multiply(3, 3, 1, s_numbers, s_numbers.AsSpan(10), expected);
        Gemm.Multiply(new ReadOnlyTensorSpan<float>(s_numbers.AsSpan(0, 3), [3, 1]), new ReadOnlyTensorSpan<float>(s_numbers.AsSpan(10, 3), [1, 3]), new TensorSpan<float>(c, [3, 3]));
        Assert.Equal(expected, c);

        // A column of a matrix: one element a row, the rows apart.
        Gemm.Multiply(Transpose.No, Transpose.No, 3, 3, 1, 1, s_numbers, 4, s_numbers.AsSpan(20), 3, 0, expected, 3);
        Gemm.Multiply(new ReadOnlyTensorSpan<float>(s_numbers.AsSpan(0, 12), [3, 4]).Slice([0..3, 0..1]), new ReadOnlyTensorSpan<float>(s_numbers.AsSpan(20, 3), [1, 3]), new TensorSpan<float>(c, [3, 3]));
        Assert.Equal(expected, c);
        Gemm.Multiply(new ReadOnlyTensorSpan<float>(s_numbers, [3, 4]).Slice([0..3, 1..1]), new ReadOnlyTensorSpan<float>(s_numbers, [4, 3]).Slice([2..2, 0..3]), new TensorSpan<float>(c, [3, 3]));
        Assert.Equal(new float[9], c);
    }

    [Fact]
    public void What_cannot_be_read_as_it_lies_is_refused_by_name()
    {
        float[] c = new float[16];
        Refused("a", "a is a strided view of [4, 4] with strides of [1, 4]", () => Gemm.Multiply(new ReadOnlyTensorSpan<float>(s_numbers, [4, 4], [1, 4]), Square(), new TensorSpan<float>(c, [4, 4])));
        Refused("b", "b is a strided view of [4, 4] with strides of [0, 1]", () => Gemm.Multiply(Square(), new ReadOnlyTensorSpan<float>(s_numbers, [4, 4], [0, 1]), new TensorSpan<float>(c, [4, 4])));
        Refused("a", "a has 3 dimensions; a matrix has 2", () => Gemm.Multiply(new ReadOnlyTensorSpan<float>(s_numbers.AsSpan(0, 16), [4, 2, 2]), Square(), new TensorSpan<float>(c, [4, 4])));
        Refused("b", "op(b) has 4 rows, and op(a) 3 columns", () => Gemm.Multiply(new ReadOnlyTensorSpan<float>(s_numbers.AsSpan(0, 12), [4, 3]), Square(), new TensorSpan<float>(c, [4, 4])));
        Refused("c", "c is [8, 2]; the product is [4, 4]", () => Gemm.Multiply(Square(), Square(), new TensorSpan<float>(c, [8, 2])));
        Refused("c", "overlaps", () => Gemm.Multiply(new ReadOnlyTensorSpan<float>(c, [4, 4]), Square(), new TensorSpan<float>(c, [4, 4])));
        Refused("x", "x is a strided view of [4, 2]", () => Activations.Forward(Activation.ReLU, Square().Slice([0..4, 0..2]), new TensorSpan<float>(c.AsSpan(0, 8), [4, 2])));
        Refused("y", "y is a tensor of [2, 8], and x of [4, 4]", () => Activations.Forward(Activation.ReLU, Square(), new TensorSpan<float>(c, [2, 8])));
        Refused("probabilities", "probabilities is a strided view of [4, 2]", () => Softmax.Forward(new ReadOnlyTensorSpan<float>(s_numbers.AsSpan(0, 8), [4, 2]), new TensorSpan<float>(c, [4, 4]).Slice([0..4, 1..3])));
        Assert.Equal(new float[16], c);

        Network network = Make();
        using Predictor predictor = network.CreatePredictor(4);
        using var trainer = new Trainer(network, Loss.MeanSquaredError, Optimizer.Sgd(0.1));
        Refused("inputs", "inputs is a tensor of [6, 4]; examples of 6 values are [rows, 6]", () => predictor.Predict(new ReadOnlyTensorSpan<float>(s_numbers.AsSpan(0, 24), [6, 4])));
        Refused("inputs", "inputs is a strided view of [2, 6]", () => predictor.Predict(new ReadOnlyTensorSpan<float>(s_numbers.AsSpan(0, 20), [2, 10]).Slice([0..2, 0..6])));
        Refused("inputs", "inputs is a tensor of [12]", () => trainer.Forward(new ReadOnlyTensorSpan<float>(s_numbers.AsSpan(0, 12), [12])));
        Refused("targets", "targets holds 6 floats; 4 examples with 2 outputs", () => trainer.Step(Examples(), new ReadOnlyTensorSpan<float>(s_numbers.AsSpan(0, 6), [3, 2])));

        static ReadOnlyTensorSpan<float> Square() => new(s_numbers.AsSpan(0, 16), [4, 4]);

        static void Refused(string parameter, string text, Action action)
        {
            var e = Assert.ThrowsAny<ArgumentException>(action);
            Assert.Equal(parameter, e.ParamName);
            Assert.Contains(text, e.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Elementwise_calls_take_tensors_of_any_dimensions()
    {
        float[] y = new float[24], dx = new float[24], expectedY = new float[24], expectedDx = new float[24], p = new float[24], expectedP = new float[24];
        ReadOnlySpan<float> x = s_numbers.AsSpan(0, 24), dy = s_numbers.AsSpan(30, 24);
        Activations.Forward(Activation.Tanh, x, expectedY);
        Activations.Backward(Activation.Tanh, x, expectedY, dy, expectedDx);
        Softmax.Forward(x, 4, expectedP);
        Activations.Forward(Activation.Tanh, new ReadOnlyTensorSpan<float>(x, [2, 3, 4]), new TensorSpan<float>(y, [2, 3, 4]));
        Activations.Backward(Activation.Tanh, new ReadOnlyTensorSpan<float>(x, [6, 4]), new ReadOnlyTensorSpan<float>(y, [6, 4]), new ReadOnlyTensorSpan<float>(dy, [6, 4]), new TensorSpan<float>(dx, [6, 4]));
        Softmax.Forward(new ReadOnlyTensorSpan<float>(x, [2, 3, 4]), new TensorSpan<float>(p, [2, 3, 4]));
        Assert.Equal(expectedY, y);
        Assert.Equal(expectedDx, dx);
        Assert.Equal(expectedP, p);
        Softmax.Forward(new ReadOnlyTensorSpan<float>(x, [6, 4]).Slice([1..1, 0..4]), new TensorSpan<float>(p, [6, 4]).Slice([1..1, 0..4]));
        Assert.Equal(expectedP, p);
    }

    [Fact]
    public void Trainer_and_predictor_give_the_bits_of_their_spans()
    {
        Network spans = Make(), tensors = Make();
        using (var trainer = new Trainer(spans, Loss.SoftmaxCrossEntropy, Optimizer.Adam()))
        {
            trainer.Step(s_numbers.AsSpan(0, 24), [0, 1, 1, 0]);
            trainer.Step(s_numbers.AsSpan(24, 24), [1f, 0, 0, 1, 1, 0, 0, 1]);
            trainer.Forward(s_numbers.AsSpan(0, 6));
            trainer.Backward(s_numbers.AsSpan(0, 2));
            trainer.Update();
        }

        using (var trainer = new Trainer(tensors, Loss.SoftmaxCrossEntropy, Optimizer.Adam()))
        {
            trainer.Step(Examples(), [0, 1, 1, 0]);
            trainer.Step(new ReadOnlyTensorSpan<float>(s_numbers.AsSpan(24, 24), [4, 6]), new ReadOnlyTensorSpan<float>([1, 0, 0, 1, 1, 0, 0, 1], [4, 2]));
            Assert.Equal([1, 2], trainer.Forward(new ReadOnlyTensorSpan<float>(s_numbers.AsSpan(0, 6), [6])).Lengths);
            trainer.Backward(new ReadOnlyTensorSpan<float>(s_numbers.AsSpan(0, 2), [1, 2]));
            trainer.Update();
        }

        Assert.Equal(spans.Fingerprint(), tensors.Fingerprint());
        using Predictor predictor = spans.CreatePredictor(4);
        float[] expected = predictor.Predict(s_numbers.AsSpan(0, 24)).ToArray();
        ReadOnlyTensorSpan<float> outputs = predictor.Predict(Examples());
        Assert.Equal([4, 2], outputs.Lengths);
        Assert.Equal(expected[5], outputs[2, 1]);

        // A Tensor, which owns its memory, is taken too.
        Tensor<float> owner = Tensor.Create(s_numbers[..24], [4, 6]);
        Assert.Equal(expected[5], predictor.Predict(owner)[2, 1]);
    }

    [Fact]
    public void Nothing_is_allocated()
    {
        using Predictor predictor = Make().CreatePredictor(4);
        using var trainer = new Trainer(Make(), Loss.MeanSquaredError, Optimizer.Sgd(0.1));
        float[] c = new float[20], y = new float[24];
        AllocationProbe.AssertNone(() =>
        {
            predictor.Predict(Examples());
            trainer.Step(Examples(), new ReadOnlyTensorSpan<float>(s_numbers.AsSpan(0, 8), [4, 2]));
            trainer.Forward(Examples());
            trainer.Backward(new ReadOnlyTensorSpan<float>(s_numbers.AsSpan(0, 8), [4, 2]));
            trainer.Update();
            Gemm.Multiply(Transpose.No, Transpose.Yes, 1, new ReadOnlyTensorSpan<float>(s_numbers.AsSpan(0, 24), [4, 6]), new ReadOnlyTensorSpan<float>(s_numbers.AsSpan(0, 24), [4, 6]), 0, new TensorSpan<float>(c, [4, 5]).Slice([0..4, 0..4]));
            Activations.Forward(Activation.GELU, Examples(), new TensorSpan<float>(y, [4, 2, 3]));
            Softmax.Forward(Examples(), new TensorSpan<float>(y, [4, 2, 3]));
        });
    }

    [Fact]
    public void The_example_of_the_documentation_is_compiled_and_runs()
    {
        const string Indent = "        ";
        float[] pixels = Shapes.Random(2 * 784, 1), matrix = s_numbers[..32], product = new float[16];
        using Predictor predictor = new NetworkBuilder(784).Dense(10).Build(1).CreatePredictor(2);
        // exchange begins
        Tensor<float> images = Tensor.Create(pixels, [2, 28, 28]);
        ReadOnlyTensorSpan<float> outputs = predictor.Predict(images);   // [2, 10]
        float first = outputs[0, 3];

        // The left half of a matrix, in place: rows may lie apart.
        var left = new ReadOnlyTensorSpan<float>(matrix, [4, 8]).Slice([0..4, 0..4]);
        Gemm.Multiply(left, left, new TensorSpan<float>(product, [4, 4]));
        // exchange ends
        Assert.Equal(predictor.Predict(pixels)[3], first);
        float[] expected = new float[16];
        Gemm.Multiply(Transpose.No, Transpose.No, 4, 4, 4, 1, matrix, 8, matrix, 8, 0, expected, 4);
        Assert.Equal(expected, product);

        string source = Read("tests", "Backprop.Simd.Tests", "Training", "TensorSpanTests.cs");
        int start = source.IndexOf("// exchange begins\n", StringComparison.Ordinal) + "// exchange begins\n".Length;
        string body = source[start..source.IndexOf(Indent + "// exchange ends", start, StringComparison.Ordinal)].Replace("\n" + Indent, "\n", StringComparison.Ordinal)[Indent.Length..];
        Assert.Contains($"```csharp\n{body}```", Read("docs", "exchange.md"), StringComparison.Ordinal);

        static string Read(params string[] path) => File.ReadAllText(Path.Combine([SourceTree.Root, .. path])).ReplaceLineEndings("\n");
    }

    private static Network Make() => new NetworkBuilder(6).Dense(5, Activation.Tanh).Dense(2).Build(3);

    private static ReadOnlyTensorSpan<float> Examples() => new(s_numbers.AsSpan(0, 24), [4, 2, 3]);
}
