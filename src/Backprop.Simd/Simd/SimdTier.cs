namespace Backprop.Simd;

/// <summary>The vector width that the kernels of this process run on.</summary>
public enum SimdTier
{
    /// <summary><c>Vector&lt;float&gt;</c>: an instruction set that .NET does not report as accelerated.</summary>
    Portable,

    /// <summary>128-bit vectors (SSE, AdvSimd).</summary>
    Vector128,

    /// <summary>256-bit vectors (AVX2).</summary>
    Vector256,

    /// <summary>512-bit vectors (AVX-512).</summary>
    Vector512,
}
