using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Raw = System.Runtime.Intrinsics.Vector512<float>;

namespace Backprop.Simd.Internal.Simd;

/// <summary>16 lanes: Vector512.</summary>
internal readonly unsafe struct F32x16(Raw raw) : IRegisters<F32x16, Raw>, IVectorF32<F32x16>
{
    private readonly Raw _raw = raw;

    public static int Count
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => 16;
    }

    public static F32x16 IndicesInt
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => new(Vector512.Create(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15).AsSingle());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x16 Create(float value) => new(Vector512.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x16 CreateInt(int bits) => new(Vector512.Create(bits).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x16 Load(float* source) => new(*(Raw*)source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(F32x16 value, float* destination) => *(Raw*)destination = value._raw;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x16 LoadPartial(float* source, int count) =>
        Avx512F.IsSupported ? new(Avx512F.MaskLoad(source, FirstLanes(count), Raw.Zero)) : LoadPartialByCopy(source, count);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StorePartial(F32x16 value, float* destination, int count)
    {
        if (Avx512F.IsSupported)
            Avx512F.MaskStore(destination, FirstLanes(count), value._raw);
        else
            StorePartialByCopy(value, destination, count);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Raw FirstLanes(int count) =>
        Vector512.LessThan(Vector512.Create(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15), Vector512.Create(count)).AsSingle();

    private static F32x16 LoadPartialByCopy(float* source, int count)
    {
        float* lanes = stackalloc float[16];
        PartialCopy.Load(source, count, lanes, 16);
        return Load(lanes);
    }

    private static void StorePartialByCopy(F32x16 value, float* destination, int count)
    {
        float* lanes = stackalloc float[16];
        Store(value, lanes);
        PartialCopy.Store(lanes, destination, count);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x16 operator +(F32x16 left, F32x16 right) => new(left._raw + right._raw);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x16 operator -(F32x16 left, F32x16 right) => new(left._raw - right._raw);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x16 operator *(F32x16 left, F32x16 right) => new(left._raw * right._raw);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x16 operator /(F32x16 left, F32x16 right) => new(left._raw / right._raw);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x16 operator -(F32x16 value) => new(-value._raw);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x16 operator &(F32x16 left, F32x16 right) => new(left._raw & right._raw);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x16 operator |(F32x16 left, F32x16 right) => new(left._raw | right._raw);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x16 operator ^(F32x16 left, F32x16 right) => new(left._raw ^ right._raw);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x16 operator ~(F32x16 value) => new(~value._raw);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x16 MultiplyAdd(F32x16 a, F32x16 b, F32x16 c) => new(Vector512.MultiplyAddEstimate(a._raw, b._raw, c._raw));

    public static bool FusesMultiplyAdd
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => SimdInfo.FusedMultiplyAdd;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x16 MultiplySubtractFrom(F32x16 a, F32x16 b, F32x16 c) => new(Avx512F.IsSupported ? Avx512F.FusedMultiplyAddNegated(a._raw, b._raw, c._raw) : Vector512.MultiplyAddEstimate(-a._raw, b._raw, c._raw));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x16 TimesPowerOfTwo(F32x16 value, F32x16 exponent) =>
        Avx512F.IsSupported ? new(Avx512F.Scale(value._raw, exponent._raw)) : PowerOfTwo.Multiply(value, exponent);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x16 Sqrt(F32x16 value) => new(Vector512.Sqrt(value._raw));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x16 Abs(F32x16 value) => new(Vector512.Abs(value._raw));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x16 Select(F32x16 mask, F32x16 ifTrue, F32x16 ifFalse) => new(Vector512.ConditionalSelect(mask._raw, ifTrue._raw, ifFalse._raw));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x16 Lesser(F32x16 left, F32x16 right) => new(Avx512F.IsSupported
        ? Avx512F.Min(left._raw, right._raw)
        : Vector512.ConditionalSelect(Vector512.LessThan(left._raw, right._raw), left._raw, right._raw));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x16 Greater(F32x16 left, F32x16 right) => new(Avx512F.IsSupported
        ? Avx512F.Max(left._raw, right._raw)
        : Vector512.ConditionalSelect(Vector512.GreaterThan(left._raw, right._raw), left._raw, right._raw));

    // One instruction for both operations.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x16 CopySign(F32x16 value, F32x16 sign) => new(Vector512.ConditionalSelect(Vector512.Create(-0f), sign._raw, value._raw));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x16 SelectLess(F32x16 left, F32x16 right, F32x16 ifLess, F32x16 otherwise) =>
        new(Vector512.ConditionalSelect(Vector512.LessThan(left._raw, right._raw), ifLess._raw, otherwise._raw));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x16 SelectLessOrEqual(F32x16 left, F32x16 right, F32x16 ifLessOrEqual, F32x16 otherwise) =>
        new(Vector512.ConditionalSelect(Vector512.LessThanOrEqual(left._raw, right._raw), ifLessOrEqual._raw, otherwise._raw));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x16 SelectEqual(F32x16 left, F32x16 right, F32x16 ifEqual, F32x16 otherwise) =>
        new(Vector512.ConditionalSelect(Vector512.Equals(left._raw, right._raw), ifEqual._raw, otherwise._raw));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x16 AddInt(F32x16 left, F32x16 right) => new((left._raw.AsInt32() + right._raw.AsInt32()).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x16 SubtractInt(F32x16 left, F32x16 right) => new((left._raw.AsInt32() - right._raw.AsInt32()).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x16 MultiplyInt(F32x16 left, F32x16 right) => new((left._raw.AsInt32() * right._raw.AsInt32()).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x16 ShiftLeftInt(F32x16 value, int count) => new((value._raw.AsInt32() << count).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x16 ShiftRightLogicalInt(F32x16 value, int count) => new((value._raw.AsInt32() >>> count).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x16 ShiftRightArithmeticInt(F32x16 value, int count) => new((value._raw.AsInt32() >> count).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x16 LessThanInt(F32x16 left, F32x16 right) => new(Vector512.LessThan(left._raw.AsInt32(), right._raw.AsInt32()).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x16 LookupIndex(F32x16 integers) => integers;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x16 Lookup(ReadOnlySpan<float> table, int row, F32x16 index)
    {
        Raw values = Vector512.LoadUnsafe(ref MemoryMarshal.GetReference(table), (nuint)(16 * row));
        return new(Avx512F.IsSupported
            ? Avx512F.PermuteVar16x32(values, index._raw.AsInt32())
            : Vector512.Shuffle(values, index._raw.AsInt32() & Vector512.Create(15)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x16 IntToFloat(F32x16 integers) => new(Vector512.ConvertToSingle(integers._raw.AsInt32()));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x16 FloatToIntTruncated(F32x16 value) => new(Vector512.ConvertToInt32Native(value._raw).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float SumHalves(F32x16 value) => F32x8.SumHalves(Folded(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void SumHalves(F32x16 a, F32x16 b, F32x16 c, F32x16 d, float* sums) => F32x8.SumHalves(Folded(a), Folded(b), Folded(c), Folded(d), sums);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static F32x8 Folded(F32x16 value) => new(value._raw.GetLower() + value._raw.GetUpper());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float MaxHalves(F32x16 value) =>
        F32x8.MaxHalves(Larger(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void MaxHalves(F32x16 a, F32x16 b, F32x16 c, F32x16 d, float* largest) => F32x8.MaxHalves(Larger(a), Larger(b), Larger(c), Larger(d), largest);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static F32x8 Larger(F32x16 value) => F32x8.Greater(new(value._raw.GetUpper()), new(value._raw.GetLower()));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Raw LoadRegister(float* source) => *(Raw*)source;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Raw BroadcastRegister(float value) => Vector512.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Raw BroadcastFourRegister(float* source) => Avx512F.BroadcastVector128ToVector512(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void TransposeFours(ref Raw a, ref Raw b, ref Raw c, ref Raw d)
    {
        Raw abLow = Avx512F.UnpackLow(a, b), abHigh = Avx512F.UnpackHigh(a, b), cdLow = Avx512F.UnpackLow(c, d), cdHigh = Avx512F.UnpackHigh(c, d);
        a = Avx512F.Shuffle(abLow, cdLow, FourSteps.LowPairsOf);
        b = Avx512F.Shuffle(abLow, cdLow, FourSteps.HighPairsOf);
        c = Avx512F.Shuffle(abHigh, cdHigh, FourSteps.LowPairsOf);
        d = Avx512F.Shuffle(abHigh, cdHigh, FourSteps.HighPairsOf);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Raw SumFours(Raw a, Raw b, Raw c, Raw d)
    {
        Raw ab = Avx512F.Shuffle(a, b, FourSteps.LowPairsOf) + Avx512F.Shuffle(a, b, FourSteps.HighPairsOf), cd = Avx512F.Shuffle(c, d, FourSteps.LowPairsOf) + Avx512F.Shuffle(c, d, FourSteps.HighPairsOf);
        return Avx512F.Shuffle(ab, cd, 0b10_00_10_00) + Avx512F.Shuffle(ab, cd, 0b11_01_11_01);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Raw PermuteRegister(Raw value, Raw order) => Avx512F.IsSupported ? Avx512F.PermuteVar16x32(value, order.AsInt32()) : Vector512.Shuffle(value, order.AsInt32());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Raw MultiplyAddRegister(Raw a, Raw b, Raw c) => Vector512.MultiplyAddEstimate(a, b, c);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreRegister(Raw value, float* destination) => *(Raw*)destination = value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x16 Wrap(Raw register) => new(register);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Raw Unwrap(F32x16 value) => value._raw;
}
