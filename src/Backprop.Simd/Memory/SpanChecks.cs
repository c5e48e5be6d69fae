namespace Backprop.Simd.Internal.Memory;

/// <summary>Checks of spans that are read and written element by element.</summary>
internal static class SpanChecks
{
    /// <summary>Both have the same length.</summary>
    public static void SameLength(int length, int expected, string parameter, string other)
    {
        if (length != expected)
            throw new ArgumentException($"{parameter} holds {length} floats, and {other} {expected}; they must be equal.", parameter);
    }

    /// <summary>Output is the input itself or does not touch it.</summary>
    public static void SameOrApart(ReadOnlySpan<float> input, ReadOnlySpan<float> output, string parameter, string other)
    {
        if (!input.Overlaps(output, out int distance) || distance == 0)
            return;
        throw new ArgumentException($"{parameter} overlaps {other} by all but {Math.Abs(distance)} of {input.Length} floats; they must be the same span or apart.", parameter);
    }
}
