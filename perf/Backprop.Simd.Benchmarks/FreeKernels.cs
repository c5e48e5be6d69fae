using System.Runtime.CompilerServices;
using Backprop.Simd.Internal.MatrixProduct;
using Backprop.Simd.Internal.Simd;

namespace Backprop.Simd.Benchmarks;

/// <summary>Narrow and one-row products in several orders of summation: what a library without the promise could run, and the promised orders as plainly. All start from +0; k is a multiple of 8.</summary>
/// <remarks>B may be read up to a vector beyond a row's end. Written out, since an array of accumulators would live in memory.</remarks>
internal static unsafe partial class FreeKernels
{
    /// <summary>A kernel: rows of C at a time, vectors of columns, and chains for each sum.</summary>
    public enum Form
    {
        Rows12Chains1,
        Rows8Chains2,
        Rows2Chains8,
        RowsInLanesChain1,
        Row1Vectors4Chains4,
        Row1Vectors8Chains2,
        Dots32Lanes,
        Rows6Chains4,
        Row1Vectors4Chains1,
        Row1Vectors8Chains1,
    }

    public static void Run(Form form, int m, int n, int k, float* a, int rowStride, int stepStride, float* b, int ldb, float* c)
    {
        var action = new Action(form, m, n, k, a, rowStride, stepStride, b, ldb, c);
        Tiers.DispatchRegisters(ref action);
    }

    private readonly struct Action(Form form, int m, int n, int k, float* a, nint rowStride, nint stepStride, float* b, nint ldb, float* c) : IRegisterAction
    {
        public void Invoke<V, R>()
            where V : struct, IVectorF32<V>, IRegisters<V, R>
            where R : struct
        {
            if (form == Form.Dots32Lanes)
            {
                Dots<V, R>(m, n, k, a, rowStride, b, ldb, c);
                return;
            }

            if (form == Form.RowsInLanesChain1)
            {
                var product = new GemmArguments { TransA = true, M = m, N = n, K = k, Alpha = 1, A = a, Lda = (int)stepStride, B = b, Ldb = (int)ldb, C = c, Ldc = n };
                var none = default(NoEpilogue);
                RowLanesProduct.Run<V, R, N1, NoEpilogue>(in product, ref none, new Block(0, m, 0, n), null);
                return;
            }

            (int rows, int columns) = form switch
            {
                Form.Rows12Chains1 => (12, V.Count),
                Form.Rows8Chains2 => (8, V.Count),
                Form.Rows2Chains8 => (2, V.Count),
                Form.Rows6Chains4 => (6, V.Count),
                Form.Row1Vectors4Chains4 or Form.Row1Vectors4Chains1 => (1, 4 * V.Count),
                _ => (1, 8 * V.Count),
            };
            for (nint i = 0; i < m; i += rows)
            {
                // The last rows of a number that is not a multiple are computed again.
                nint row = Math.Min(i, m - rows);
                for (nint j = 0; j < n; j += columns)
                {
                    float* x = a + (row * rowStride), y = b + j, to = c + (row * n) + j;
                    int count = (int)Math.Min(n - j, V.Count);
                    switch (form)
                    {
                        case Form.Rows12Chains1: Rows12Chains1<V, R>(x, rowStride, stepStride, k, y, ldb, to, n, count); break;
                        case Form.Rows8Chains2: Rows8Chains2<V, R>(x, rowStride, stepStride, k, y, ldb, to, n, count); break;
                        case Form.Rows2Chains8: Rows2Chains8<V, R>(x, rowStride, stepStride, k, y, ldb, to, n, count); break;
                        case Form.Row1Vectors4Chains4: Row1Vectors4Chains4<V, R>(x, rowStride, stepStride, k, y, ldb, to, n, count); break;
                        case Form.Rows6Chains4: Rows6Chains4<V, R>(x, rowStride, stepStride, k, y, ldb, to, n, count); break;
                        case Form.Row1Vectors4Chains1: Row1Vectors4Chains1<V, R>(x, rowStride, stepStride, k, y, ldb, to, n, count); break;
                        case Form.Row1Vectors8Chains1: Row1Vectors8Chains1<V, R>(x, rowStride, stepStride, k, y, ldb, to, n, count); break;
                        default: Row1Vectors8Chains2<V, R>(x, rowStride, stepStride, k, y, ldb, to, n, count); break;
                    }
                }
            }
        }
    }

    /// <summary>Rows of A with two columns of B^T, two vectors a sum: 32 lanes where a vector has 16.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Dots<V, R>(int m, int n, int k, float* a, nint lda, float* b, nint ldb, float* c)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
    {
        for (nint row = 0; row < m; row++)
        {
            for (nint j = 0; j < n; j += 4)
            {
                float* x = a + (row * lda), y0 = b + (j * ldb), y1 = y0 + ldb, y2 = y1 + ldb, y3 = y2 + ldb;
                R s00 = default, s01 = default;
                R s10 = default, s11 = default;
                R s20 = default, s21 = default;
                R s30 = default, s31 = default;
                for (nint i = 0; i < k; i += 2 * V.Count)
                {
                    R x0 = V.LoadRegister(x + i), x1 = V.LoadRegister(x + i + V.Count);
                    s00 = V.MultiplyAddRegister(x0, V.LoadRegister(y0 + i), s00);
                    s01 = V.MultiplyAddRegister(x1, V.LoadRegister(y0 + i + V.Count), s01);
                    s10 = V.MultiplyAddRegister(x0, V.LoadRegister(y1 + i), s10);
                    s11 = V.MultiplyAddRegister(x1, V.LoadRegister(y1 + i + V.Count), s11);
                    s20 = V.MultiplyAddRegister(x0, V.LoadRegister(y2 + i), s20);
                    s21 = V.MultiplyAddRegister(x1, V.LoadRegister(y2 + i + V.Count), s21);
                    s30 = V.MultiplyAddRegister(x0, V.LoadRegister(y3 + i), s30);
                    s31 = V.MultiplyAddRegister(x1, V.LoadRegister(y3 + i + V.Count), s31);
                }

                float* to = c + (row * n) + j;
                to[0] = V.SumHalves(V.Wrap(s00) + V.Wrap(s01));
                to[1] = V.SumHalves(V.Wrap(s10) + V.Wrap(s11));
                to[2] = V.SumHalves(V.Wrap(s20) + V.Wrap(s21));
                to[3] = V.SumHalves(V.Wrap(s30) + V.Wrap(s31));
            }
        }
    }
}
