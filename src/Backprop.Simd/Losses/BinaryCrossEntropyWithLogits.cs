using System.Runtime.CompilerServices;
using Backprop.Simd.Internal.Activations;
using Backprop.Simd.Internal.Simd;

namespace Backprop.Simd.Internal.Losses;

/// <summary>With z the logit and t the target in [0, 1]: f = max(z, 0) - z t + log(1 + exp(-|z|)), the cross-entropy of sigmoid(z) without overflow.</summary>
internal readonly struct BinaryCrossEntropyWithLogits : IElementLoss
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Loss<V>(V output, V target)
        where V : struct, IVectorF32<V>
    {
        V zero = V.Create(0f);
        V positive = V.SelectLessOrEqual(output, zero, zero, output);
        return V.MultiplyAdd(-output, target, positive) + default(Softplus).Forward(-V.Abs(output));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Derivative<V>(V output, V target)
        where V : struct, IVectorF32<V> => Elementary.Sigmoid(output) - target;

    public double Reference(double output, double target) =>
        Math.Max(output, 0) - (output * target) + Math.Log(1 + Math.Exp(-Math.Abs(output)));

    public double ReferenceDerivative(double output, double target) => (1 / (1 + Math.Exp(-output))) - target;
}
