using Backprop.Simd.Internal.Simd;
using Xunit;

namespace Backprop.Simd.Tests;

/// <summary>The lane-wise members of <see cref="IVectorF32{V}"/>.</summary>
public enum Operation
{
    Add,
    Subtract,
    Multiply,
    Divide,
    Negate,
    And,
    Or,
    Xor,
    Not,
    MultiplyAdd,
    MultiplySubtractFrom,
    TimesPowerOfTwo,
    Sqrt,
    Abs,
    Select,
    CopySign,
    Lesser,
    Greater,
    SelectLess,
    SelectLessOrEqual,
    SelectEqual,
    AddInt,
    SubtractInt,
    MultiplyInt,
    ShiftLeftInt,
    ShiftRightLogicalInt,
    ShiftRightArithmeticInt,
    LessThanInt,
    Lookup,
    IntToFloat,
    FloatToIntTruncated,
}

/// <summary>Every member of the vocabulary, at every width, against a scalar model: equal bits.</summary>
public sealed unsafe class VectorTests
{
    private const int MostLanes = 16;

    // All pairs of special values, then bit patterns at random (NaNs, denormals and huge values among them), then ordinary values.
    private static readonly float[] s_left = Left();
    private static readonly float[] s_right = Right();
    private static readonly float[] s_third = Third();

    public static MatrixTheoryData<Operation, Width> Operations => new(Enum.GetValues<Operation>(), Enum.GetValues<Width>());

