using Backprop.Simd.Internal.MatrixProduct;
using Backprop.Simd.Internal.Simd;
using Backprop.Simd.Kernels;

namespace Backprop.Simd.Tests;

/// <summary>The operands of one product: values, NaN in the padding between rows, and in C where beta is 0.</summary>
internal sealed unsafe class GemmCase
{
    public GemmCase(bool transA, bool transB, int m, int n, int k, int slack = 0, float alpha = 1f, float beta = 0f, int seed = 1, bool integers = false)
    {
        (TransA, TransB, M, N, K, Alpha, Beta) = (transA, transB, m, n, k, alpha, beta);
        (int rowsA, int columnsA) = transA ? (k, m) : (m, k);
        (int rowsB, int columnsB) = transB ? (n, k) : (k, n);
        (Lda, Ldb, Ldc) = (columnsA + slack, columnsB + slack, n + slack);
        A = Matrix(rowsA, columnsA, Lda, seed, integers);
        B = Matrix(rowsB, columnsB, Ldb, seed + 1, integers);
        C = Matrix(m, n, Ldc, seed + 2, integers);
        if (beta == 0)
            C.AsSpan().Fill(float.NaN);
    }

    public bool TransA { get; }

    public bool TransB { get; }

    public int M { get; }

    public int N { get; }

    public int K { get; }

    public float Alpha { get; }

    public float Beta { get; }

    public int Lda { get; }

    public int Ldb { get; }

    public int Ldc { get; }

    public float[] A { get; }

    public float[] B { get; }

    public float[] C { get; }

    /// <summary>What the model of the orders of summation gives; NaN stays where no product writes.</summary>
    public float[] Expected()
    {
        float[] c = [.. C];
        SummationModel.Multiply(TransA, TransB, M, N, K, Alpha, A, Lda, B, Ldb, Beta, c, Ldc);
        return c;
    }

    /// <summary>What the public entry gives.</summary>
    public float[] Multiply(WorkerPool? workers = null)
    {
        float[] c = [.. C];
        Kernels.Gemm.Multiply(TransA ? Transpose.Yes : Transpose.No, TransB ? Transpose.Yes : Transpose.No, M, N, K, Alpha, A, Lda, B, Ldb, Beta, c, Ldc, workers);
        return c;
    }

    /// <summary>What one width gives.</summary>
    public float[] MultiplyOn(Width width, WorkerPool? workers = null) => MultiplyOn(width, default(NoEpilogue), workers);

    /// <summary>What one width gives with an epilogue.</summary>
    public float[] MultiplyOn<TEpilogue>(Width width, TEpilogue epilogue, WorkerPool? workers = null)
        where TEpilogue : struct, IEpilogue
    {
        float[] c = [.. C];
        fixed (float* a = A, b = B, pointerC = c)
        {
            var action = new OnWidth<TEpilogue>
            {
                Arguments = new GemmArguments
                {
                    TransA = TransA,
                    TransB = TransB,
                    M = M,
                    N = N,
                    K = K,
                    Alpha = Alpha,
                    A = a,
                    Lda = Lda,
                    B = b,
                    Ldb = Ldb,
                    Beta = Beta,
                    C = pointerC,
                    Ldc = Ldc,
                },
                Epilogue = epilogue,
                Workers = workers,
            };
            Widths.InvokeRegisters(width, ref action);
        }

        return c;
    }

    public override string ToString() =>
        FormattableString.Invariant($"{(TransA ? 'T' : 'N')}{(TransB ? 'T' : 'N')} m={M} n={N} k={K} lda={Lda} ldb={Ldb} ldc={Ldc} alpha={Alpha} beta={Beta}");

    private static float[] Matrix(int rows, int columns, int ld, int seed, bool integers)
    {
        int length = rows == 0 || columns == 0 ? 0 : ((rows - 1) * ld) + columns;
        float[] values = integers ? Shapes.RandomIntegers(length, seed) : Shapes.Random(length, seed);
        for (int i = 0; i < length; i++)
        {
            if (i % ld >= columns)
                values[i] = float.NaN;
        }

        return values;
    }

    private struct OnWidth<TEpilogue> : IRegisterAction
        where TEpilogue : struct, IEpilogue
    {
        public GemmArguments Arguments;
        public TEpilogue Epilogue;
        public WorkerPool? Workers;

        public readonly void Invoke<V, R>()
            where V : struct, IVectorF32<V>, IRegisters<V, R>
            where R : struct => GemmDriver.RunOn<V, R, TEpilogue>(in Arguments, Epilogue, Workers, new GemmScratch());
    }
}
