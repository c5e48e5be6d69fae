namespace Backprop.Simd.Internal.Simd;

/// <summary>The vector vocabulary: one struct per width implements it, and every formula and loop is written once against it.</summary>
/// <remarks>
/// Operators are lane-wise IEEE single precision. Comparisons give a mask: all bits set in the lanes where they hold, none elsewhere.
/// Members named <c>...Int</c> read the lanes' bits as 32-bit signed integers that wrap around.
/// Nothing here may differ between machines with FMA: no estimates, no native min/max, no native conversions (docs/architecture.md).
/// In parts, with what is called most in the first: for each call that the JIT meets, the runtime compares names through the members of an interface, and through
/// those of the implementing struct up to the one in question. (Zen 3: all of one trainer's kernels 201 to 183 ms of compiling.) Generic methods of .NET's large static classes are searched for in the same way.
/// </remarks>
internal unsafe interface IVectorF32<V> : IVectorComparisons<V>, IVectorBits<V>
    where V : struct, IVectorF32<V>
{
    /// <summary>Lanes; a JIT constant.</summary>
    static abstract int Count { get; }

    static abstract V Create(float value);

    // A plain load of any address: Vector256.Load and the like are generic methods of large classes, which the JIT has looked up by name again and again (-3 % of compiling).
    static abstract V Load(float* source);

    static abstract void Store(V value, float* destination);

    /// <summary>Reads <paramref name="count"/> floats, 0 to Count; the other lanes are +0 and their memory is not touched.</summary>
    static abstract V LoadPartial(float* source, int count);

    /// <summary>Writes the first <paramref name="count"/> lanes, 0 to Count, and touches nothing else.</summary>
    static abstract void StorePartial(V value, float* destination, int count);

    static abstract V operator +(V left, V right);

    static abstract V operator -(V left, V right);

    static abstract V operator *(V left, V right);

    static abstract V operator /(V left, V right);

    /// <summary>a * b + c, rounded once where the CPU has FMA (rounded twice elsewhere: outside the same-bits promise).</summary>
    static abstract V MultiplyAdd(V a, V b, V c);

    /// <summary>Whether <see cref="MultiplyAdd"/> rounds once; a JIT constant.</summary>
    static abstract bool FusesMultiplyAdd { get; }

    /// <summary>c - a * b, rounded in the same way.</summary>
    static abstract V MultiplySubtractFrom(V a, V b, V c);
}
