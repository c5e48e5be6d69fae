namespace Backprop.Simd.Internal.MatrixProduct;

/// <summary>C = alpha op(A) op(B) + beta C, row-major, on memory that does not move. Checked by whoever makes it.</summary>
/// <remarks>A is m x k as stored, or k x m if <see cref="TransA"/>; B is k x n, or n x k if <see cref="TransB"/>; leading dimensions count elements between rows.</remarks>
internal unsafe struct GemmArguments
{
    public bool TransA, TransB;
    public int M, N, K;
    public float Alpha;
    public float* A;
    public int Lda;
    public float* B;
    public int Ldb;
    public float Beta;
    public float* C;
    public int Ldc;
}
