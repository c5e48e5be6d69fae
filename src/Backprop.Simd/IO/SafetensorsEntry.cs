namespace Backprop.Simd.Internal.IO;

/// <summary>What the header of a safetensors file says about one tensor.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Its element type, as in <see cref="SafetensorsType"/>.</param>
/// <param name="Shape">Its dimensions; none for a single number.</param>
/// <param name="Begin">First byte, counted from the end of the header.</param>
/// <param name="End">Byte after the last.</param>
internal sealed record SafetensorsEntry(string Name, string Type, long[] Shape, long Begin, long End)
{
    private const int MostDimensionsShown = 8;

    /// <summary>Type and shape, as in <c>F32 [3, 4]</c>.</summary>
    public string Form => FormOf(Type, Shape);

    /// <summary>The same, of a tensor that is wanted.</summary>
    public static string FormOf(string type, long[] shape)
    {
        string more = shape.Length > MostDimensionsShown ? ", ..." : "";
        return $"{type} [{string.Join(", ", shape.Take(MostDimensionsShown))}{more}]";
    }
}
