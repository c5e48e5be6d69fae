using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Backprop.Simd.Tests;

/// <summary>A length from 0 to 67: every remainder of every width, with up to four full vectors of the widest before it.</summary>
public readonly record struct ShortLength(int Value);

/// <summary>A start that is no multiple of any vector: spans that users slice are not aligned.</summary>
public readonly record struct OddOffset(int Value);

/// <summary>The sizes of C (m x n) = A (m x k) B (k x n), and what the leading dimensions exceed the rows by.</summary>
public readonly record struct ProductShape(int M, int N, int K, int Slack);

/// <summary>Ordinary finite values, about as large as what networks hold.</summary>
public sealed record Floats(float[] Values);

/// <summary>Integers of at most 8 in magnitude: sums of thousands of their products are exact, in every order.</summary>
public sealed record SmallIntegers(float[] Values);

/// <summary>Values where formulas break: zeros of both signs, denormals, infinities, NaN, the largest and smallest normals, 1 +- ULP.</summary>
public sealed record SpecialFloats(float[] Values);

/// <summary>Sizes and values to test with; also the generators of FsCheck (<c>[Property(Arbitrary = [typeof(Shapes)])]</c>).</summary>
public static class Shapes
{
    public static TheoryData<int> Lengths => new(Enumerable.Range(0, 68));

    public static IReadOnlyList<int> Offsets { get; } = [0, 1, 3, 7, 13];

    public static IReadOnlyList<float> Specials { get; } =
    [
        0f, -0f, float.Epsilon, -float.Epsilon, BitConverter.Int32BitsToSingle(0x007F_FFFF), 1.17549435e-38f, -1.17549435e-38f,
        1f, -1f, 0.99999994f, 1.0000001f, -1.0000001f, 0.5f, 88.72284f, -88.72284f, -103.97208f, 1e-20f, -1e20f, 16777216f, -8388609f,
        float.MaxValue, float.MinValue, float.PositiveInfinity, float.NegativeInfinity, float.NaN,
    ];

    public static Arbitrary<ShortLength> ShortLengths() =>
        Gen.Choose(0, 67).Select(length => new ShortLength(length)).ToArbitrary();

    public static Arbitrary<OddOffset> OddOffsets() =>
        Gen.Elements(1, 3, 5, 7, 9, 13, 15).Select(offset => new OddOffset(offset)).ToArbitrary();

    public static Arbitrary<ProductShape> ProductShapes()
    {
        Gen<int> size = Gen.Frequency((3, Gen.Choose(0, 20)), (1, Gen.Choose(21, 70)));
        return (from m in size
                from n in size
                from k in size
                from slack in Gen.Elements(0, 1, 7)
                select new ProductShape(m, n, k, slack)).ToArbitrary();
    }

    public static Arbitrary<Floats> FloatArrays() =>
        ArrayOf(FiniteFloat()).Select(values => new Floats(values)).ToArbitrary();

    public static Arbitrary<SmallIntegers> SmallIntegerArrays() =>
        ArrayOf(Gen.Choose(-8, 8).Select(value => (float)value)).Select(values => new SmallIntegers(values)).ToArbitrary();

    public static Arbitrary<SpecialFloats> SpecialFloatArrays() =>
        ArrayOf(Gen.OneOf(Gen.Elements(Specials.ToArray()), FiniteFloat())).Select(values => new SpecialFloats(values)).ToArbitrary();

    /// <summary>Uniform values in [-scale, scale) that depend on the seed alone.</summary>
    public static float[] Random(int length, int seed, float scale = 1f)
    {
        var random = new Random(seed);
        var values = new float[length];
        for (int i = 0; i < length; i++)
            values[i] = scale * ((2f * random.NextSingle()) - 1f);
        return values;
    }

    /// <summary>Integers from -8 to 8 that depend on the seed alone.</summary>
    public static float[] RandomIntegers(int length, int seed)
    {
        var random = new Random(seed);
        var values = new float[length];
        for (int i = 0; i < length; i++)
            values[i] = random.Next(-8, 9);
        return values;
    }

    /// <summary>Class indices that depend on the seed alone.</summary>
    public static int[] RandomLabels(int length, int classes, int seed)
    {
        var random = new Random(seed);
        var labels = new int[length];
        for (int i = 0; i < length; i++)
            labels[i] = random.Next(classes);
        return labels;
    }

    // A mantissa and a power of two from 2^-12 to 2^6, so that sizes differ as much as weights and activations do.
    private static Gen<float> FiniteFloat() =>
        from mantissa in Gen.Choose(-(1 << 23), 1 << 23)
        from exponent in Gen.Choose(-12, 6)
        select MathF.ScaleB(mantissa, exponent - 23);

    private static Gen<float[]> ArrayOf(Gen<float> element) =>
        from length in Gen.Choose(0, 67)
        from values in element.ArrayOf(length)
        select values;
}
