namespace Backprop.Simd.Internal.MatrixProduct;

/// <summary>C = alpha op(A) op(B) + beta C, row-major, on memory that does not move. Checked by whoever makes it.</summary>
/// <remarks>A is m x k as stored, or k x m if <paramref name="TransA"/>; B is k x n, or n x k if <paramref name="TransB"/>; leading dimensions count elements between rows.</remarks>
internal readonly unsafe record struct GemmArguments(bool TransA, bool TransB, int M, int N, int K,
    float Alpha, nint A, nint Lda, nint B, nint Ldb, float Beta, nint C, nint Ldc);
