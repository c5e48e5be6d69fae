using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Backprop.Simd.Internal.MatrixProduct;

namespace Backprop.Simd.Kernels;

/// <summary>Products of row-major matrices in single precision.</summary>
public static unsafe partial class Gemm
{
    /// <summary>C = alpha op(A) op(B) + beta C, where op(X) is X or its transpose: BLAS sgemm, row-major.</summary>
    /// <param name="transA">Whether op(A) is A or its transpose.</param>
    /// <param name="transB">Whether op(B) is B or its transpose.</param>
    /// <param name="m">Rows of op(A) and C; zero does nothing.</param>
    /// <param name="n">Columns of op(B) and C; zero does nothing.</param>
    /// <param name="k">Columns of op(A), rows of op(B); zero gives C = beta C.</param>
    /// <param name="alpha">Factor of the product; at 0, A and B are not read.</param>
    /// <param name="a">A as stored: m x k, or k x m if transposed, rows <paramref name="lda"/> elements apart.</param>
    /// <param name="lda">Elements from one row of A to the next.</param>
    /// <param name="b">B as stored: k x n, or n x k if transposed, rows <paramref name="ldb"/> elements apart.</param>
    /// <param name="ldb">Elements from one row of B to the next.</param>
    /// <param name="beta">Factor of the old C. At 0, C is not read: it may hold NaN or anything.</param>
    /// <param name="c">Receives m x n, rows <paramref name="ldc"/> elements apart; elements between rows are not touched. Must not overlap A or B.</param>
    /// <param name="ldc">Elements from one row of C to the next.</param>
    /// <param name="workers">Threads to share the work; null: the calling thread alone. The bits do not depend on it.</param>
    /// <exception cref="ArgumentOutOfRangeException">A size is negative, a leading dimension is shorter than a row, or a transpose is neither No nor Yes.</exception>
    /// <exception cref="ArgumentException">A span is shorter than its matrix, or c overlaps a or b.</exception>
    /// <exception cref="ObjectDisposedException">The pool was disposed.</exception>
    /// <remarks>
    /// The order of summation is fixed (docs/summation-orders.md): the same bits on every machine with fused multiply-add, for every vector width and number
    /// of threads. Error of an element: at most (k + 2) 2^-24 (|alpha| (|A| |B|) + |beta c|), to first order (Higham, Accuracy and Stability of Numerical
    /// Algorithms, 2nd ed., section 3.5). Blocking after Goto and van de Geijn, TOMS 34(3), 2008. Each thread keeps its packing memory: nothing is
    /// allocated once it has seen its largest product.
    /// </remarks>
    public static void Multiply(Transpose transA, Transpose transB, int m, int n, int k, float alpha, ReadOnlySpan<float> a, int lda,
        ReadOnlySpan<float> b, int ldb, float beta, Span<float> c, int ldc, WorkerPool? workers = null)
    {
        CheckTranspose(transA, nameof(transA));
        CheckTranspose(transB, nameof(transB));
        ArgumentOutOfRangeException.ThrowIfNegative(m);
        ArgumentOutOfRangeException.ThrowIfNegative(n);
        ArgumentOutOfRangeException.ThrowIfNegative(k);
        bool flipA = transA == Transpose.Yes, flipB = transB == Transpose.Yes;
        long usedA = Used(flipA ? k : m, flipA ? m : k, a.Length, lda, nameof(a), nameof(lda));
        long usedB = Used(flipB ? n : k, flipB ? k : n, b.Length, ldb, nameof(b), nameof(ldb));
        long usedC = Used(m, n, c.Length, ldc, nameof(c), nameof(ldc));
        if (workers is not null)
            ObjectDisposedException.ThrowIf(workers.IsDisposed, workers);

        fixed (float* pointerA = a, pointerB = b, pointerC = c)
        {
            CheckApart(pointerC, usedC, pointerA, usedA, nameof(a));
            CheckApart(pointerC, usedC, pointerB, usedB, nameof(b));
            var arguments = new GemmArguments
            {
                TransA = flipA,
                TransB = flipB,
                M = m,
                N = n,
                K = k,
                Alpha = alpha,
                A = pointerA,
                Lda = lda,
                B = pointerB,
                Ldb = ldb,
                Beta = beta,
                C = pointerC,
                Ldc = ldc,
            };
            NoEpilogue none = default;
            GemmDriver.Run(in arguments, ref none, workers, null);
        }
    }

    /// <summary>C = A B.</summary>
    /// <param name="m">Rows of A and C.</param>
    /// <param name="n">Columns of B and C.</param>
    /// <param name="k">Columns of A, rows of B; zero gives zeros.</param>
    /// <param name="a">m x k.</param>
    /// <param name="b">k x n.</param>
    /// <param name="c">Receives m x n; its old values are not read. Must not overlap a or b.</param>
    /// <param name="workers">Threads to share the work; null: the calling thread alone.</param>
    /// <exception cref="ArgumentOutOfRangeException">A size is negative.</exception>
    /// <exception cref="ArgumentException">A span is shorter than its matrix, or c overlaps a or b.</exception>
    /// <exception cref="ObjectDisposedException">The pool was disposed.</exception>
    public static void Multiply(int m, int n, int k, ReadOnlySpan<float> a, ReadOnlySpan<float> b, Span<float> c, WorkerPool? workers = null) =>
        Multiply(Transpose.No, Transpose.No, m, n, k, 1f, a, k, b, n, 0f, c, n, workers);

    private static void CheckTranspose(Transpose value, string name)
    {
        if (value is not (Transpose.No or Transpose.Yes))
            throw new ArgumentOutOfRangeException(name, value, "Neither Transpose.No nor Transpose.Yes.");
    }

    /// <summary>The elements from the first to the last of a matrix, after checking that they are there.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static long Used(int rows, int columns, int length, int ld, string name, string ldName)
    {
        if (ld < columns)
            ThrowRowsTooNear(columns, ld, name, ldName);
        long used = rows == 0 || columns == 0 ? 0 : ((rows - 1L) * ld) + columns;
        if (length < used)
            ThrowTooShort(rows, columns, length, ld, used, name);
        return used;
    }

    [DoesNotReturn]
    private static void ThrowRowsTooNear(int columns, int ld, string name, string ldName) =>
        throw new ArgumentOutOfRangeException(ldName, ld, $"{ldName} is {ld}, but a row of {name} has {columns} elements.");

    [DoesNotReturn]
    private static void ThrowTooShort(int rows, int columns, int length, int ld, long used, string name) =>
        throw new ArgumentException($"{name} has {length} elements, but {rows} rows of {columns}, {ld} apart, take {used}.", name);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void CheckApart(float* c, long usedC, float* other, long used, string name)
    {
        if (c < other + used && other < c + usedC && usedC > 0 && used > 0)
            ThrowOverlap(usedC, used, name, nameof(c));
    }

    [DoesNotReturn]
    private static void ThrowOverlap(long usedC, long used, string name, string cName) =>
        throw new ArgumentException($"c ({usedC} elements) overlaps {name} ({used} elements): a product cannot be written over its operands.", cName);
}
