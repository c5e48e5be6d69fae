using Backprop.Simd.Internal.Simd;

namespace Backprop.Simd.Internal.Losses;

/// <summary>A loss that is a mean over independent elements: f(output, target), its derivative by the output, and a double-precision reference of both.</summary>
/// <remarks>A struct that holds its parameter. Adding one is its file plus one line in <see cref="LossTable"/>.</remarks>
internal interface IElementLoss
{
    /// <summary>f(output, target) of one element.</summary>
    V Loss<V>(V output, V target)
        where V : struct, IVectorF32<V>;

    /// <summary>df/doutput of one element.</summary>
    V Derivative<V>(V output, V target)
        where V : struct, IVectorF32<V>;

    /// <summary>f in double precision, written plainly and apart from the vector form.</summary>
    double Reference(double output, double target);

    /// <summary>df/doutput in double precision; at a kink the value that <see cref="Derivative"/> gives.</summary>
    double ReferenceDerivative(double output, double target);
}
