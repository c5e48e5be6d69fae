using System.Globalization;
using Backprop.Simd.Internal.Losses;
using Backprop.Simd.Kernels;
using static System.Numerics.Tensors.TensorPrimitives;
using static TorchSharp.torch;

namespace Backprop.Simd.Peers;

/// <summary>Functions over 65,536 values, forward and backward, and softmax over rows: ours, TensorPrimitives, torch, and reading and writing alone.</summary>
internal static unsafe class ElementwiseContest
{
    private const int Length = 65536;

    public static void Run(bool torchIsThere, double seconds, List<string> markdown)
    {
        markdown.Add("| 65,536 values, microseconds | ours | TensorPrimitives | torch | best of the two / ours | reading and writing alone |");
        markdown.Add("|---|---:|---:|---:|---:|---:|");
        Console.WriteLine(markdown[^2]);
        // The first contest of a process meets methods that the runtime has not compiled in their last form: it does not count.
        Cell first = Forward().First();
        Measure(first.Ours, first.Primitives, null, first.Bound, seconds);
        foreach (Cell cell in Forward().Concat(Backward()).Concat(Rows(10)).Concat(Rows(1000)))
        {
            Action? torchAction = torchIsThere ? cell.Torch?.Invoke() : null;
            (double ours, double primitives, double theirs, double bound) = Measure(cell.Ours, cell.Primitives, torchAction, cell.Bound, seconds);
            string line = string.Create(CultureInfo.InvariantCulture,
                $"| {cell.Name} | {ours:f2} | {Text(primitives)} | {Text(theirs)} | {Text(Best(primitives, theirs) / ours)} | {bound:f2} |");
            markdown.Add(line);
            Console.WriteLine(line);
        }
    }

    /// <summary>Medians in microseconds of up to four actions in turns; NaN for one that is not there.</summary>
    internal static (double Ours, double Primitives, double Torch, double Bound) Measure(Action ours, Action? primitives, Action? torchAction, Action bound, double seconds)
    {
        Action?[] all = [ours, primitives, torchAction, bound];
        double[] times = Contest.Run([.. all.OfType<Action>()], seconds, compiles: _ => true);
        int next = 0;
        double[] spread = [.. all.Select(action => action is null ? double.NaN : times[next++])];
        return (spread[0], spread[1], spread[2], spread[3]);
    }

    internal static double Best(double one, double other) => double.IsNaN(one) ? other : double.IsNaN(other) ? one : Math.Min(one, other);

    internal static string Text(double value) => double.IsNaN(value) ? "-" : value.ToString("f2", CultureInfo.InvariantCulture);

    internal static float[] Numbers(int count, int seed, float scale)
    {
        var random = new Random(seed);
        float[] values = GC.AllocateArray<float>(count, pinned: true);
        for (int i = 0; i < count; i++)
            values[i] = scale * ((2 * random.NextSingle()) - 1);
        return values;
    }

    private static IEnumerable<Cell> Forward()
    {
        float[] x = Numbers(Length, 1, 4f), y = Numbers(Length, 2, 1f);
        float[] positive = [.. x.Select(MathF.Abs)];
        Cell Of(string name, Action ours, Action? primitives, Func<Tensor, Tensor>? torch, float[]? from = null) =>
            new(name, ours, primitives, torch is null ? null : () => Apply(torch, from ?? x), () => Bounds.Stream(x, x, y, inputs: 1));
        Cell Activated(string name, Activation activation, Action? primitives, Func<Tensor, Tensor>? torch) =>
            Of(name, () => Activations.Forward(activation, x, y), primitives, torch);

        yield return Of("exp", () => VectorMath.Exp(x, y), () => Exp(x, y), t => t.exp());
        yield return Of("log", () => VectorMath.Log(positive, y), () => Log(positive, y), t => t.log(), positive);
        yield return Of("sigmoid", () => VectorMath.Sigmoid(x, y), () => Sigmoid(x, y), t => t.sigmoid());
        yield return Of("tanh", () => VectorMath.Tanh(x, y), () => Tanh(x, y), t => t.tanh());
        yield return Of("erf", () => VectorMath.Erf(x, y), null, t => t.erf());
        yield return Activated("GELU", Activation.GELU, null, t => t.gelu());
        yield return Activated("GELUTanh", Activation.GELUTanh, () => TensorFormulas.GeluTanh(x, y), t => t.gelu(TorchSharp.Modules.GELU.Approximate.tanh));
        yield return Activated("SiLU", Activation.SiLU, null, t => t.silu());
        yield return Activated("Softplus", Activation.Softplus, null, t => nn.functional.softplus(t));
        yield return Activated("ELU", Activation.ELU(), null, t => nn.functional.elu(t, 1.0));
        yield return Activated("ReLU", Activation.ReLU, () => Max(x, 0f, y), t => t.relu());
    }

