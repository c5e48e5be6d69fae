using Backprop.Simd.Internal.Activations;
using Backprop.Simd.Internal.Elementwise;
using Backprop.Simd.Kernels;

namespace Backprop.Simd.Accuracy;

/// <summary>A function of one float, and its reference in double precision.</summary>
/// <param name="Name">As documented.</param>
/// <param name="Compute">y[i] = f(x[i]) by the kernel.</param>
/// <param name="Reference">f in double precision.</param>
/// <param name="Odd">Whether f(-x) = -f(x) should hold exactly.</param>
/// <param name="Monotone">Whether f should never fall.</param>
internal sealed record Subject(string Name, Action<float[], float[]> Compute, Func<double, double> Reference, bool Odd = false, bool Monotone = false)
{
    public static IReadOnlyList<Subject> All { get; } = [.. Make()];

    private static IEnumerable<Subject> Make()
    {
        yield return new("exp", (x, y) => VectorMath.Exp(x, y), Math.Exp, Monotone: true);
        yield return new("log", (x, y) => VectorMath.Log(x, y), Math.Log, Monotone: true);
        yield return new("tanh", (x, y) => VectorMath.Tanh(x, y), Math.Tanh, Odd: true, Monotone: true);
        yield return new("sigmoid", (x, y) => VectorMath.Sigmoid(x, y), x => 1 / (1 + Math.Exp(-x)), Monotone: true);
        yield return new("erf", (x, y) => VectorMath.Erf(x, y), DoubleMath.Erf, Odd: true, Monotone: true);
        foreach (ActivationKind kind in ActivationTable.Elementwise.ToArray())
        {
            var activation = new Activation(kind);
            var query = new ReferenceQuery();
            ActivationTable.Dispatch(kind, ref query);
            yield return new(activation.ToString(), (x, y) => Activations.Forward(activation, x, y), query.Value!);
            yield return new(activation + "'", (x, y) => Derivative(activation, x, y), query.Slope!);
        }
    }

    private static void Derivative(Activation activation, float[] x, float[] dx)
    {
        float[] y = new float[x.Length], ones = new float[x.Length];
        Array.Fill(ones, 1f);
        Activations.Forward(activation, x, y);
        Activations.Backward(activation, x, y, ones, dx);
    }

    private struct ReferenceQuery : IActivationAction
    {
        public Func<double, double>? Value { get; private set; }

        public Func<double, double>? Slope { get; private set; }

        public void Invoke<TActivation>(TActivation activation)
            where TActivation : struct, IActivation
        {
            Value = activation.Reference;
            Slope = activation.ReferenceDerivative;
        }
    }
}
