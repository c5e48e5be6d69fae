using System.Runtime.CompilerServices;

namespace Backprop.Simd.Internal.Simd;

/// <summary>Four vectors that act as one of four times the lanes, for loops over arrays.</summary>
/// <remarks>
/// Not a pair of pairs: that has more locals than the JIT tracks. And <see cref="Create"/> hides that its value is a constant. RyuJIT loads a constant again for each
/// use, never before the loop, and where the units are half as wide as the vectors that takes a third of the time (AMD Zen 4); so each is loaded once for four.
/// </remarks>
internal readonly unsafe struct Quad<V>(V first, V second, V third, V fourth) : IVectorF32<Quad<V>>
    where V : struct, IVectorF32<V>
{
    private readonly V _0 = first;
    private readonly V _1 = second;
    private readonly V _2 = third;
    private readonly V _3 = fourth;

    public V First
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => _0;
    }

    public V Second
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => _1;
    }

    public V Third
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => _2;
    }

    public V Fourth
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => _3;
    }

    public static int Count
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => 4 * V.Count;
    }

    public static Quad<V> IndicesInt
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => new(V.IndicesInt, V.AddInt(V.IndicesInt, V.CreateInt(V.Count)), V.AddInt(V.IndicesInt, V.CreateInt(2 * V.Count)), V.AddInt(V.IndicesInt, V.CreateInt(3 * V.Count)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Quad<V> Create(float value)
    {
        float hidden = value;
        V one = V.Create(Volatile.Read(ref hidden));
        return new(one, one, one, one);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Quad<V> CreateInt(int bits)
    {
        int hidden = bits;
        V one = V.CreateInt(Volatile.Read(ref hidden));
        return new(one, one, one, one);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Quad<V> Load(float* source) => new(V.Load(source), V.Load(source + V.Count), V.Load(source + (2 * V.Count)), V.Load(source + (3 * V.Count)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Quad<V> value, float* destination)
    {
        V.Store(value._0, destination);
        V.Store(value._1, destination + V.Count);
        V.Store(value._2, destination + (2 * V.Count));
        V.Store(value._3, destination + (3 * V.Count));
    }

    public static Quad<V> LoadPartial(float* source, int count) =>
        new(V.LoadPartial(source, Valid(count, 0)), V.LoadPartial(source + V.Count, Valid(count, 1)), V.LoadPartial(source + (2 * V.Count), Valid(count, 2)), V.LoadPartial(source + (3 * V.Count), Valid(count, 3)));

    public static void StorePartial(Quad<V> value, float* destination, int count)
    {
        V.StorePartial(value._0, destination, Valid(count, 0));
        V.StorePartial(value._1, destination + V.Count, Valid(count, 1));
        V.StorePartial(value._2, destination + (2 * V.Count), Valid(count, 2));
        V.StorePartial(value._3, destination + (3 * V.Count), Valid(count, 3));
    }

    private static int Valid(int count, int vector) => Math.Clamp(count - (vector * V.Count), 0, V.Count);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Quad<V> operator +(Quad<V> left, Quad<V> right) =>
        new(left._0 + right._0, left._1 + right._1, left._2 + right._2, left._3 + right._3);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Quad<V> operator -(Quad<V> left, Quad<V> right) =>
        new(left._0 - right._0, left._1 - right._1, left._2 - right._2, left._3 - right._3);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Quad<V> operator *(Quad<V> left, Quad<V> right) =>
        new(left._0 * right._0, left._1 * right._1, left._2 * right._2, left._3 * right._3);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Quad<V> operator /(Quad<V> left, Quad<V> right) =>
        new(left._0 / right._0, left._1 / right._1, left._2 / right._2, left._3 / right._3);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Quad<V> operator &(Quad<V> left, Quad<V> right) =>
        new(left._0 & right._0, left._1 & right._1, left._2 & right._2, left._3 & right._3);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Quad<V> operator |(Quad<V> left, Quad<V> right) =>
        new(left._0 | right._0, left._1 | right._1, left._2 | right._2, left._3 | right._3);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Quad<V> operator ^(Quad<V> left, Quad<V> right) =>
        new(left._0 ^ right._0, left._1 ^ right._1, left._2 ^ right._2, left._3 ^ right._3);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Quad<V> operator -(Quad<V> value) =>
        new(-value._0, -value._1, -value._2, -value._3);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Quad<V> operator ~(Quad<V> value) =>
        new(~value._0, ~value._1, ~value._2, ~value._3);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Quad<V> TimesPowerOfTwo(Quad<V> value, Quad<V> exponent) =>
        new(V.TimesPowerOfTwo(value._0, exponent._0), V.TimesPowerOfTwo(value._1, exponent._1), V.TimesPowerOfTwo(value._2, exponent._2), V.TimesPowerOfTwo(value._3, exponent._3));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Quad<V> Sqrt(Quad<V> value) =>
        new(V.Sqrt(value._0), V.Sqrt(value._1), V.Sqrt(value._2), V.Sqrt(value._3));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Quad<V> Abs(Quad<V> value) =>
        new(V.Abs(value._0), V.Abs(value._1), V.Abs(value._2), V.Abs(value._3));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Quad<V> Lookup(ReadOnlySpan<float> table, int row, Quad<V> integers) =>
        new(V.Lookup(table, row, integers._0), V.Lookup(table, row, integers._1), V.Lookup(table, row, integers._2), V.Lookup(table, row, integers._3));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Quad<V> IntToFloat(Quad<V> value) =>
        new(V.IntToFloat(value._0), V.IntToFloat(value._1), V.IntToFloat(value._2), V.IntToFloat(value._3));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Quad<V> FloatToIntTruncated(Quad<V> value) =>
        new(V.FloatToIntTruncated(value._0), V.FloatToIntTruncated(value._1), V.FloatToIntTruncated(value._2), V.FloatToIntTruncated(value._3));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Quad<V> LessThan(Quad<V> left, Quad<V> right) =>
        new(V.LessThan(left._0, right._0), V.LessThan(left._1, right._1), V.LessThan(left._2, right._2), V.LessThan(left._3, right._3));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Quad<V> LessThanOrEqual(Quad<V> left, Quad<V> right) =>
        new(V.LessThanOrEqual(left._0, right._0), V.LessThanOrEqual(left._1, right._1), V.LessThanOrEqual(left._2, right._2), V.LessThanOrEqual(left._3, right._3));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Quad<V> Equals(Quad<V> left, Quad<V> right) =>
        new(V.Equals(left._0, right._0), V.Equals(left._1, right._1), V.Equals(left._2, right._2), V.Equals(left._3, right._3));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Quad<V> Lesser(Quad<V> left, Quad<V> right) =>
        new(V.Lesser(left._0, right._0), V.Lesser(left._1, right._1), V.Lesser(left._2, right._2), V.Lesser(left._3, right._3));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Quad<V> Greater(Quad<V> left, Quad<V> right) =>
        new(V.Greater(left._0, right._0), V.Greater(left._1, right._1), V.Greater(left._2, right._2), V.Greater(left._3, right._3));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Quad<V> SelectLess(Quad<V> left, Quad<V> right, Quad<V> ifLess, Quad<V> otherwise) =>
        new(V.SelectLess(left._0, right._0, ifLess._0, otherwise._0), V.SelectLess(left._1, right._1, ifLess._1, otherwise._1), V.SelectLess(left._2, right._2, ifLess._2, otherwise._2), V.SelectLess(left._3, right._3, ifLess._3, otherwise._3));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Quad<V> AddInt(Quad<V> left, Quad<V> right) =>
        new(V.AddInt(left._0, right._0), V.AddInt(left._1, right._1), V.AddInt(left._2, right._2), V.AddInt(left._3, right._3));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Quad<V> SubtractInt(Quad<V> left, Quad<V> right) =>
        new(V.SubtractInt(left._0, right._0), V.SubtractInt(left._1, right._1), V.SubtractInt(left._2, right._2), V.SubtractInt(left._3, right._3));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Quad<V> MultiplyInt(Quad<V> left, Quad<V> right) =>
        new(V.MultiplyInt(left._0, right._0), V.MultiplyInt(left._1, right._1), V.MultiplyInt(left._2, right._2), V.MultiplyInt(left._3, right._3));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Quad<V> LessThanInt(Quad<V> left, Quad<V> right) =>
        new(V.LessThanInt(left._0, right._0), V.LessThanInt(left._1, right._1), V.LessThanInt(left._2, right._2), V.LessThanInt(left._3, right._3));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Quad<V> ShiftLeftInt(Quad<V> value, int count) =>
        new(V.ShiftLeftInt(value._0, count), V.ShiftLeftInt(value._1, count), V.ShiftLeftInt(value._2, count), V.ShiftLeftInt(value._3, count));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Quad<V> ShiftRightLogicalInt(Quad<V> value, int count) =>
        new(V.ShiftRightLogicalInt(value._0, count), V.ShiftRightLogicalInt(value._1, count), V.ShiftRightLogicalInt(value._2, count), V.ShiftRightLogicalInt(value._3, count));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Quad<V> ShiftRightArithmeticInt(Quad<V> value, int count) =>
        new(V.ShiftRightArithmeticInt(value._0, count), V.ShiftRightArithmeticInt(value._1, count), V.ShiftRightArithmeticInt(value._2, count), V.ShiftRightArithmeticInt(value._3, count));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Quad<V> MultiplyAdd(Quad<V> a, Quad<V> b, Quad<V> c) =>
        new(V.MultiplyAdd(a._0, b._0, c._0), V.MultiplyAdd(a._1, b._1, c._1), V.MultiplyAdd(a._2, b._2, c._2), V.MultiplyAdd(a._3, b._3, c._3));

    public static bool FusesMultiplyAdd
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => V.FusesMultiplyAdd;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Quad<V> MultiplySubtractFrom(Quad<V> a, Quad<V> b, Quad<V> c) =>
        new(V.MultiplySubtractFrom(a._0, b._0, c._0), V.MultiplySubtractFrom(a._1, b._1, c._1), V.MultiplySubtractFrom(a._2, b._2, c._2), V.MultiplySubtractFrom(a._3, b._3, c._3));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Quad<V> Select(Quad<V> mask, Quad<V> ifTrue, Quad<V> ifFalse) =>
        new(V.Select(mask._0, ifTrue._0, ifFalse._0), V.Select(mask._1, ifTrue._1, ifFalse._1), V.Select(mask._2, ifTrue._2, ifFalse._2), V.Select(mask._3, ifTrue._3, ifFalse._3));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float SumHalves(Quad<V> value) => V.SumHalves((value._0 + value._2) + (value._1 + value._3));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float MaxHalves(Quad<V> value) => V.MaxHalves(Fold(Fold(value._0, value._2), Fold(value._1, value._3)));

    private static V Fold(V low, V high) => V.Select(V.LessThan(low, high), high, low);
}
