using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using Backprop.Simd.Internal.Memory;

namespace Backprop.Simd.Kernels;

public static unsafe partial class Gemm
{
    /// <summary>C = alpha op(A) op(B) + beta C over tensor spans of two dimensions; rows may lie apart (a slice of a larger matrix is read and written in place).</summary>
    /// <param name="transA">Whether op(A) is A or its transpose.</param>
    /// <param name="transB">Whether op(B) is B or its transpose.</param>
    /// <param name="alpha">Factor of the product; at 0, A and B are not read.</param>
    /// <param name="a">[m, k], or [k, m] if transposed.</param>
    /// <param name="b">[k, n], or [n, k] if transposed.</param>
    /// <param name="beta">Factor of the old C. At 0, C is not read.</param>
    /// <param name="c">Receives [m, n]. Must not overlap A or B.</param>
    /// <param name="workers">Threads to share the work; null: the calling thread alone.</param>
    /// <exception cref="ArgumentException">Sizes do not fit, the elements of a row do not lie side by side (a transposed or reversed view), or c overlaps a or b.</exception>
    /// <exception cref="ObjectDisposedException">The pool was disposed.</exception>
    [OverloadResolutionPriority(-1)]
    public static void Multiply(Transpose transA, Transpose transB, float alpha, in ReadOnlyTensorSpan<float> a, in ReadOnlyTensorSpan<float> b, float beta,
        in TensorSpan<float> c, WorkerPool? workers = null)
    {
        ReadOnlySpan<float> valuesA = TensorViews.Matrix(a, nameof(a), out int rowsA, out int columnsA, out int lda);
        ReadOnlySpan<float> valuesB = TensorViews.Matrix(b, nameof(b), out int rowsB, out int columnsB, out int ldb);
        Span<float> valuesC = TensorViews.Matrix(c, nameof(c), out int rowsC, out int columnsC, out int ldc);
        (int m, int k) = transA == Transpose.Yes ? (columnsA, rowsA) : (rowsA, columnsA);
        (int innerB, int n) = transB == Transpose.Yes ? (columnsB, rowsB) : (rowsB, columnsB);
        if (innerB != k)
            throw new ArgumentException($"op(b) has {innerB} rows, and op(a) {k} columns; they must be equal.", nameof(b));
        if (rowsC != m || columnsC != n)
            throw new ArgumentException($"c is [{rowsC}, {columnsC}]; the product is [{m}, {n}].", nameof(c));
        Multiply(transA, transB, m, n, k, alpha, valuesA, lda, valuesB, ldb, beta, valuesC, ldc, workers);
    }

    /// <summary>C = A B over tensor spans of two dimensions.</summary>
    /// <param name="a">[m, k].</param>
    /// <param name="b">[k, n].</param>
    /// <param name="c">Receives [m, n]; its old values are not read. Must not overlap A or B.</param>
    /// <param name="workers">Threads to share the work; null: the calling thread alone.</param>
    /// <exception cref="ArgumentException">Sizes do not fit, the elements of a row do not lie side by side, or c overlaps a or b.</exception>
    /// <exception cref="ObjectDisposedException">The pool was disposed.</exception>
    [OverloadResolutionPriority(-1)]
    public static void Multiply(in ReadOnlyTensorSpan<float> a, in ReadOnlyTensorSpan<float> b, in TensorSpan<float> c, WorkerPool? workers = null) =>
        Multiply(Transpose.No, Transpose.No, 1f, a, b, 0f, c, workers);
}
