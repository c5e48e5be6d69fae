namespace Backprop.Simd.Internal.Simd;

/// <summary>The vector vocabulary: one struct per width implements it, and every formula and loop is written once against it.</summary>
/// <remarks>
/// Operators are lane-wise IEEE single precision. Comparisons give a mask: all bits set in the lanes where they hold, none elsewhere.
/// Members named <c>...Int</c> read the lanes' bits as 32-bit signed integers that wrap around.
/// Nothing here may differ between machines with FMA: no estimates, no native min/max, no native conversions (docs/architecture.md).
/// </remarks>
internal unsafe interface IVectorF32<V>
    where V : struct, IVectorF32<V>
{
    /// <summary>Lanes; a JIT constant.</summary>
    static abstract int Count { get; }

    static abstract V Create(float value);

    /// <summary>Every lane gets these 32 bits.</summary>
    static abstract V CreateInt(int bits);

    /// <summary>Lane i holds the integer i.</summary>
    static abstract V IndicesInt { get; }

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

    /// <summary>Flips the sign bit.</summary>
    static abstract V operator -(V value);

    static abstract V operator &(V left, V right);

    static abstract V operator |(V left, V right);

    static abstract V operator ^(V left, V right);

    static abstract V operator ~(V value);

    /// <summary>a * b + c, rounded once where the CPU has FMA (rounded twice elsewhere: outside the same-bits promise).</summary>
    static abstract V MultiplyAdd(V a, V b, V c);

    /// <summary>Whether <see cref="MultiplyAdd"/> rounds once; a JIT constant.</summary>
    static abstract bool FusesMultiplyAdd { get; }

    /// <summary>c - a * b, rounded in the same way.</summary>
    static abstract V MultiplySubtractFrom(V a, V b, V c);

    /// <summary>value 2^exponent, rounded once; the exponent is an integer of at most 252 in size, and the value times half of the power is normal.</summary>
    static abstract V TimesPowerOfTwo(V value, V exponent);

    static abstract V Sqrt(V value);

    static abstract V Abs(V value);

    static abstract V Select(V mask, V ifTrue, V ifFalse);

    /// <summary>left &lt; right ? left : right, so that a NaN on either side and two zeros give right.</summary>
    static abstract V Lesser(V left, V right);

    /// <summary>left &gt; right ? left : right, so that a NaN on either side and two zeros give right.</summary>
    static abstract V Greater(V left, V right);

    /// <summary>left &lt; right ? ifLess : otherwise. Comparisons come with what they select: as masks of their own they would take two instructions more with AVX-512.</summary>
    static abstract V SelectLess(V left, V right, V ifLess, V otherwise);

    /// <summary>left &lt;= right ? ifLessOrEqual : otherwise.</summary>
    static abstract V SelectLessOrEqual(V left, V right, V ifLessOrEqual, V otherwise);

    /// <summary>left == right ? ifEqual : otherwise.</summary>
    static abstract V SelectEqual(V left, V right, V ifEqual, V otherwise);

    static abstract V AddInt(V left, V right);

    static abstract V SubtractInt(V left, V right);

    static abstract V MultiplyInt(V left, V right);

    static abstract V ShiftLeftInt(V value, int count);

    static abstract V ShiftRightLogicalInt(V value, int count);

    static abstract V ShiftRightArithmeticInt(V value, int count);

    /// <summary>Signed comparison of the integer lanes; gives a mask.</summary>
    static abstract V LessThanInt(V left, V right);

    /// <summary>What <see cref="Lookup"/> reads, of integers of which the low four bits count.</summary>
    static abstract V LookupIndex(V integers);

    /// <summary>For each lane the float that its integer names in a row of 16, in a table of <see cref="Elementary"/>.</summary>
    static abstract V Lookup(ReadOnlySpan<float> table, int row, V index);

    /// <summary>Converts the integer lanes to float, to nearest even.</summary>
    static abstract V IntToFloat(V integers);

    /// <summary>Converts to integer lanes towards zero; the caller guarantees |value| below 2^31 (NaN and larger values differ between CPUs).</summary>
    static abstract V FloatToIntTruncated(V value);

    /// <summary>Sum of the lanes: the upper half is added to the lower half until one lane is left.</summary>
    static abstract float SumHalves(V value);

    /// <summary>sums[0..3] = <see cref="SumHalves(V)"/> of four vectors.</summary>
    static virtual void SumHalves(V a, V b, V c, V d, float* sums)
    {
        sums[0] = V.SumHalves(a);
        sums[1] = V.SumHalves(b);
        sums[2] = V.SumHalves(c);
        sums[3] = V.SumHalves(d);
    }

    /// <summary>Largest lane, folded in halves as <see cref="SumHalves(V)"/> with a &gt; b ? a : b.</summary>
    static abstract float MaxHalves(V value);

    /// <summary>largest[0..3] = <see cref="MaxHalves(V)"/> of four vectors.</summary>
    static virtual void MaxHalves(V a, V b, V c, V d, float* largest)
    {
        largest[0] = V.MaxHalves(a);
        largest[1] = V.MaxHalves(b);
        largest[2] = V.MaxHalves(c);
        largest[3] = V.MaxHalves(d);
    }
}
