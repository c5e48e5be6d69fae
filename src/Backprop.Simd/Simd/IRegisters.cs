namespace Backprop.Simd.Internal.Simd;

/// <summary>The five operations of a matrix-product micro-kernel on a raw hardware vector <typeparamref name="R"/>.</summary>
/// <remarks>
/// Wrapped vectors cost RyuJIT a register copy per operation in a loop with many accumulators; raw ones do not (measured on .NET 10).
/// Everything else uses <see cref="IVectorF32{V}"/>; <see cref="Wrap"/> goes there for epilogues.
/// </remarks>
internal unsafe interface IRegisters<V, R>
    where V : struct, IVectorF32<V>, IRegisters<V, R>
    where R : struct
{
    static abstract R ZeroRegister { get; }

    static abstract R LoadRegister(float* source);

    static abstract R BroadcastRegister(float value);

    static abstract R MultiplyAddRegister(R a, R b, R c);

    static abstract void StoreRegister(R value, float* destination);

    static abstract V Wrap(R register);

    static abstract R Unwrap(V value);
}
