using Backprop.Simd.Internal.MatrixProduct;
using Backprop.Simd.Internal.Memory;
using Backprop.Simd.Internal.Simd;
using Backprop.Simd.Kernels;
using Xunit;

namespace Backprop.Simd.Tests;

/// <summary>What matrices are filled with.</summary>
internal enum GemmValues
{
    Uniform,
    SmallIntegers,
    Special,
}

/// <summary>The operands of one product. Padding between rows is NaN in A and B, a canary in C; what must not be read is NaN altogether.</summary>
internal sealed unsafe class GemmCase
{
    private const float Canary = 777f;
    private const int FloatsBehindScratch = 64 * 1024;

    public GemmCase(bool transA, bool transB, int m, int n, int k, int slack = 0, float alpha = 1f, float beta = 0f, int seed = 1, GemmValues values = GemmValues.Uniform)
    {
        (TransA, TransB, M, N, K, Alpha, Beta) = (transA, transB, m, n, k, alpha, beta);
        (int rowsA, int columnsA) = transA ? (k, m) : (m, k);
        (int rowsB, int columnsB) = transB ? (n, k) : (k, n);
        (Lda, Ldb, Ldc) = (columnsA + slack, columnsB + slack, n + slack);
        A = Matrix(rowsA, columnsA, Lda, alpha != 0, float.NaN, seed, values);
        B = Matrix(rowsB, columnsB, Ldb, alpha != 0, float.NaN, seed + 1, values);
        C = Matrix(m, n, Ldc, beta != 0, Canary, seed + 2, values);
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

    /// <summary>What the model of the orders of summation gives; the canaries stay.</summary>
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

    /// <summary>The same with an A or a B that begins so many floats inside a cache line, between NaN.</summary>
    public float[] MultiplyOn(Width width, int offsetOfB, int offsetOfA = 0) =>
        MultiplyOn(width, default(NoEpilogue), null, false, Shifted(A, offsetOfA), Shifted(B, offsetOfB), [.. C]);

    /// <summary>The same with a C that begins so many floats after B, modulo 4 KB.</summary>
    public float[] MultiplyOnWithin(Width width, int floatsAfterB)
    {
        int start = ((B.Length + 1023) / 1024 * 1024) + floatsAfterB;
        var buffer = new AlignedBuffer(start + C.Length);
        B.CopyTo(buffer.Span);
        C.CopyTo(buffer.Span[start..]);
        return MultiplyOn(width, default(NoEpilogue), null, false, A, buffer.Span[..B.Length], buffer.Span[start..]);
    }

    /// <summary>What one width gives with an epilogue.</summary>
    public float[] MultiplyOn<TEpilogue>(Width width, TEpilogue epilogue, WorkerPool? workers = null, bool withoutC = false)
        where TEpilogue : struct, IEpilogue => MultiplyOn(width, epilogue, workers, withoutC, A, B, [.. C]);

    private float[] MultiplyOn<TEpilogue>(Width width, TEpilogue epilogue, WorkerPool? workers, bool withoutC, Span<float> left, Span<float> right, Span<float> c)
        where TEpilogue : struct, IEpilogue
    {
        fixed (float* a = left, b = right, pointerC = c)
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
                    C = withoutC ? null : pointerC,
                    Ldc = Ldc,
                },
                Epilogue = epilogue,
                Workers = workers,
            };
            Widths.InvokeRegisters(width, ref action);
        }

        return c.ToArray();
    }

    public override string ToString() =>
        FormattableString.Invariant($"{(TransA ? 'T' : 'N')}{(TransB ? 'T' : 'N')} m={M} n={N} k={K} lda={Lda} ldb={Ldb} ldc={Ldc} alpha={Alpha} beta={Beta}");

    /// <summary>Fails unless the bits of a result are those of the model.</summary>
    public void AssertEqual(float[] expected, float[] actual, string where = "")
    {
        int index = Tolerance.FirstDifference(expected, actual);
        if (index >= 0)
            Assert.Fail(FormattableString.Invariant($"{this} {where}: C[{index / Ldc}, {index % Ldc}] is {actual[index]:R}, not {expected[index]:R}."));
    }

    private static float[] Matrix(int rows, int columns, int ld, bool mayBeRead, float padding, int seed, GemmValues kind)
    {
        int length = rows == 0 || columns == 0 ? 0 : ((rows - 1) * ld) + columns;
        float[] values = kind switch
        {
            GemmValues.SmallIntegers => Shapes.RandomIntegers(length, seed),
            GemmValues.Special => SpecialValues(length, seed),
            _ => Shapes.Random(length, seed),
        };
        for (int i = 0; i < length; i++)
        {
            if (i % ld >= columns)
                values[i] = padding;
            else if (!mayBeRead)
                values[i] = float.NaN;
        }

        return values;
    }

    // Mostly zeros of both signs and denormals: infinities and NaN in every sum would hide the rest.
    private static float[] SpecialValues(int length, int seed)
    {
        var random = new Random(seed);
        var values = new float[length];
        for (int i = 0; i < length; i++)
        {
            values[i] = random.Next(40) switch
            {
                0 => Shapes.Specials[random.Next(Shapes.Specials.Count)],
                < 15 => 0f,
                < 25 => -0f,
                _ => MathF.ScaleB((2f * random.NextSingle()) - 1f, random.Next(-130, 2)),
            };
        }

        return values;
    }

    private static Span<float> Shifted(float[] values, int offset)
    {
        var buffer = new AlignedBuffer(offset + values.Length + 16);
        buffer.Span.Fill(float.NaN);
        values.CopyTo(buffer.Span[offset..]);
        return buffer.Span.Slice(offset, values.Length);
    }

    private struct OnWidth<TEpilogue> : IRegisterAction
        where TEpilogue : struct, IEpilogue
    {
        public GemmArguments Arguments;
        public TEpilogue Epilogue;
        public WorkerPool? Workers;

        public readonly void Invoke<V, R>()
            where V : struct, IVectorF32<V>, IRegisters<V, R>
            where R : struct
        {
            TEpilogue epilogue = Epilogue;
            NothingAfterShare nothing = default;

            // What is reserved must hold all that is packed, also by a B^T that is turned first; a canary stands behind it, for each thread.
            SummationOrder order = SummationOrders.Of(Arguments.TransA, Arguments.TransB, Arguments.M, Arguments.N);
            GemmArguments plain = Arguments with { TransB = false, Ldb = Arguments.N };
            int floats = Math.Max(GemmBlocking.ScratchFloats(in Arguments, order, TEpilogue.StoresC), Arguments.TransB ? GemmBlocking.ScratchFloats(in plain, order, TEpilogue.StoresC) : 0);
            int threads = Workers?.Threads ?? 1;
            var scratch = new GemmScratch();
            scratch.Reserve(floats + FloatsBehindScratch, threads);
            for (int thread = 0; thread < threads; thread++)
                new Span<float>(scratch.Pointer(thread) + floats, FloatsBehindScratch).Fill(Canary);
            GemmDriver.RunOn<V, R, TEpilogue, NothingAfterShare>(in Arguments, ref epilogue, nothing, Workers, scratch);
            for (int thread = 0; thread < threads; thread++)
                Assert.False(new Span<float>(scratch.Pointer(thread) + floats, FloatsBehindScratch).ContainsAnyExcept(Canary), "A product writes behind the scratch that is reserved for it.");
            GC.KeepAlive(scratch);
        }
    }
}
