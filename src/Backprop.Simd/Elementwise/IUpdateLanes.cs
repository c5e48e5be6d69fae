using Backprop.Simd.Internal.Simd;

namespace Backprop.Simd.Internal.Elementwise;

/// <summary>An optimizer's formula with its constants in vectors, which a loop keeps in registers.</summary>
/// <remarks>With sixteen registers the JIT broadcasts constants that are floats again for every vector: Adam 0.67 ns a float, with vectors 0.5 (AMD Zen 3, in the L2 cache).</remarks>
internal interface IUpdateLanes<TSelf, TOperation, V>
    where TSelf : struct, IUpdateLanes<TSelf, TOperation, V>
    where V : struct, IVectorF32<V>
{
    /// <summary>The formula of an optimizer; called in the loop's own method, so that the vectors never lie in memory.</summary>
    static abstract TSelf Of(in TOperation operation);

    /// <summary>As <see cref="IUpdateOperation.Update"/>.</summary>
    V Update(V parameter, V gradient, ref V first, ref V second);
}

/// <summary>Work that is written once for every optimizer and makes the formula's vectors in its own loop, where they stay in registers.</summary>
internal interface IUpdateLanesAction<V>
    where V : struct, IVectorF32<V>
{
    void Invoke<TOperation, TLanes>(in TOperation operation)
        where TOperation : struct, IUpdateOperation
        where TLanes : struct, IUpdateLanes<TLanes, TOperation, V>;
}
