using Backprop.Simd.Internal.Simd;

namespace Backprop.Simd.Internal.Elementwise;

/// <summary>y = f(x), lane by lane.</summary>
internal interface IUnaryOperation
{
    /// <summary>Whether the formula is run on four vectors at once; a JIT constant. About 30 operations are too many: the JIT keeps no more than 1024 locals in registers.</summary>
    static virtual bool TakesFour => false;

    V Invoke<V>(V x)
        where V : struct, IVectorF32<V>;
}

/// <summary>z = f(x, y), lane by lane.</summary>
internal interface IBinaryOperation
{
    V Invoke<V>(V x, V y)
        where V : struct, IVectorF32<V>;
}
