using System.Runtime.CompilerServices;
using Backprop.Simd.Internal.Simd;

namespace Backprop.Simd.Internal.MatrixProduct;

/// <summary>A B of few rows and two to four columns that lie side by side: order B, the four chains of every sum in four lanes by <see cref="QuadKernel"/>, but nothing packed.</summary>
/// <remarks>
/// Four steps of all columns are one vector of B; a permutation puts the steps of a column into a four of lanes, for up to eight rows at a time.
/// (Zen 4, 4 x 64 x 2: 8.5 to 22 GFLOP/s, 8 x 64 x 4: 25 to 38, 5 x 241 x 2: 10 to 43.)
/// </remarks>
internal static unsafe class FewColumnsProduct
{
    public const int Steps = QuadKernel.Steps;

    // Below, the way here and back costs more than it saves. (Two columns, 3 x 24: +6 %, 2 x 48 0; three, 4 x 32 +13 %, 3 x 64 -2 %.)
    public const int LeastSteps = 20;
    private const int MinSteps = 32;
    private const int ManySteps = 128;
    private const int MinProductsOfTwo = 96;

    /// <summary>Whether it computes the product; a vector must hold four steps of all columns.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Takes<V>(in GemmArguments g)
        where V : struct, IVectorF32<V> =>
        V.Count >= 2 * Steps && g.N > 1 && g.N <= V.Count / Steps && g.K >= LeastSteps && (g.N == 2 ? (nint)g.M * g.K >= MinProductsOfTwo : g.K >= MinSteps && g.M >= (g.K < ManySteps ? 4 : 3))
        && !g.TransA && !g.TransB && g.Ldb == g.N && g.Alpha == 1 && (g.Beta == 0 || g.Beta == 1) && FourSteps.IsSupported<V>();

    /// <summary>C = epilogue(A B + beta C), if it takes the product. Apart, so that others do not pay for it.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static bool TryRun<V, R, TEpilogue>(in GemmArguments g, ref TEpilogue epilogue)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
        where TEpilogue : struct, IEpilogue
    {
        if (!Takes<V>(in g))
            return false;
        Run<V, R, TEpilogue>(in g, ref epilogue, new Block(0, g.M, 0, g.N));
        return true;
    }

    /// <summary>C = epilogue(A B + beta C) for a share of the rows.</summary>
    public static void Run<V, R, TEpilogue>(in GemmArguments g, ref TEpilogue epilogue, Block share)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
        where TEpilogue : struct, IEpilogue
    {
        if (Tiers.HasHalf<V>() && g.N <= V.Count / (2 * Steps))
        {
            var half = new HalfVectors<TEpilogue>(in g, ref epilogue, share);
            Tiers.DispatchHalf(ref half);
        }
        else
        {
            Share<V, R, TEpilogue>(in g, ref epilogue, share);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Share<V, R, TEpilogue>(in GemmArguments g, ref TEpilogue epilogue, Block share)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
        where TEpilogue : struct, IEpilogue
    {
        int rest = g.K % Steps, columns = g.N, count = Steps * columns;
        nint lda = g.Lda, ldc = g.Ldc, groups = g.K / Steps;
        // A whole vector may be read as long as it ends inside B.
        nint whole = Math.Min(groups, ((((nint)g.K * columns) - V.Count) / count) + 1);
        float* sums = stackalloc float[(QuadKernel.MaxRows + 1) * V.Count];
        sums = (float*)(((nuint)sums + (nuint)(V.Count * sizeof(float)) - 1) & ~((nuint)(V.Count * sizeof(float)) - 1));
        float* lastOfB = stackalloc float[V.Count], lastOfA = stackalloc float[QuadKernel.MaxRows * Steps];
        V lanes = V.IndicesInt;
        R turned = V.Unwrap(V.AddInt(V.ShiftRightLogicalInt(lanes, 2), V.MultiplyInt(lanes & V.CreateInt(Steps - 1), V.CreateInt(columns))));
        if (rest > 0)
            V.StoreRegister(V.PermuteRegister(V.Unwrap(V.LoadPartial(g.B + (groups * count), rest * columns)), turned), lastOfB);
        for (nint done = 0, height; done < share.Rows; done += height)
        {
            height = Math.Min(share.Rows - done, QuadKernel.MaxRows);
            nint row = share.Row + done;
            float* a = g.A + (row * lda), c = g.C + (row * ldc);
            bool accumulate = g.Beta == 1;
            if (accumulate)
                QuadProduct.Spread<V>(c, ldc, (int)height, columns, 1, sums, V.Count);
            QuadKernel.RunInPlace<V, R>((int)height, groups, whole, a, lda, g.B, count, turned, sums, accumulate);
            if (rest > 0)
                QuadProduct.Rest<V, R>(rest, (int)height, a + (groups * Steps), lda, lastOfB, 1, sums, V.Count, isLast: done + height == share.Rows, lastOfA);
            QuadProduct.Fold<V, R, TEpilogue>(ref epilogue, sums, V.Count, row, (int)height, 0, columns, 1, c, ldc);
        }
    }

    private readonly ref struct HalfVectors<TEpilogue>(in GemmArguments g, ref TEpilogue epilogue, Block share) : IRegisterAction
        where TEpilogue : struct, IEpilogue
    {
        private readonly ref readonly GemmArguments _g = ref g;
        private readonly ref TEpilogue _epilogue = ref epilogue;

        public void Invoke<V, R>()
            where V : struct, IVectorF32<V>, IRegisters<V, R>
            where R : struct => Share<V, R, TEpilogue>(in _g, ref _epilogue, share);
    }
}
