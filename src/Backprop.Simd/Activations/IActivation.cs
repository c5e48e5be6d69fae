using Backprop.Simd.Internal.Simd;

namespace Backprop.Simd.Internal.Activations;

/// <summary>What an activation's derivative is computed from, and so what the forward pass must keep.</summary>
internal enum Saved
{
    /// <summary>y, which the next layer keeps anyway.</summary>
    Output,

    /// <summary>x, the weighted sums before the activation.</summary>
    Input,
}

/// <summary>An activation function: y = f(x), its derivative, and an independent double-precision reference of both.</summary>
/// <remarks>A struct that holds its parameters (slope, alpha). Adding one is its file plus one line in <see cref="ActivationTable"/>.</remarks>
internal interface IActivation
{
    /// <summary>What <see cref="Backward"/> gets as its first argument; a JIT constant.</summary>
    static abstract Saved Saves { get; }

    /// <summary>Whether the formula is a few instructions, so that a matrix product can apply it to sums still in registers; a JIT constant.</summary>
    static abstract bool IsCheap { get; }

    /// <summary>Whether <see cref="Forward"/> is so long that its two stages run side by side over arrays; a JIT constant.</summary>
    static virtual bool HasStages => false;

    /// <summary>What <see cref="SecondStage"/> gets besides x.</summary>
    static virtual V FirstStage<V>(V x, out V other)
        where V : struct, IVectorF32<V> => throw new NotSupportedException();

    /// <summary>f(x).</summary>
    static virtual V SecondStage<V>(V x, V state, V other)
        where V : struct, IVectorF32<V> => throw new NotSupportedException();

    /// <summary>y = f(x).</summary>
    V Forward<V>(V x)
        where V : struct, IVectorF32<V>;

    /// <summary>dx = f'(x) dy, from what <see cref="Saves"/> names.</summary>
    V Backward<V>(V saved, V dy)
        where V : struct, IVectorF32<V>;

    /// <summary>f(x) in double precision, written plainly and apart from the vector form.</summary>
    double Reference(double x);

    /// <summary>f'(x) in double precision; at a kink the value that <see cref="Backward"/> gives.</summary>
    double ReferenceDerivative(double x);
}
