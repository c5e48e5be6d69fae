namespace Backprop.Simd.Internal.IO;

/// <summary>The element types of the safetensors format.</summary>
internal static class SafetensorsType
{
    public const string F32 = "F32";
    public const string F64 = "F64";
    public const string F16 = "F16";
    public const string BF16 = "BF16";
    public const string I64 = "I64";

    /// <summary>Whether elements of the type can be read as floats: exactly, or rounded to the nearest from F64.</summary>
    public static bool IsFloat(string name) => name is F32 or F64 or F16 or BF16;

    /// <summary>Bits of one element.</summary>
    /// <returns>False for a type that the format does not have.</returns>
    public static bool TryGetBits(string name, out int bits)
    {
        bits = name switch
        {
            "F4" => 4,
            "F6_E2M3" or "F6_E3M2" => 6,
            "BOOL" or "U8" or "I8" or "F8_E5M2" or "F8_E4M3" or "F8_E8M0" or "F8_E4M3FNUZ" or "F8_E5M2FNUZ" => 8,
            "I16" or "U16" or F16 or BF16 => 16,
            "I32" or "U32" or F32 => 32,
            I64 or "U64" or F64 or "C64" => 64,
            _ => 0,
        };
        return bits != 0;
    }
}