    private static IEnumerable<Cell> Backward()
    {
        float[] x = Numbers(Length, 1, 4f), dy = Numbers(Length, 2, 1f), dx = Numbers(Length, 3, 1f);
        Cell Of(string name, Activation activation, Action<float[]>? primitives, Func<Tensor, Tensor> torch)
        {
            float[] y = GC.AllocateArray<float>(Length, pinned: true);
            Activations.Forward(activation, x, y);
            return new($"{name} backward", () => Activations.Backward(activation, x, y, dy, dx), primitives is null ? null : () => primitives(y),
                () => Differentiate(torch, x, dy), () => Bounds.Stream(x, dy, dx, inputs: 2));
        }

        yield return Of("sigmoid", Activation.Sigmoid, y => TensorFormulas.SigmoidBackward(y, dy, dx), t => t.sigmoid());
        yield return Of("tanh", Activation.Tanh, y => TensorFormulas.TanhBackward(y, dy, dx), t => t.tanh());
        yield return Of("GELU", Activation.GELU, null, t => t.gelu());
        yield return Of("GELUTanh", Activation.GELUTanh, null, t => t.gelu(TorchSharp.Modules.GELU.Approximate.tanh));
        yield return Of("SiLU", Activation.SiLU, null, t => t.silu());
        yield return Of("Softplus", Activation.Softplus, null, t => nn.functional.softplus(t));
        yield return Of("ELU", Activation.ELU(), null, t => nn.functional.elu(t, 1.0));
        yield return Of("ReLU", Activation.ReLU, y => TensorFormulas.ReluBackward(y, dy, dx), t => t.relu());
    }

    // The largest number of whole rows within 65,536 values.
    private static IEnumerable<Cell> Rows(int classes)
    {
        int rows = Length / classes, length = rows * classes;
        float[] x = Numbers(length, 1, 4f), y = Numbers(length, 2, 1f);
        int[] labels = [.. Enumerable.Range(0, rows).Select(row => row % classes)];
        yield return new($"softmax, rows of {classes}", () => Softmax.Forward(x, classes, y), () => TensorFormulas.Softmax(x, classes, y),
            () => Apply(t => t.softmax(1), x, rows, classes), () => Bounds.Stream(x, x, y, inputs: 1));

        float[] losses = GC.AllocateArray<float>(2 * rows, pinned: true);
        yield return new($"softmax cross-entropy and gradient, rows of {classes}", () => Loss(x, labels, y, losses, classes), () => TensorFormulas.CrossEntropyGradient(x, labels, classes, y),
            () => CrossEntropy(x, labels, classes), () => Bounds.Stream(x, x, y, inputs: 1));
    }

    private static void Loss(float[] x, int[] labels, float[] dx, float[] losses, int classes)
    {
        fixed (float* z = x, dz = dx, loss = losses)
        {
            fixed (int* label = labels)
                LossTable.Run(new LossKind(LossId.SoftmaxCrossEntropy, 0), z, null, label, dz, loss, null, labels.Length, classes);
        }
    }

    private static Action Apply(Func<Tensor, Tensor> function, float[] values, params long[] shape)
    {
        Tensor x = shape.Length == 0 ? tensor(values) : tensor(values).reshape(shape);
        return () =>
        {
            using Tensor y = function(x);
        };
    }

    // The graph is kept: only the derivative is timed, with what autograd itself costs.
    private static Action Differentiate(Func<Tensor, Tensor> function, float[] values, float[] gradient)
    {
        Tensor x = tensor(values, requires_grad: true), dy = tensor(gradient);
        Tensor y = function(x);
        return () =>
        {
            using Tensor dx = autograd.grad([y], [x], [dy], retain_graph: true)[0];
        };
    }

    private static Action CrossEntropy(float[] values, int[] labels, int classes)
    {
        Tensor x = tensor(values, requires_grad: true).reshape(labels.Length, classes).detach().requires_grad_(true);
        Tensor target = tensor([.. labels.Select(label => (long)label)]);
        return () =>
        {
            using IDisposable scope = NewDisposeScope();
            Tensor loss = nn.functional.cross_entropy(x, target);
            autograd.grad([loss], [x]);
        };
    }

    private sealed record Cell(string Name, Action Ours, Action? Primitives, Func<Action>? Torch, Action Bound);
}
