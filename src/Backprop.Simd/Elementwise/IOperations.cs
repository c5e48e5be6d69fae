using Backprop.Simd.Internal.Simd;

namespace Backprop.Simd.Internal.Elementwise;

/// <summary>A formula y = f(x) so long that the CPU does not see the next vector's while it waits for this one's: given in two stages as well, of which loops run one beside the other.</summary>
internal interface IStages
{
    /// <summary>A JIT constant; the rest is called only if so. With sixteen registers, formulas with tables are faster in pairs of vectors (<see cref="BytePlanes"/>), and have none there.</summary>
    static virtual bool HasStages => false;

    /// <summary>What <see cref="SecondStage"/> gets besides x.</summary>
    static virtual V FirstStage<V>(V x, out V other)
        where V : struct, IVectorF32<V> => throw new NotSupportedException();

    /// <summary>f(x).</summary>
    static virtual V SecondStage<V>(V x, V state, V other)
        where V : struct, IVectorF32<V> => throw new NotSupportedException();
}

/// <summary>y = f(x), lane by lane.</summary>
internal interface IUnaryOperation : IStages
{
    /// <summary>Whether two vectors at a time are worth their compilation; a JIT constant.</summary>
    static virtual bool TakesPairs => true;

    V Invoke<V>(V x)
        where V : struct, IVectorF32<V>;
}

/// <summary>z = f(x, y), lane by lane.</summary>
internal interface IBinaryOperation
{
    V Invoke<V>(V x, V y)
        where V : struct, IVectorF32<V>;
}
