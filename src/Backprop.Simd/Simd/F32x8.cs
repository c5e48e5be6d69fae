using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Raw = System.Runtime.Intrinsics.Vector256<float>;

namespace Backprop.Simd.Internal.Simd;

/// <summary>8 lanes: Vector256.</summary>
internal readonly unsafe struct F32x8(Raw raw) : IRegisters<F32x8, Raw>, IVectorF32<F32x8>
{
    private readonly Raw _raw = raw;

    public static int Count
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => 8;
    }

    public static F32x8 IndicesInt
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => new(Vector256.Create(0, 1, 2, 3, 4, 5, 6, 7).AsSingle());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x8 Create(float value) => new(Vector256.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x8 CreateInt(int bits) => new(Vector256.Create(bits).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x8 Load(float* source) => new(*(Raw*)source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(F32x8 value, float* destination) => *(Raw*)destination = value._raw;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x8 LoadPartial(float* source, int count) =>
        Avx512F.VL.IsSupported ? new(Avx512F.VL.MaskLoad(source, FirstLanes(count), Raw.Zero))
        : Avx.IsSupported ? new(Avx.MaskLoad(source, FirstLanes(count))) : LoadPartialByCopy(source, count);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StorePartial(F32x8 value, float* destination, int count)
    {
        if (Avx512F.VL.IsSupported)
            Avx512F.VL.MaskStore(destination, FirstLanes(count), value._raw);
        else if (Avx.IsSupported && CpuModel.MasksStoresSlowly)
            PartialCopy.StorePieces(value._raw, destination, count);
        else if (Avx.IsSupported)
            Avx.MaskStore(destination, FirstLanes(count), value._raw);
        else
            StorePartialByCopy(value, destination, count);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Raw FirstLanes(int count) =>
        Vector256.LessThan(Vector256.Create(0, 1, 2, 3, 4, 5, 6, 7), Vector256.Create(count)).AsSingle();

    private static F32x8 LoadPartialByCopy(float* source, int count)
    {
        float* lanes = stackalloc float[8];
        PartialCopy.Load(source, count, lanes, 8);
        return Load(lanes);
    }

    private static void StorePartialByCopy(F32x8 value, float* destination, int count)
    {
        float* lanes = stackalloc float[8];
        Store(value, lanes);
        PartialCopy.Store(lanes, destination, count);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x8 operator +(F32x8 left, F32x8 right) => new(left._raw + right._raw);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x8 operator -(F32x8 left, F32x8 right) => new(left._raw - right._raw);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x8 operator *(F32x8 left, F32x8 right) => new(left._raw * right._raw);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x8 operator /(F32x8 left, F32x8 right) => new(left._raw / right._raw);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x8 operator -(F32x8 value) => new(-value._raw);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x8 operator &(F32x8 left, F32x8 right) => new(left._raw & right._raw);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x8 operator |(F32x8 left, F32x8 right) => new(left._raw | right._raw);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x8 operator ^(F32x8 left, F32x8 right) => new(left._raw ^ right._raw);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x8 operator ~(F32x8 value) => new(~value._raw);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x8 MultiplyAdd(F32x8 a, F32x8 b, F32x8 c) => new(Vector256.MultiplyAddEstimate(a._raw, b._raw, c._raw));

    public static bool FusesMultiplyAdd
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => SimdInfo.FusedMultiplyAdd;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x8 MultiplySubtractFrom(F32x8 a, F32x8 b, F32x8 c) => new(Fma.IsSupported ? Fma.MultiplyAddNegated(a._raw, b._raw, c._raw) : Vector256.MultiplyAddEstimate(-a._raw, b._raw, c._raw));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x8 TimesPowerOfTwo(F32x8 value, F32x8 exponent) =>
        Avx512F.VL.IsSupported ? new(Avx512F.VL.Scale(value._raw, exponent._raw)) : PowerOfTwo.Multiply(value, exponent);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x8 Sqrt(F32x8 value) => new(Vector256.Sqrt(value._raw));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x8 Abs(F32x8 value) => new(Vector256.Abs(value._raw));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x8 Select(F32x8 mask, F32x8 ifTrue, F32x8 ifFalse) => new(Vector256.ConditionalSelect(mask._raw, ifTrue._raw, ifFalse._raw));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x8 Lesser(F32x8 left, F32x8 right) => new(Avx.IsSupported
        ? Avx.Min(left._raw, right._raw)
        : Vector256.ConditionalSelect(Vector256.LessThan(left._raw, right._raw), left._raw, right._raw));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x8 Greater(F32x8 left, F32x8 right) => new(Avx.IsSupported
        ? Avx.Max(left._raw, right._raw)
        : Vector256.ConditionalSelect(Vector256.GreaterThan(left._raw, right._raw), left._raw, right._raw));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x8 CopySign(F32x8 value, F32x8 sign) => value | (sign & Create(-0f));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x8 SelectLess(F32x8 left, F32x8 right, F32x8 ifLess, F32x8 otherwise) =>
        new(Vector256.ConditionalSelect(Vector256.LessThan(left._raw, right._raw), ifLess._raw, otherwise._raw));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x8 SelectLessOrEqual(F32x8 left, F32x8 right, F32x8 ifLessOrEqual, F32x8 otherwise) =>
        new(Vector256.ConditionalSelect(Vector256.LessThanOrEqual(left._raw, right._raw), ifLessOrEqual._raw, otherwise._raw));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x8 SelectEqual(F32x8 left, F32x8 right, F32x8 ifEqual, F32x8 otherwise) =>
        new(Vector256.ConditionalSelect(Vector256.Equals(left._raw, right._raw), ifEqual._raw, otherwise._raw));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x8 AddInt(F32x8 left, F32x8 right) => new((left._raw.AsInt32() + right._raw.AsInt32()).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x8 SubtractInt(F32x8 left, F32x8 right) => new((left._raw.AsInt32() - right._raw.AsInt32()).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x8 MultiplyInt(F32x8 left, F32x8 right) => new((left._raw.AsInt32() * right._raw.AsInt32()).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x8 ShiftLeftInt(F32x8 value, int count) => new((value._raw.AsInt32() << count).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x8 ShiftRightLogicalInt(F32x8 value, int count) => new((value._raw.AsInt32() >>> count).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x8 ShiftRightArithmeticInt(F32x8 value, int count) => new((value._raw.AsInt32() >> count).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x8 LessThanInt(F32x8 left, F32x8 right) => new(Vector256.LessThan(left._raw.AsInt32(), right._raw.AsInt32()).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x8 LookupIndex(F32x8 integers) => integers;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x8 Lookup(ReadOnlySpan<float> table, int row, F32x8 index)
    {
        ref float values = ref MemoryMarshal.GetReference(table);
        Raw low = Vector256.LoadUnsafe(ref values, (nuint)(16 * row)), high = Vector256.LoadUnsafe(ref values, (nuint)((16 * row) + 8));
        Vector256<int> at = index._raw.AsInt32();
        if (Avx512F.VL.IsSupported)
            return new(Avx512F.VL.PermuteVar8x32x2(low, at, high));
        if (Avx2.IsSupported)
            return new(Avx.BlendVariable(Avx2.PermuteVar8x32(low, at), Avx2.PermuteVar8x32(high, at), (at << 28).AsSingle()));
        Vector256<int> within = at & Vector256.Create(7);
        return new(Vector256.ConditionalSelect((at << 28 >> 31).AsSingle(), Vector256.Shuffle(high, within), Vector256.Shuffle(low, within)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x8 IntToFloat(F32x8 integers) => new(Vector256.ConvertToSingle(integers._raw.AsInt32()));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x8 FloatToIntTruncated(F32x8 value) => new(Vector256.ConvertToInt32Native(value._raw).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float SumHalves(F32x8 value) => F32x4.SumHalves(Folded(value));

    /// <remarks>low a, high c + high a, low c: a blend and one shuffle, not two; the same of b and d; their pairs likewise; then what has even indices + what has odd ones.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void SumHalves(F32x8 a, F32x8 b, F32x8 c, F32x8 d, float* sums)
    {
        if (!Avx.IsSupported)
        {
            F32x4.SumHalves(Folded(a), Folded(b), Folded(c), Folded(d), sums);
            return;
        }

        Raw ac = Avx.Blend(a._raw, c._raw, 0b1111_0000) + Avx.Permute2x128(a._raw, c._raw, 0x21);
        Raw bd = Avx.Blend(b._raw, d._raw, 0b1111_0000) + Avx.Permute2x128(b._raw, d._raw, 0x21);
        Raw pairs = Avx.Blend(ac, bd, 0b1100_1100) + Avx.Shuffle(ac, bd, 0b01_00_11_10);
        Vector128<float> ab = pairs.GetLower(), cd = pairs.GetUpper();
        (Sse.Shuffle(ab, cd, 0b10_00_10_00) + Sse.Shuffle(ab, cd, 0b11_01_11_01)).Store(sums);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static F32x4 Folded(F32x8 value) => new(value._raw.GetLower() + value._raw.GetUpper());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float MaxHalves(F32x8 value) =>
        F32x4.MaxHalves(Larger(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void MaxHalves(F32x8 a, F32x8 b, F32x8 c, F32x8 d, float* largest) => F32x4.MaxHalves(Larger(a), Larger(b), Larger(c), Larger(d), largest);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static F32x4 Larger(F32x8 value) => F32x4.Greater(new(value._raw.GetUpper()), new(value._raw.GetLower()));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Raw LoadRegister(float* source) => *(Raw*)source;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Raw BroadcastRegister(float value) => Vector256.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Raw BroadcastFourRegister(float* source) => Avx.BroadcastVector128ToVector256(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void TransposeFours(ref Raw a, ref Raw b, ref Raw c, ref Raw d)
    {
        Raw abLow = Avx.UnpackLow(a, b), abHigh = Avx.UnpackHigh(a, b), cdLow = Avx.UnpackLow(c, d), cdHigh = Avx.UnpackHigh(c, d);
        a = Avx.Shuffle(abLow, cdLow, FourSteps.LowPairsOf);
        b = Avx.Shuffle(abLow, cdLow, FourSteps.HighPairsOf);
        c = Avx.Shuffle(abHigh, cdHigh, FourSteps.LowPairsOf);
        d = Avx.Shuffle(abHigh, cdHigh, FourSteps.HighPairsOf);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Raw SumFours(Raw a, Raw b, Raw c, Raw d)
    {
        Raw ab = Avx.Shuffle(a, b, FourSteps.LowPairsOf) + Avx.Shuffle(a, b, FourSteps.HighPairsOf), cd = Avx.Shuffle(c, d, FourSteps.LowPairsOf) + Avx.Shuffle(c, d, FourSteps.HighPairsOf);
        return Avx.Shuffle(ab, cd, 0b10_00_10_00) + Avx.Shuffle(ab, cd, 0b11_01_11_01);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Raw PermuteRegister(Raw value, Raw order) => Avx2.IsSupported ? Avx2.PermuteVar8x32(value, order.AsInt32()) : Vector256.Shuffle(value, order.AsInt32());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Raw MultiplyAddRegister(Raw a, Raw b, Raw c) => Vector256.MultiplyAddEstimate(a, b, c);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreRegister(Raw value, float* destination) => *(Raw*)destination = value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x8 Wrap(Raw register) => new(register);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Raw Unwrap(F32x8 value) => value._raw;
}
