using System.Runtime.CompilerServices;

namespace Backprop.Simd.Internal.Simd;

/// <summary>One lane: the scalar form of every kernel, and the reference that the wider ones must equal bit for bit.</summary>
internal readonly unsafe struct F32x1(float raw) : IRegisters<F32x1, float>, IVectorF32<F32x1>
{
    private readonly float _raw = raw;

    private int Bits
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => BitConverter.SingleToInt32Bits(_raw);
    }

    public static int Count
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => 1;
    }

    public static F32x1 IndicesInt
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => default;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x1 Create(float value) => new(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x1 CreateInt(int bits) => new(BitConverter.Int32BitsToSingle(bits));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x1 Load(float* source) => new(*source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(F32x1 value, float* destination) => *destination = value._raw;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x1 LoadPartial(float* source, int count) => count == 0 ? default : new(*source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StorePartial(F32x1 value, float* destination, int count)
    {
        if (count != 0)
            *destination = value._raw;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x1 operator +(F32x1 left, F32x1 right) => new(left._raw + right._raw);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x1 operator -(F32x1 left, F32x1 right) => new(left._raw - right._raw);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x1 operator *(F32x1 left, F32x1 right) => new(left._raw * right._raw);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x1 operator /(F32x1 left, F32x1 right) => new(left._raw / right._raw);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x1 operator -(F32x1 value) => CreateInt(value.Bits ^ int.MinValue);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x1 operator &(F32x1 left, F32x1 right) => CreateInt(left.Bits & right.Bits);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x1 operator |(F32x1 left, F32x1 right) => CreateInt(left.Bits | right.Bits);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x1 operator ^(F32x1 left, F32x1 right) => CreateInt(left.Bits ^ right.Bits);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x1 operator ~(F32x1 value) => CreateInt(~value.Bits);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x1 MultiplyAdd(F32x1 a, F32x1 b, F32x1 c) => new(float.MultiplyAddEstimate(a._raw, b._raw, c._raw));

    public static bool FusesMultiplyAdd
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => SimdInfo.FusedMultiplyAdd;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x1 MultiplySubtractFrom(F32x1 a, F32x1 b, F32x1 c) => new(float.MultiplyAddEstimate(-a._raw, b._raw, c._raw));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x1 TimesPowerOfTwo(F32x1 value, F32x1 exponent) => PowerOfTwo.Multiply(value, exponent);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x1 Sqrt(F32x1 value) => new(MathF.Sqrt(value._raw));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x1 Abs(F32x1 value) => CreateInt(value.Bits & int.MaxValue);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x1 Select(F32x1 mask, F32x1 ifTrue, F32x1 ifFalse) =>
        CreateInt((mask.Bits & ifTrue.Bits) | (~mask.Bits & ifFalse.Bits));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x1 Lesser(F32x1 left, F32x1 right) => left._raw < right._raw ? left : right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x1 Greater(F32x1 left, F32x1 right) => left._raw > right._raw ? left : right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x1 CopySign(F32x1 value, F32x1 sign) => value | (sign & Create(-0f));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x1 SelectLess(F32x1 left, F32x1 right, F32x1 ifLess, F32x1 otherwise) => left._raw < right._raw ? ifLess : otherwise;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x1 SelectLessOrEqual(F32x1 left, F32x1 right, F32x1 ifLessOrEqual, F32x1 otherwise) => left._raw <= right._raw ? ifLessOrEqual : otherwise;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x1 SelectEqual(F32x1 left, F32x1 right, F32x1 ifEqual, F32x1 otherwise) => left._raw == right._raw ? ifEqual : otherwise;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x1 AddInt(F32x1 left, F32x1 right) => CreateInt(left.Bits + right.Bits);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x1 SubtractInt(F32x1 left, F32x1 right) => CreateInt(left.Bits - right.Bits);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x1 MultiplyInt(F32x1 left, F32x1 right) => CreateInt(left.Bits * right.Bits);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x1 ShiftLeftInt(F32x1 value, int count) => CreateInt(value.Bits << count);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x1 ShiftRightLogicalInt(F32x1 value, int count) => CreateInt(value.Bits >>> count);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x1 ShiftRightArithmeticInt(F32x1 value, int count) => CreateInt(value.Bits >> count);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x1 LessThanInt(F32x1 left, F32x1 right) => Mask(left.Bits < right.Bits);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x1 LookupIndex(F32x1 integers) => integers;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x1 Lookup(ReadOnlySpan<float> table, int row, F32x1 index) => new(table[(16 * row) + (index.Bits & 15)]);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x1 IntToFloat(F32x1 integers) => new((float)integers.Bits);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x1 FloatToIntTruncated(F32x1 value) => CreateInt((int)value._raw);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float SumHalves(F32x1 value) => value._raw;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float MaxHalves(F32x1 value) => value._raw;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float LoadRegister(float* source) => *source;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float BroadcastRegister(float value) => value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float MultiplyAddRegister(float a, float b, float c) => float.MultiplyAddEstimate(a, b, c);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreRegister(float value, float* destination) => *destination = value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static F32x1 Wrap(float register) => new(register);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Unwrap(F32x1 value) => value._raw;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static F32x1 Mask(bool condition) => CreateInt(condition ? -1 : 0);
}
