using Backprop.Simd.Internal.Elementwise;
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
internal interface IActivation : IStages
{
    /// <summary>What <see cref="Backward"/> gets as its first argument; a JIT constant.</summary>
    static abstract Saved Saves { get; }

    /// <summary>How many sums of a matrix product the formula can be applied to while they are in registers; a JIT constant.</summary>
    /// <remarks>It is inlined for each of them, until RyuJIT finds "too many locals" (512) and calls the others: 28 for two operations, 14 for four, none for more than ten.</remarks>
    static abstract int SumsInRegisters { get; }

    /// <summary>y = f(x), whether in stages or not.</summary>
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
