using System.Runtime.CompilerServices;
using Backprop.Simd.Internal.Elementwise;
using Backprop.Simd.Internal.Simd;

namespace Backprop.Simd.Internal.Activations;

/// <summary>y = f(x), for arrays.</summary>
internal readonly struct ActivationForward<TActivation>(TActivation activation) : IUnaryOperation
    where TActivation : struct, IActivation
{
    public static bool HasStages
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => TActivation.HasStages;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V FirstStage<V>(V x, out V other)
        where V : struct, IVectorF32<V> => TActivation.FirstStage(x, out other);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V SecondStage<V>(V x, V state, V other)
        where V : struct, IVectorF32<V> => TActivation.SecondStage(x, state, other);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V>(V x)
        where V : struct, IVectorF32<V> => activation.Forward(x);
}

/// <summary>dx = f'(x) dy, for arrays.</summary>
internal readonly struct ActivationBackward<TActivation>(TActivation activation) : IBinaryOperation
    where TActivation : struct, IActivation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V>(V x, V y)
        where V : struct, IVectorF32<V> => activation.Backward(x, y);
}
