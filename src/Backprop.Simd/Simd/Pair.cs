using System.Runtime.CompilerServices;

namespace Backprop.Simd.Internal.Simd;

/// <summary>Two vectors that act as one of twice the lanes.</summary>
/// <remarks>Row statistics always run on 16 lanes, whatever the CPU has, so that their order of summation is the same everywhere.</remarks>
internal readonly unsafe struct Pair<V>(V low, V high) : IVectorF32<Pair<V>>
    where V : struct, IVectorF32<V>
{
    private readonly V _low = low;
    private readonly V _high = high;

    public V Low
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => _low;
    }

    public V High
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => _high;
    }

    public static int Count
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => 2 * V.Count;
    }

    public static Pair<V> IndicesInt
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => new(V.IndicesInt, V.AddInt(V.IndicesInt, V.CreateInt(V.Count)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pair<V> Create(float value)
    {
        V half = V.Create(value);
        return new(half, half);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pair<V> CreateInt(int bits)
    {
        V half = V.CreateInt(bits);
        return new(half, half);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pair<V> Load(float* source) => new(V.Load(source), V.Load(source + V.Count));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Pair<V> value, float* destination)
    {
        V.Store(value._low, destination);
        V.Store(value._high, destination + V.Count);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pair<V> LoadPartial(float* source, int count) =>
        count >= V.Count
            ? new(V.Load(source), V.LoadPartial(source + V.Count, count - V.Count))
            : new(V.LoadPartial(source, count), V.Create(0f));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StorePartial(Pair<V> value, float* destination, int count)
    {
        if (count >= V.Count)
        {
            V.Store(value._low, destination);
            V.StorePartial(value._high, destination + V.Count, count - V.Count);
        }
        else
        {
            V.StorePartial(value._low, destination, count);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pair<V> operator +(Pair<V> left, Pair<V> right) =>
        new(left._low + right._low, left._high + right._high);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pair<V> operator -(Pair<V> left, Pair<V> right) =>
        new(left._low - right._low, left._high - right._high);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pair<V> operator *(Pair<V> left, Pair<V> right) =>
        new(left._low * right._low, left._high * right._high);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pair<V> operator /(Pair<V> left, Pair<V> right) =>
        new(left._low / right._low, left._high / right._high);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pair<V> operator &(Pair<V> left, Pair<V> right) =>
        new(left._low & right._low, left._high & right._high);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pair<V> operator |(Pair<V> left, Pair<V> right) =>
        new(left._low | right._low, left._high | right._high);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pair<V> operator ^(Pair<V> left, Pair<V> right) =>
        new(left._low ^ right._low, left._high ^ right._high);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pair<V> operator -(Pair<V> value) =>
        new(-value._low, -value._high);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pair<V> operator ~(Pair<V> value) =>
        new(~value._low, ~value._high);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pair<V> TimesPowerOfTwo(Pair<V> value, Pair<V> exponent) =>
        new(V.TimesPowerOfTwo(value._low, exponent._low), V.TimesPowerOfTwo(value._high, exponent._high));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pair<V> Sqrt(Pair<V> value) =>
        new(V.Sqrt(value._low), V.Sqrt(value._high));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pair<V> Abs(Pair<V> value) =>
        new(V.Abs(value._low), V.Abs(value._high));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pair<V> LookupIndex(Pair<V> integers) => typeof(V) == typeof(F32x8) && BytePlanes.IsSupported
        ? (Pair<V>)(object)BytePlanes.Index((Pair<F32x8>)(object)integers)
        : new(V.LookupIndex(integers._low), V.LookupIndex(integers._high));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pair<V> Lookup(ReadOnlySpan<float> table, int row, Pair<V> index) => typeof(V) == typeof(F32x8) && BytePlanes.IsSupported
        ? (Pair<V>)(object)BytePlanes.Lookup(table, row, (Pair<F32x8>)(object)index)
        : new(V.Lookup(table, row, index._low), V.Lookup(table, row, index._high));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pair<V> IntToFloat(Pair<V> value) =>
        new(V.IntToFloat(value._low), V.IntToFloat(value._high));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pair<V> FloatToIntTruncated(Pair<V> value) =>
        new(V.FloatToIntTruncated(value._low), V.FloatToIntTruncated(value._high));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pair<V> Lesser(Pair<V> left, Pair<V> right) =>
        new(V.Lesser(left._low, right._low), V.Lesser(left._high, right._high));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pair<V> Greater(Pair<V> left, Pair<V> right) =>
        new(V.Greater(left._low, right._low), V.Greater(left._high, right._high));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pair<V> SelectLess(Pair<V> left, Pair<V> right, Pair<V> ifLess, Pair<V> otherwise) =>
        new(V.SelectLess(left._low, right._low, ifLess._low, otherwise._low), V.SelectLess(left._high, right._high, ifLess._high, otherwise._high));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pair<V> SelectLessOrEqual(Pair<V> left, Pair<V> right, Pair<V> ifLessOrEqual, Pair<V> otherwise) =>
        new(V.SelectLessOrEqual(left._low, right._low, ifLessOrEqual._low, otherwise._low), V.SelectLessOrEqual(left._high, right._high, ifLessOrEqual._high, otherwise._high));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pair<V> SelectEqual(Pair<V> left, Pair<V> right, Pair<V> ifEqual, Pair<V> otherwise) =>
        new(V.SelectEqual(left._low, right._low, ifEqual._low, otherwise._low), V.SelectEqual(left._high, right._high, ifEqual._high, otherwise._high));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pair<V> AddInt(Pair<V> left, Pair<V> right) =>
        new(V.AddInt(left._low, right._low), V.AddInt(left._high, right._high));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pair<V> SubtractInt(Pair<V> left, Pair<V> right) =>
        new(V.SubtractInt(left._low, right._low), V.SubtractInt(left._high, right._high));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pair<V> MultiplyInt(Pair<V> left, Pair<V> right) =>
        new(V.MultiplyInt(left._low, right._low), V.MultiplyInt(left._high, right._high));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pair<V> LessThanInt(Pair<V> left, Pair<V> right) =>
        new(V.LessThanInt(left._low, right._low), V.LessThanInt(left._high, right._high));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pair<V> ShiftLeftInt(Pair<V> value, int count) =>
        new(V.ShiftLeftInt(value._low, count), V.ShiftLeftInt(value._high, count));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pair<V> ShiftRightLogicalInt(Pair<V> value, int count) =>
        new(V.ShiftRightLogicalInt(value._low, count), V.ShiftRightLogicalInt(value._high, count));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pair<V> ShiftRightArithmeticInt(Pair<V> value, int count) =>
        new(V.ShiftRightArithmeticInt(value._low, count), V.ShiftRightArithmeticInt(value._high, count));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pair<V> MultiplyAdd(Pair<V> a, Pair<V> b, Pair<V> c) =>
        new(V.MultiplyAdd(a._low, b._low, c._low), V.MultiplyAdd(a._high, b._high, c._high));

    public static bool FusesMultiplyAdd
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => V.FusesMultiplyAdd;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pair<V> MultiplySubtractFrom(Pair<V> a, Pair<V> b, Pair<V> c) =>
        new(V.MultiplySubtractFrom(a._low, b._low, c._low), V.MultiplySubtractFrom(a._high, b._high, c._high));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pair<V> Select(Pair<V> mask, Pair<V> ifTrue, Pair<V> ifFalse) =>
        new(V.Select(mask._low, ifTrue._low, ifFalse._low), V.Select(mask._high, ifTrue._high, ifFalse._high));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pair<V> CopySign(Pair<V> value, Pair<V> sign) =>
        new(V.CopySign(value._low, sign._low), V.CopySign(value._high, sign._high));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float SumHalves(Pair<V> value) =>
        V.SumHalves(value._low + value._high);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void SumHalves(Pair<V> a, Pair<V> b, Pair<V> c, Pair<V> d, float* sums) =>
        V.SumHalves(a._low + a._high, b._low + b._high, c._low + c._high, d._low + d._high, sums);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float MaxHalves(Pair<V> value) =>
        V.MaxHalves(V.SelectLess(value._low, value._high, value._high, value._low));
}
