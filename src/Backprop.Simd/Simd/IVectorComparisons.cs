namespace Backprop.Simd.Internal.Simd;

/// <summary>The part of <see cref="IVectorF32{V}"/> with signs, roots, comparisons and sums over the lanes.</summary>
internal unsafe interface IVectorComparisons<V>
    where V : struct, IVectorComparisons<V>
{
    /// <summary>Flips the sign bit.</summary>
    static abstract V operator -(V value);

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
