namespace Backprop.Simd.Data;

/// <summary>Sizes from a file's header.</summary>
internal static class ArrayShape
{
    /// <summary>Number of values, computed so that no header can overflow it.</summary>
    public static long Count(StrictFile file, ReadOnlySpan<int> shape)
    {
        if (shape.Contains(0))
            return 0;
        long count = 1;
        foreach (int size in shape)
        {
            if (count > long.MaxValue / 16 / size)
                throw file.Error($"the dimensions {Quote.Cut(string.Join(" x ", shape.ToArray()))} have more values than can be addressed.");
            count *= size;
        }

        return count;
    }
}
