global using RegisterF32x4 = System.Runtime.Intrinsics.Vector128<float>;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;
using Raw = System.Runtime.Intrinsics.Vector128<float>;

namespace Backprop.Simd.Internal.Simd;

/// <summary>4 lanes: Vector128.</summary>
internal readonly unsafe struct F32x4(Raw raw) : IRegisters<F32x4, Raw>, IVectorF32<F32x4>
{
    private readonly Raw _raw = raw;

    public static int Count
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => 4;
    }

    public static F32x4 IndicesInt
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => new(Vector128.Create(0, 1, 2, 3).AsSingle());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x4 Create(float value) => new(Vector128.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x4 CreateInt(int bits) => new(Vector128.Create(bits).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x4 Load(float* source) => new(*(Raw*)source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(F32x4 value, float* destination) => *(Raw*)destination = value._raw;

    /// <summary>Lane 0.</summary>
    public float First
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => _raw.ToScalar();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x4 LoadPartial(float* source, int count) =>
        Avx512F.VL.IsSupported ? new(Avx512F.VL.MaskLoad(source, FirstLanes(count), Raw.Zero))
        : Avx.IsSupported ? new(Avx.MaskLoad(source, FirstLanes(count))) : LoadPartialByCopy(source, count);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StorePartial(F32x4 value, float* destination, int count)
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
        Vector128.LessThan(Vector128.Create(0, 1, 2, 3), Vector128.Create(count)).AsSingle();

    private static F32x4 LoadPartialByCopy(float* source, int count)
    {
        float* lanes = stackalloc float[4];
        PartialCopy.Load(source, count, lanes, 4);
        return Load(lanes);
    }

    private static void StorePartialByCopy(F32x4 value, float* destination, int count)
    {
        float* lanes = stackalloc float[4];
        Store(value, lanes);
        PartialCopy.Store(lanes, destination, count);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x4 operator +(F32x4 left, F32x4 right) => new(left._raw + right._raw);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x4 operator -(F32x4 left, F32x4 right) => new(left._raw - right._raw);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x4 operator *(F32x4 left, F32x4 right) => new(left._raw * right._raw);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x4 operator /(F32x4 left, F32x4 right) => new(left._raw / right._raw);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x4 operator -(F32x4 value) => new(-value._raw);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x4 operator &(F32x4 left, F32x4 right) => new(left._raw & right._raw);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x4 operator |(F32x4 left, F32x4 right) => new(left._raw | right._raw);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x4 operator ^(F32x4 left, F32x4 right) => new(left._raw ^ right._raw);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x4 operator ~(F32x4 value) => new(~value._raw);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x4 MultiplyAdd(F32x4 a, F32x4 b, F32x4 c) => new(Vector128.MultiplyAddEstimate(a._raw, b._raw, c._raw));

    public static bool FusesMultiplyAdd
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => SimdInfo.FusedMultiplyAdd;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x4 MultiplySubtractFrom(F32x4 a, F32x4 b, F32x4 c) => new(
        Fma.IsSupported ? Fma.MultiplyAddNegated(a._raw, b._raw, c._raw)
        : AdvSimd.IsSupported ? AdvSimd.FusedMultiplySubtract(c._raw, a._raw, b._raw)
        : Vector128.MultiplyAddEstimate(-a._raw, b._raw, c._raw));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x4 TimesPowerOfTwo(F32x4 value, F32x4 exponent) =>
        Avx512F.VL.IsSupported ? new(Avx512F.VL.Scale(value._raw, exponent._raw)) : PowerOfTwo.Multiply(value, exponent);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x4 Sqrt(F32x4 value) => new(Vector128.Sqrt(value._raw));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x4 Abs(F32x4 value) => new(Vector128.Abs(value._raw));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x4 Select(F32x4 mask, F32x4 ifTrue, F32x4 ifFalse) => new(Vector128.ConditionalSelect(mask._raw, ifTrue._raw, ifFalse._raw));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x4 Lesser(F32x4 left, F32x4 right) => new(Sse.IsSupported
        ? Sse.Min(left._raw, right._raw)
        : Vector128.ConditionalSelect(Vector128.LessThan(left._raw, right._raw), left._raw, right._raw));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x4 Greater(F32x4 left, F32x4 right) => new(Sse.IsSupported
        ? Sse.Max(left._raw, right._raw)
        : Vector128.ConditionalSelect(Vector128.GreaterThan(left._raw, right._raw), left._raw, right._raw));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x4 CopySign(F32x4 value, F32x4 sign) => value | (sign & Create(-0f));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x4 SelectLess(F32x4 left, F32x4 right, F32x4 ifLess, F32x4 otherwise) =>
        new(Vector128.ConditionalSelect(Vector128.LessThan(left._raw, right._raw), ifLess._raw, otherwise._raw));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x4 SelectLessOrEqual(F32x4 left, F32x4 right, F32x4 ifLessOrEqual, F32x4 otherwise) =>
        new(Vector128.ConditionalSelect(Vector128.LessThanOrEqual(left._raw, right._raw), ifLessOrEqual._raw, otherwise._raw));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x4 SelectEqual(F32x4 left, F32x4 right, F32x4 ifEqual, F32x4 otherwise) =>
        new(Vector128.ConditionalSelect(Vector128.Equals(left._raw, right._raw), ifEqual._raw, otherwise._raw));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x4 AddInt(F32x4 left, F32x4 right) => new((left._raw.AsInt32() + right._raw.AsInt32()).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x4 SubtractInt(F32x4 left, F32x4 right) => new((left._raw.AsInt32() - right._raw.AsInt32()).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x4 MultiplyInt(F32x4 left, F32x4 right) => new((left._raw.AsInt32() * right._raw.AsInt32()).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x4 ShiftLeftInt(F32x4 value, int count) => new((value._raw.AsInt32() << count).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x4 ShiftRightLogicalInt(F32x4 value, int count) => new((value._raw.AsInt32() >>> count).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x4 ShiftRightArithmeticInt(F32x4 value, int count) => new((value._raw.AsInt32() >> count).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x4 LessThanInt(F32x4 left, F32x4 right) => new(Vector128.LessThan(left._raw.AsInt32(), right._raw.AsInt32()).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x4 LookupIndex(F32x4 integers) => integers;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x4 Lookup(ReadOnlySpan<float> table, int row, F32x4 index)
    {
        ref float values = ref Unsafe.Add(ref MemoryMarshal.GetReference(table), 16 * row);
        Raw a = Vector128.LoadUnsafe(ref values), b = Vector128.LoadUnsafe(ref values, 4), c = Vector128.LoadUnsafe(ref values, 8), d = Vector128.LoadUnsafe(ref values, 12);
        Vector128<int> at = index._raw.AsInt32();
        if (Avx.IsSupported)
        {
            Raw second = (at << 29).AsSingle();
            Raw low = Sse41.BlendVariable(Avx.PermuteVar(a, at), Avx.PermuteVar(b, at), second), high = Sse41.BlendVariable(Avx.PermuteVar(c, at), Avx.PermuteVar(d, at), second);
            return new(Sse41.BlendVariable(low, high, (at << 28).AsSingle()));
        }

        if (AdvSimd.Arm64.IsSupported)
        {
            // The four bytes of each float.
            Vector128<byte> bytes = (((at & Vector128.Create(15)) * 0x0404_0404) + Vector128.Create(0x0302_0100)).AsByte();
            return new(AdvSimd.Arm64.VectorTableLookup((a.AsByte(), b.AsByte(), c.AsByte(), d.AsByte()), bytes).AsSingle());
        }

        at &= Vector128.Create(15);
        return new(Vector128.Create(Unsafe.Add(ref values, at[0]), Unsafe.Add(ref values, at[1]), Unsafe.Add(ref values, at[2]), Unsafe.Add(ref values, at[3])));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x4 IntToFloat(F32x4 integers) => new(Vector128.ConvertToSingle(integers._raw.AsInt32()));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x4 FloatToIntTruncated(F32x4 value) => new(Vector128.ConvertToInt32Native(value._raw).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float SumHalves(F32x4 value)
    {
        Raw pairs = value._raw + Vector128.Shuffle(value._raw, Vector128.Create(2, 3, 2, 3));
        return pairs[0] + pairs[1];
    }

    /// <remarks>a0 b0 a1 b1 + a2 b2 a3 b3, the same of c and d; then what has even indices + what has odd ones.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void SumHalves(F32x4 a, F32x4 b, F32x4 c, F32x4 d, float* sums)
    {
        Vector128<float> ab = FourSteps.ZipLow(a._raw, b._raw) + FourSteps.ZipHigh(a._raw, b._raw);
        Vector128<float> cd = FourSteps.ZipLow(c._raw, d._raw) + FourSteps.ZipHigh(c._raw, d._raw);
        (FourSteps.LowPairs(ab, cd) + FourSteps.HighPairs(ab, cd)).Store(sums);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float MaxHalves(F32x4 value)
    {
        F32x4 pairs = Greater(new(Vector128.Shuffle(value._raw, Vector128.Create(2, 3, 2, 3))), value);
        return Greater(new(Vector128.Shuffle(pairs._raw, Vector128.Create(1, 1, 1, 1))), pairs)._raw.ToScalar();
    }

    /// <remarks>As the sums.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void MaxHalves(F32x4 a, F32x4 b, F32x4 c, F32x4 d, float* largest)
    {
        Vector128<float> ab = Greater(new(FourSteps.ZipHigh(a._raw, b._raw)), new(FourSteps.ZipLow(a._raw, b._raw)))._raw;
        Vector128<float> cd = Greater(new(FourSteps.ZipHigh(c._raw, d._raw)), new(FourSteps.ZipLow(c._raw, d._raw)))._raw;
        Greater(new(FourSteps.HighPairs(ab, cd)), new(FourSteps.LowPairs(ab, cd)))._raw.Store(largest);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Raw LoadRegister(float* source) => *(Raw*)source;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Raw BroadcastRegister(float value) => Vector128.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Raw MultiplyAddRegister(Raw a, Raw b, Raw c) => Vector128.MultiplyAddEstimate(a, b, c);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreRegister(Raw value, float* destination) => *(Raw*)destination = value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void TransposeFours(ref Raw a, ref Raw b, ref Raw c, ref Raw d)
    {
        Raw abLow = FourSteps.ZipLow(a, b), abHigh = FourSteps.ZipHigh(a, b), cdLow = FourSteps.ZipLow(c, d), cdHigh = FourSteps.ZipHigh(c, d);
        a = FourSteps.LowPairs(abLow, cdLow);
        b = FourSteps.HighPairs(abLow, cdLow);
        c = FourSteps.LowPairs(abHigh, cdHigh);
        d = FourSteps.HighPairs(abHigh, cdHigh);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x4 Wrap(Raw register) => new(register);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Raw Unwrap(F32x4 value) => value._raw;
}
