namespace Backprop.Simd.Internal.Simd;

/// <summary>The part of <see cref="IVectorF32{V}"/> that reads lanes as bits and as 32-bit integers.</summary>
internal unsafe interface IVectorBits<V>
    where V : struct, IVectorBits<V>
{
    /// <summary>Every lane gets these 32 bits.</summary>
    static abstract V CreateInt(int bits);

    /// <summary>Lane i holds the integer i.</summary>
    static abstract V IndicesInt { get; }

    static abstract V operator &(V left, V right);

    static abstract V operator |(V left, V right);

    static abstract V operator ^(V left, V right);

    static abstract V operator ~(V value);

    /// <summary>The value with the sign bit of another; its own is that one or 0.</summary>
    static abstract V CopySign(V value, V sign);

    /// <summary>value 2^exponent, rounded once; the exponent is an integer of at most 252 in size, and the value times half of the power is normal.</summary>
    static abstract V TimesPowerOfTwo(V value, V exponent);

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
}
