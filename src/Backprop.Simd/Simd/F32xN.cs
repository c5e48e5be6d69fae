using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Raw = System.Numerics.Vector<float>;

namespace Backprop.Simd.Internal.Simd;

/// <summary>Vector&lt;float&gt;: as many lanes as the runtime gives it; the tier of an unknown instruction set.</summary>
internal readonly unsafe struct F32xN(Raw raw) : IRegisters<F32xN, Raw>, IVectorF32<F32xN>
{
    private readonly Raw _raw = raw;

    public static int Count
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Raw.Count;
    }

    public static F32xN IndicesInt
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => new(Vector.AsVectorSingle(Vector<int>.Indices));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32xN Create(float value) => new(new Raw(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32xN CreateInt(int bits) => new(Vector.AsVectorSingle(new Vector<int>(bits)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32xN Load(float* source) => new(*(Raw*)source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(F32xN value, float* destination) => *(Raw*)destination = value._raw;

    public static F32xN LoadPartial(float* source, int count)
    {
        float* lanes = stackalloc float[Raw.Count];
        PartialCopy.Load(source, count, lanes, Raw.Count);
        return Load(lanes);
    }

    public static void StorePartial(F32xN value, float* destination, int count)
    {
        float* lanes = stackalloc float[Raw.Count];
        Store(value, lanes);
        PartialCopy.Store(lanes, destination, count);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32xN operator +(F32xN left, F32xN right) => new(left._raw + right._raw);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32xN operator -(F32xN left, F32xN right) => new(left._raw - right._raw);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32xN operator *(F32xN left, F32xN right) => new(left._raw * right._raw);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32xN operator /(F32xN left, F32xN right) => new(left._raw / right._raw);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32xN operator -(F32xN value) => new(-value._raw);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32xN operator &(F32xN left, F32xN right) => new(left._raw & right._raw);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32xN operator |(F32xN left, F32xN right) => new(left._raw | right._raw);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32xN operator ^(F32xN left, F32xN right) => new(left._raw ^ right._raw);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32xN operator ~(F32xN value) => new(~value._raw);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32xN MultiplyAdd(F32xN a, F32xN b, F32xN c) => new(Vector.MultiplyAddEstimate(a._raw, b._raw, c._raw));

    public static bool FusesMultiplyAdd
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => System.Runtime.Intrinsics.X86.Fma.IsSupported || System.Runtime.Intrinsics.Arm.AdvSimd.IsSupported;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32xN MultiplySubtractFrom(F32xN a, F32xN b, F32xN c) => new(Vector.MultiplyAddEstimate(-a._raw, b._raw, c._raw));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32xN TimesPowerOfTwo(F32xN value, F32xN exponent)
    {
        // As PowerOfTwo.Multiply; exported classes take this text, and that alone.
        F32xN sum = exponent + Create(12583166f), half = ShiftRightArithmeticInt(sum, 1);
        return value * ShiftLeftInt(half, 23) * ShiftLeftInt(SubtractInt(sum, half), 23);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32xN Sqrt(F32xN value) => new(Vector.SquareRoot(value._raw));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32xN Abs(F32xN value) => new(Vector.Abs(value._raw));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32xN Select(F32xN mask, F32xN ifTrue, F32xN ifFalse) => new(Vector.ConditionalSelect(mask._raw, ifTrue._raw, ifFalse._raw));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32xN Lesser(F32xN left, F32xN right) => new(Vector.ConditionalSelect(Vector.LessThan(left._raw, right._raw), left._raw, right._raw));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32xN Greater(F32xN left, F32xN right) => new(Vector.ConditionalSelect(Vector.GreaterThan(left._raw, right._raw), left._raw, right._raw));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32xN CopySign(F32xN value, F32xN sign) => value | (sign & Create(-0f));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32xN SelectLess(F32xN left, F32xN right, F32xN ifLess, F32xN otherwise) =>
        new(Vector.ConditionalSelect(Vector.LessThan(left._raw, right._raw), ifLess._raw, otherwise._raw));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32xN SelectLessOrEqual(F32xN left, F32xN right, F32xN ifLessOrEqual, F32xN otherwise) =>
        new(Vector.ConditionalSelect(Vector.LessThanOrEqual(left._raw, right._raw), ifLessOrEqual._raw, otherwise._raw));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32xN SelectEqual(F32xN left, F32xN right, F32xN ifEqual, F32xN otherwise) =>
        new(Vector.ConditionalSelect(Vector.Equals(left._raw, right._raw), ifEqual._raw, otherwise._raw));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32xN AddInt(F32xN left, F32xN right) => new(Vector.AsVectorSingle(Vector.AsVectorInt32(left._raw) + Vector.AsVectorInt32(right._raw)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32xN SubtractInt(F32xN left, F32xN right) => new(Vector.AsVectorSingle(Vector.AsVectorInt32(left._raw) - Vector.AsVectorInt32(right._raw)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32xN MultiplyInt(F32xN left, F32xN right) => new(Vector.AsVectorSingle(Vector.AsVectorInt32(left._raw) * Vector.AsVectorInt32(right._raw)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32xN ShiftLeftInt(F32xN value, int count) => new(Vector.AsVectorSingle(Vector.AsVectorInt32(value._raw) << count));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32xN ShiftRightLogicalInt(F32xN value, int count) => new(Vector.AsVectorSingle(Vector.AsVectorInt32(value._raw) >>> count));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32xN ShiftRightArithmeticInt(F32xN value, int count) => new(Vector.AsVectorSingle(Vector.AsVectorInt32(value._raw) >> count));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32xN LessThanInt(F32xN left, F32xN right) => new(Vector.AsVectorSingle(Vector.LessThan(Vector.AsVectorInt32(left._raw), Vector.AsVectorInt32(right._raw))));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32xN LookupIndex(F32xN integers) => integers;

    public static F32xN Lookup(ReadOnlySpan<float> table, int row, F32xN index)
    {
        // For exported classes, which know no other vector, nor these namespaces.
        if (Raw.Count == 8 && System.Runtime.Intrinsics.X86.Avx2.IsSupported)
        {
            ref float values = ref MemoryMarshal.GetReference(table);
            var at = System.Runtime.Intrinsics.Vector256.AsVector256(Vector.AsVectorInt32(index._raw));
            var low = System.Runtime.Intrinsics.X86.Avx2.PermuteVar8x32(System.Runtime.Intrinsics.Vector256.LoadUnsafe(ref values, (nuint)(16 * row)), at);
            var high = System.Runtime.Intrinsics.X86.Avx2.PermuteVar8x32(System.Runtime.Intrinsics.Vector256.LoadUnsafe(ref values, (nuint)((16 * row) + 8)), at);
            return new(System.Runtime.Intrinsics.Vector256.AsVector(System.Runtime.Intrinsics.X86.Avx.BlendVariable(low, high, System.Runtime.Intrinsics.Vector256.AsSingle(at << 28))));
        }

        Span<float> lanes = stackalloc float[Raw.Count];
        for (int i = 0; i < lanes.Length; i++)
            lanes[i] = table[(16 * row) + (Vector.AsVectorInt32(index._raw)[i] & 15)];
        return new(new Raw(lanes));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32xN IntToFloat(F32xN integers) => new(Vector.ConvertToSingle(Vector.AsVectorInt32(integers._raw)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32xN FloatToIntTruncated(F32xN value) => new(Vector.AsVectorSingle(Vector.ConvertToInt32Native(value._raw)));

    public static float SumHalves(F32xN value)
    {
        float* lanes = stackalloc float[Raw.Count];
        Store(value, lanes);
        for (int half = Raw.Count / 2; half > 0; half /= 2)
        {
            for (int i = 0; i < half; i++)
                lanes[i] += lanes[i + half];
        }

        return lanes[0];
    }

    public static float MaxHalves(F32xN value)
    {
        float* lanes = stackalloc float[Raw.Count];
        Store(value, lanes);
        for (int half = Raw.Count / 2; half > 0; half /= 2)
        {
            for (int i = 0; i < half; i++)
                lanes[i] = lanes[i + half] > lanes[i] ? lanes[i + half] : lanes[i];
        }

        return lanes[0];
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Raw LoadRegister(float* source) => *(Raw*)source;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Raw BroadcastRegister(float value) => new(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Raw MultiplyAddRegister(Raw a, Raw b, Raw c) => Vector.MultiplyAddEstimate(a, b, c);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreRegister(Raw value, float* destination) => *(Raw*)destination = value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32xN Wrap(Raw register) => new(register);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Raw Unwrap(F32xN value) => value._raw;
}
