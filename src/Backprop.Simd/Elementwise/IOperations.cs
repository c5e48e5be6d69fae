using Backprop.Simd.Internal.Simd;

namespace Backprop.Simd.Internal.Elementwise;

/// <summary>y = f(x), lane by lane.</summary>
internal interface IUnaryOperation
{
    V Invoke<V>(V x)
        where V : struct, IVectorF32<V>;
}

/// <summary>z = f(x, y), lane by lane.</summary>
internal interface IBinaryOperation
{
    V Invoke<V>(V x, V y)
        where V : struct, IVectorF32<V>;
}
