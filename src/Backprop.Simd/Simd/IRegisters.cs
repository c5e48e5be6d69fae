namespace Backprop.Simd.Internal.Simd;

/// <summary>The operations of a matrix-product micro-kernel on a raw hardware vector <typeparamref name="R"/>.</summary>
/// <remarks>
/// Wrapped vectors cost RyuJIT a register copy per operation in a loop with many accumulators; raw ones do not (measured on .NET 10).
/// Everything else uses <see cref="IVectorF32{V}"/>; <see cref="Wrap"/> goes there for epilogues. Zero is <c>default</c>, which costs the JIT no call.
/// </remarks>
internal unsafe interface IRegisters<V, R>
    where V : struct, IVectorF32<V>, IRegisters<V, R>
    where R : struct
{
    static abstract R LoadRegister(float* source);

    static abstract R BroadcastRegister(float value);

    static abstract R MultiplyAddRegister(R a, R b, R c);

    static abstract void StoreRegister(R value, float* destination);

    // Those of fours of lanes are only where FourSteps is supported, on 8 and 16 lanes; the transpose on 4, too.

    /// <summary>Four floats, again and again.</summary>
    static virtual R BroadcastFourRegister(float* source) => throw new NotSupportedException();

    /// <summary>In each four of lanes: what stood in lane i of register j goes to lane j of register i.</summary>
    static virtual void TransposeFours(ref R a, ref R b, ref R c, ref R d) => throw new NotSupportedException();

    /// <summary>Lane i of each four of lanes: (0 + 2) + (1 + 3) of that four of register i.</summary>
    static virtual R SumFours(R a, R b, R c, R d) => throw new NotSupportedException();

    /// <summary>Lane i gets the lane that the integer in lane i of <paramref name="order"/> names; if there is no such lane, anything.</summary>
    static virtual R PermuteRegister(R value, R order) => throw new NotSupportedException();

    static abstract V Wrap(R register);

    static abstract R Unwrap(V value);
}
