using System.Runtime.CompilerServices;
using Backprop.Simd.Internal.Simd;

namespace Backprop.Simd.Internal.Elementwise;

/// <summary>Stops denormals where training makes them: many CPUs take a hundred times as long for them, and .NET cannot switch them off.</summary>
internal static unsafe class Denormals
{
    /// <summary>Optimizers' state is looked through after every so many updates: a test in each would cost Adam a third more (AMD Zen 5).</summary>
    public const int UpdatesBetween = 32;

    private const float SmallestNormal = 1.17549435e-38f;

    /// <summary>+0 for |value| &lt; 2^-126, else the value; NaN stays.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V ToZero<V>(V value)
        where V : struct, IVectorF32<V> => V.SelectLess(V.Abs(value), V.Create(SmallestNormal), V.Create(0f), value);

    /// <summary>+0 wherever |value| &lt; 2^-126.</summary>
    public static void Clear(float* values, nint length) => Map.Unary(default(ToZeroOperation), values, values, length);

    private readonly struct ToZeroOperation : IUnaryOperation
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public V Invoke<V>(V x)
            where V : struct, IVectorF32<V> => ToZero(x);
    }
}
