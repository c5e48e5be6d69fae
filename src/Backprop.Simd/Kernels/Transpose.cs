namespace Backprop.Simd.Kernels;

/// <summary>Whether a matrix product takes an operand as it is stored or its transpose. Nothing is rearranged in memory.</summary>
public enum Transpose
{
    /// <summary>As stored.</summary>
    No,

    /// <summary>Transposed: stored rows are columns of the product's operand.</summary>
    Yes,
}
