using System.Runtime.CompilerServices;
using Backprop.Simd.Internal.Elementwise;
using Backprop.Simd.Internal.Simd;

namespace Backprop.Simd.Internal.Optimizers;

/// <summary>p -= rate (g + weightDecay p).</summary>
internal readonly struct Sgd(float rate, float weightDecay) : IUpdateOperation
{
    public static int States => 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Update<V>(V parameter, V gradient, ref V first, ref V second)
        where V : struct, IVectorF32<V>
    {
        V g = V.MultiplyAdd(V.Create(weightDecay), parameter, gradient);
        return V.MultiplyAdd(V.Create(-rate), g, parameter);
    }
}

/// <summary>d = g + weightDecay p; buffer = momentum buffer + d; p -= rate buffer, or rate (d + momentum buffer) with Nesterov's form (I. Sutskever et al. 2013, as in PyTorch).</summary>
internal readonly struct SgdMomentum(float rate, float weightDecay, float momentum, bool nesterov) : IUpdateOperation
{
    public static int States => 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Update<V>(V parameter, V gradient, ref V first, ref V second)
        where V : struct, IVectorF32<V>
    {
        V g = V.MultiplyAdd(V.Create(weightDecay), parameter, gradient);
        first = V.MultiplyAdd(V.Create(momentum), first, g);
        V direction = nesterov ? V.MultiplyAdd(V.Create(momentum), first, g) : first;
        return V.MultiplyAdd(V.Create(-rate), direction, parameter);
    }
}