    [Theory]
    [MemberData(nameof(Operations))]
    public void Operation_equals_the_scalar_model(Operation operation, Width width)
    {
        float[] a = s_left;
        if (operation == Operation.FloatToIntTruncated)
            a = Array.ConvertAll(a, value => Math.Abs(value) < 2147483648f ? value : 0.75f);

        bool isShift = operation is Operation.ShiftLeftInt or Operation.ShiftRightLogicalInt or Operation.ShiftRightArithmeticInt;
        for (int shift = 0; shift < (isShift ? 32 : 1); shift++)
        {
            float[] actual = Compute(operation, width, a, shift);
            for (int i = 0; i < a.Length; i++)
            {
                float expected = Model(operation, a[i], s_right[i], s_third[i], shift);
                bool same = IsArithmetic(operation)
                    ? Tolerance.SameBits(expected, actual[i])
                    : Bits(expected) == Bits(actual[i]);
                Assert.True(same, $"{operation}({a[i]:R}, {s_right[i]:R}, {s_third[i]:R}) by {shift}: expected {Bits(expected):x8}, was {Bits(actual[i]):x8}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Widths.All), MemberType = typeof(Widths))]
    public void Constants_fill_the_lanes(Width width)
    {
        var test = default(Constants);
        Widths.Invoke(width, ref test);
        Assert.Equal(Widths.LanesOf(width), test.LanesChecked);
    }

    [Theory]
    [MemberData(nameof(Widths.All), MemberType = typeof(Widths))]
    public void Full_loads_and_stores_stay_within_their_lanes(Width width)
    {
        foreach (Guard guard in Enum.GetValues<Guard>())
        {
            var test = new FullCopy { Guard = guard };
            Widths.Invoke(width, ref test);
            Assert.Equal(Widths.LanesOf(width), test.LanesChecked);
        }
    }

    [Theory]
    [MemberData(nameof(Widths.All), MemberType = typeof(Widths))]
    public void Partial_loads_and_stores_touch_exactly_their_count(Width width)
    {
        foreach (Guard guard in Enum.GetValues<Guard>())
        {
            var test = new PartialCopies { Guard = guard };
            Widths.Invoke(width, ref test);
            Assert.Equal(Widths.LanesOf(width) + 1, test.CountsChecked);
        }
    }

    [Theory]
    [MemberData(nameof(Widths.All), MemberType = typeof(Widths))]
    public void Folds_go_by_halves(Width width)
    {
        var test = default(Folds);
        Widths.Invoke(width, ref test);
        Assert.True(test.VectorsChecked > 100);
    }

    [Theory]
    [MemberData(nameof(Widths.WithRegisters), MemberType = typeof(Widths))]
    public void Registers_do_what_the_vocabulary_does(Width width)
    {
        var test = default(Registers);
        Widths.InvokeRegisters(width, ref test);
        Assert.Equal(s_left.Length / Widths.LanesOf(width), test.VectorsChecked);
    }

    [Fact]
    public void Dispatch_runs_the_tier_that_is_reported()
    {
        var vector = default(RecordType);
        Tiers.Dispatch(ref vector);
        var register = default(RecordType);
        Tiers.DispatchRegisters(ref register);
        Type expected = SimdInfo.Tier switch
        {
            SimdTier.Vector512 => typeof(F32x16),
            SimdTier.Vector256 => typeof(F32x8),
            SimdTier.Vector128 => typeof(F32x4),
            _ => typeof(F32xN),
        };
        Assert.Equal(expected, vector.Type);
        Assert.Equal(expected, register.Type);
    }

    [Fact]
    public void Sixteen_lanes_are_sixteen_on_every_tier()
    {
        var record = default(RecordType);
        Tiers.DispatchSixteenLanes(ref record);
        Assert.Equal(16, record.Lanes);
    }

    private static float[] Compute(Operation operation, Width width, float[] a, int shift)
    {
        float[] result = new float[a.Length], b = s_right;
        if (operation == Operation.TimesPowerOfTwo)
        {
            a = Array.ConvertAll(a, Fraction);
            b = Array.ConvertAll(b, value => (float)Exponent(value));
        }

        fixed (float* pa = a, pb = b, pc = s_third, pr = result)
        {
            var loop = new Loop { Operation = operation, A = pa, B = pb, C = pc, Result = pr, Length = a.Length, Shift = shift };
            Widths.Invoke(width, ref loop);
        }

        return result;
    }

    // These may answer with any NaN; the others must keep or make exact bits, NaN payloads included.
    private static bool IsArithmetic(Operation operation) => operation is Operation.Add or Operation.Subtract or Operation.Multiply
        or Operation.Divide or Operation.MultiplyAdd or Operation.MultiplySubtractFrom or Operation.TimesPowerOfTwo or Operation.Sqrt;

    private static float Model(Operation operation, float a, float b, float c, int shift) => operation switch
    {
        Operation.Add => a + b,
        Operation.Subtract => a - b,
        Operation.Multiply => a * b,
        Operation.Divide => a / b,
        Operation.Negate => FromBits(Bits(a) ^ int.MinValue),
        Operation.And => FromBits(Bits(a) & Bits(b)),
        Operation.Or => FromBits(Bits(a) | Bits(b)),
        Operation.Xor => FromBits(Bits(a) ^ Bits(b)),
        Operation.Not => FromBits(~Bits(a)),
        Operation.MultiplyAdd => SimdInfo.FusedMultiplyAdd ? MathF.FusedMultiplyAdd(a, b, c) : (a * b) + c,
        Operation.MultiplySubtractFrom => SimdInfo.FusedMultiplyAdd ? MathF.FusedMultiplyAdd(-a, b, c) : c - (a * b),
        Operation.TimesPowerOfTwo => (float)Math.ScaleB(Fraction(a), Exponent(b)),
        Operation.Sqrt => MathF.Sqrt(a),
        Operation.Abs => FromBits(Bits(a) & int.MaxValue),
        Operation.Select => FromBits((Bits(a) & Bits(b)) | (~Bits(a) & Bits(c))),
        Operation.CopySign => FromBits((Bits(a) & int.MaxValue) | (Bits(b) & int.MinValue)),
        Operation.Lesser => a < b ? a : b,
        Operation.Greater => a > b ? a : b,
        Operation.SelectLess => a < b ? c : a,
        Operation.SelectLessOrEqual => a <= b ? c : a,
        Operation.SelectEqual => a == b ? c : b,
        Operation.AddInt => FromBits(Bits(a) + Bits(b)),
        Operation.SubtractInt => FromBits(Bits(a) - Bits(b)),
        Operation.MultiplyInt => FromBits(Bits(a) * Bits(b)),
        Operation.ShiftLeftInt => FromBits(Bits(a) << shift),
        Operation.ShiftRightLogicalInt => FromBits((int)((uint)Bits(a) >> shift)),
        Operation.ShiftRightArithmeticInt => FromBits(Bits(a) >> shift),
        Operation.LessThanInt => Mask(Bits(a) < Bits(b)),
        Operation.Lookup => Elementary.NormalTailTable[16 + (Bits(a) & 15)],
        Operation.IntToFloat => Bits(a),
        Operation.FloatToIntTruncated => FromBits((int)a),
        _ => throw new ArgumentOutOfRangeException(nameof(operation)),
    };

    /// <summary>The finite ones with their exponent taken away; -252 to 252.</summary>
    private static float Fraction(float value) => value == 0 || !float.IsFinite(value) ? value : FromBits((Bits(value) & unchecked((int)0x807F_FFFF)) | 0x3F80_0000);

    private static int Exponent(float value) => Bits(value) % 253;

    private static int Bits(float value) => BitConverter.SingleToInt32Bits(value);

    private static float FromBits(int bits) => BitConverter.Int32BitsToSingle(bits);

    private static float Mask(bool condition) => FromBits(condition ? -1 : 0);

    private static float[] Left()
    {
        IReadOnlyList<float> special = Shapes.Specials;
        IEnumerable<float> pairs = from a in special from b in special select a;
        return Pad([.. pairs, .. RandomBits(2000, 1), .. Shapes.Random(2000, 2, 100f)]);
    }

    private static float[] Right()
    {
        IReadOnlyList<float> special = Shapes.Specials;
        IEnumerable<float> pairs = from a in special from b in special select b;
        return Pad([.. pairs, .. RandomBits(2000, 3), .. Shapes.Random(2000, 4, 100f)]);
    }

    private static float[] Third()
    {
        int pairs = Shapes.Specials.Count * Shapes.Specials.Count;
        IEnumerable<float> cycle = Enumerable.Range(0, pairs).Select(i => Shapes.Specials[i * 7 % Shapes.Specials.Count]);
        return Pad([.. cycle, .. RandomBits(2000, 5), .. Shapes.Random(2000, 6, 100f)]);
    }

    private static float[] Pad(float[] values)
    {
        Array.Resize(ref values, (values.Length + MostLanes - 1) / MostLanes * MostLanes);
        return values;
    }

    private static float[] RandomBits(int count, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => FromBits(random.Next(int.MinValue, int.MaxValue)))];
    }

    private struct Loop : IVectorAction
    {
        public Operation Operation;
        public float* A, B, C, Result;
        public int Length, Shift;

        public readonly void Invoke<V>()
            where V : struct, IVectorF32<V>
        {
            for (int i = 0; i < Length; i += V.Count)
                V.Store(Apply(V.Load(A + i), V.Load(B + i), V.Load(C + i)), Result + i);
        }

        private readonly V Apply<V>(V a, V b, V c)
            where V : struct, IVectorF32<V> => Operation switch
            {
                Operation.Add => a + b,
                Operation.Subtract => a - b,
                Operation.Multiply => a * b,
                Operation.Divide => a / b,
                Operation.Negate => -a,
                Operation.And => a & b,
                Operation.Or => a | b,
                Operation.Xor => a ^ b,
                Operation.Not => ~a,
                Operation.MultiplyAdd => V.MultiplyAdd(a, b, c),
                Operation.MultiplySubtractFrom => V.MultiplySubtractFrom(a, b, c),
                Operation.TimesPowerOfTwo => V.TimesPowerOfTwo(a, b),
                Operation.Sqrt => V.Sqrt(a),
                Operation.Abs => V.Abs(a),
                Operation.Select => V.Select(a, b, c),
                // Of a value without a sign, and of one that has it already.
                Operation.CopySign => V.CopySign(V.CopySign(V.Abs(a), b), b),
                Operation.Lesser => V.Lesser(a, b),
                Operation.Greater => V.Greater(a, b),
                Operation.SelectLess => V.SelectLess(a, b, c, a),
                Operation.SelectLessOrEqual => V.SelectLessOrEqual(a, b, c, a),
                Operation.SelectEqual => V.SelectEqual(a, b, c, b),
                Operation.AddInt => V.AddInt(a, b),
                Operation.SubtractInt => V.SubtractInt(a, b),
                Operation.MultiplyInt => V.MultiplyInt(a, b),
                Operation.ShiftLeftInt => V.ShiftLeftInt(a, Shift),
                Operation.ShiftRightLogicalInt => V.ShiftRightLogicalInt(a, Shift),
                Operation.ShiftRightArithmeticInt => V.ShiftRightArithmeticInt(a, Shift),
                Operation.LessThanInt => V.LessThanInt(a, b),
                Operation.Lookup => V.Lookup(Elementary.NormalTailTable, 1, V.LookupIndex(a)),
                Operation.IntToFloat => V.IntToFloat(a),
                Operation.FloatToIntTruncated => V.FloatToIntTruncated(a),
                _ => throw new InvalidOperationException(),
            };
    }

    private struct Constants : IVectorAction
    {
        public int LanesChecked;

        public void Invoke<V>()
            where V : struct, IVectorF32<V>
        {
            float* lanes = stackalloc float[3 * V.Count];
            V.Store(V.Create(-1.5f), lanes);
            V.Store(V.CreateInt(unchecked((int)0xFFC0_1234)), lanes + V.Count);
            V.Store(V.IndicesInt, lanes + (2 * V.Count));
            for (int i = 0; i < V.Count; i++, LanesChecked++)
            {
                Assert.Equal(-1.5f, lanes[i]);
                Assert.Equal(unchecked((int)0xFFC0_1234), Bits(lanes[V.Count + i]));
                Assert.Equal(i, Bits(lanes[(2 * V.Count) + i]));
            }
        }
    }

    private struct FullCopy : IVectorAction
    {
        public Guard Guard;
        public int LanesChecked;

        public void Invoke<V>()
            where V : struct, IVectorF32<V>
        {
            using var source = new GuardedSpan(s_left.AsSpan(0, V.Count), Guard);
            using var destination = new GuardedSpan(V.Count, Guard);
            V.Store(V.Load(source.Pointer), destination.Pointer);
            Assert.Equal(-1, Tolerance.FirstDifference(source.Span, destination.Span));
            LanesChecked = V.Count;
        }
    }

    private struct PartialCopies : IVectorAction
    {
        public Guard Guard;
        public int CountsChecked;

        public void Invoke<V>()
            where V : struct, IVectorF32<V>
        {
            Span<float> expected = stackalloc float[V.Count], lanes = stackalloc float[V.Count];
            for (int count = 0; count <= V.Count; count++, CountsChecked++)
            {
                using var source = new GuardedSpan(Shapes.Random(count, 7), Guard);
                expected.Clear();
                source.Span.CopyTo(expected);
                fixed (float* p = lanes)
                    V.Store(V.LoadPartial(source.Pointer, count), p);
                Assert.Equal(-1, Tolerance.FirstDifference(expected, lanes));

                using var destination = new GuardedSpan(count, Guard);
                fixed (float* p = s_left)
                    V.StorePartial(V.Load(p + MostLanes), destination.Pointer, count);
                Assert.Equal(-1, Tolerance.FirstDifference(s_left.AsSpan(MostLanes, count), destination.Span));
            }
        }
    }

    private struct Folds : IVectorAction
    {
        public int VectorsChecked;

        public void Invoke<V>()
            where V : struct, IVectorF32<V>
        {
            for (int i = 0; i < s_right.Length; i += V.Count, VectorsChecked++)
            {
                ReadOnlySpan<float> lanes = s_right.AsSpan(i, V.Count);
                fixed (float* p = lanes)
                {
                    float sum = V.SumHalves(V.Load(p)), largest = V.MaxHalves(V.Load(p));
                    Assert.True(Tolerance.SameBits(Fold(lanes, static (low, high) => low + high), sum));
                    Assert.True(Tolerance.SameBits(Fold(lanes, static (low, high) => high > low ? high : low), largest));
                    FoursEqualOnes<V>(p, s_left.AsSpan(i, V.Count), s_third.AsSpan(i, V.Count));
                }
            }
        }

        private static void FoursEqualOnes<V>(float* lanes, ReadOnlySpan<float> left, ReadOnlySpan<float> third)
            where V : struct, IVectorF32<V>
        {
            fixed (float* l = left, t = third)
            {
                V a = V.Load(lanes), b = V.Load(l), c = V.Load(t), d = V.Load(lanes) * V.Create(-3f);
                float* four = stackalloc float[4];
                V.MaxHalves(a, b, c, d, four);
                AssertSame(four, V.MaxHalves(a), V.MaxHalves(b), V.MaxHalves(c), V.MaxHalves(d));
                V.SumHalves(a, b, c, d, four);
                AssertSame(four, V.SumHalves(a), V.SumHalves(b), V.SumHalves(c), V.SumHalves(d));
            }
        }

        private static void AssertSame(float* actual, params ReadOnlySpan<float> expected)
        {
            for (int i = 0; i < expected.Length; i++)
                Assert.True(Tolerance.SameBits(expected[i], actual[i]));
        }

        private static float Fold(ReadOnlySpan<float> lanes, Func<float, float, float> combine)
        {
            float[] rest = lanes.ToArray();
            for (int half = rest.Length / 2; half > 0; half /= 2)
            {
                for (int i = 0; i < half; i++)
                    rest[i] = combine(rest[i], rest[i + half]);
            }

            return rest[0];
        }
    }

    private struct Registers : IRegisterAction
    {
        public int VectorsChecked;

        public void Invoke<V, R>()
            where V : struct, IVectorF32<V>, IRegisters<V, R>
            where R : struct
        {
            float* lanes = stackalloc float[5 * V.Count];
            fixed (float* a = s_left, b = s_right, c = s_third)
            {
                for (int i = 0; i < s_left.Length; i += V.Count, VectorsChecked++)
                {
                    R left = V.LoadRegister(a + i), right = V.LoadRegister(b + i), third = V.LoadRegister(c + i);
                    V.StoreRegister(V.MultiplyAddRegister(left, right, third), lanes);
                    V.Store(V.MultiplyAdd(V.Load(a + i), V.Load(b + i), V.Load(c + i)), lanes + V.Count);
                    Assert.Equal(-1, Tolerance.FirstDifference(new(lanes, V.Count), new(lanes + V.Count, V.Count)));

                    V.StoreRegister(V.BroadcastRegister(b[i]), lanes);
                    V.StoreRegister(default, lanes + V.Count);
                    V.Store(V.Wrap(left), lanes + (2 * V.Count));
                    V.StoreRegister(V.Unwrap(V.Load(a + i)), lanes + (3 * V.Count));
                    for (int lane = 0; lane < V.Count; lane++)
                    {
                        Assert.Equal(Bits(b[i]), Bits(lanes[lane]));
                        Assert.Equal(0, Bits(lanes[V.Count + lane]));
                        Assert.Equal(Bits(a[i + lane]), Bits(lanes[(2 * V.Count) + lane]));
                        Assert.Equal(Bits(a[i + lane]), Bits(lanes[(3 * V.Count) + lane]));
                    }
                }
            }
        }
    }

    private struct RecordType : IVectorAction, IRegisterAction
    {
        public Type? Type;
        public int Lanes;

        public void Invoke<V>()
            where V : struct, IVectorF32<V> => (Type, Lanes) = (typeof(V), V.Count);

        public void Invoke<V, R>()
            where V : struct, IVectorF32<V>, IRegisters<V, R>
            where R : struct => (Type, Lanes) = (typeof(V), V.Count);
    }
}
