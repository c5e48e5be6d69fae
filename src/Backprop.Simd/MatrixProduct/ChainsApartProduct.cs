using System.Runtime.CompilerServices;
using Backprop.Simd.Internal.Simd;

namespace Backprop.Simd.Internal.MatrixProduct;

/// <summary>C = op(A) B of more columns than one vector and at most two, one chain after the other: order B.</summary>
/// <remarks>
/// The tile is that of order A, over every fourth step, with two vectors of columns, where four chains at a time leave registers for one: it loads two thirds as much. The sums
/// of the chains wait in the L1 cache until they are added.
/// </remarks>
internal static unsafe class ChainsApartProduct
{
    private const int Chains = 4;
    private const int Vectors = 2;

    // Whose sums share the L1 cache with A and B. (AVX2 on Zen 3, 12: 784 x 64 x 16 X^T dY -20 %, 32 x 64 x 16 -9 %.)
    private const int MaxRows = 48;

    /// <summary>alpha must be 1, and B as it lies.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public static void Run<V, R, TEpilogue>(in GemmArguments g, ref TEpilogue epilogue, Block share)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
        where TEpilogue : struct, IEpilogue
    {
        int n = g.N, pitch = Vectors * V.Count;
        float* sums = stackalloc float[(Chains * MaxRows * pitch) + V.Count];
        sums = (float*)(((nuint)sums + (nuint)(V.Count * sizeof(float)) - 1) & ~((nuint)(V.Count * sizeof(float)) - 1));
        float* tile = stackalloc float[TEpilogue.StoresC ? 0 : MaxRows * n];
        nint ldc = TEpilogue.StoresC ? g.Ldc : n, lda = g.Lda, ldb = g.Ldb, rowStride = g.TransA ? 1 : lda, stepStride = g.TransA ? lda : 1;
        EvenParts heights = GemmBlocking.TilesOfRows(share.Rows, Vectors, low: false);
        for (nint part = 0, tiles; part < heights.Count; part += tiles)
        {
            int height = heights.SizeOf(part);
            tiles = Math.Min(MaxRows / height, heights.Alike(part));
            nint row = share.Row + heights.StartOf(part), rows = tiles * height;
            float* c = TEpilogue.StoresC ? g.C + (row * ldc) : tile;
            bool accumulate = TileRows.Begin<V>(g.Beta, c, ldc, rows, n);
            if (accumulate)
                TileRows.Copy<V>(c, ldc, sums, pitch, rows, n);
            for (int chain = 0; chain < Chains; chain++)
            {
                TileKernel.Run<V, R>(height, Vectors, new()
                {
                    A = g.A + (row * rowStride) + (chain * stepStride),
                    RowStride = rowStride,
                    TileStride = height * rowStride,
                    StepStride = Chains * stepStride,
                    B = g.B + (chain * ldb),
                    Ldb = Chains * ldb,
                    C = sums + (chain * rows * pitch),
                    Ldc = pitch,
                    LastVector = n - V.Count,
                    Steps = (g.K - chain + Chains - 1) / Chains,
                    Accumulate = accumulate && chain == 0,
                    RowTiles = tiles,
                    ColumnTiles = 1,
                });
            }

            Fold<V>(sums, rows, pitch, n, c, ldc);
            TileRows.Finish<V, TEpilogue>(ref epilogue, c, ldc, row, 0, rows, n);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Fold<V>(float* sums, nint rows, nint pitch, nint n, float* c, nint ldc)
        where V : struct, IVectorF32<V>
    {
        nint chain = rows * pitch, last = n - V.Count;
        for (nint i = 0; i < rows; i++, sums += pitch, c += ldc)
        {
            V.Store(Sum<V>(sums, chain), c);
            V.Store(Sum<V>(sums + last, chain), c + last);
        }
    }

    /// <summary>The tree over the chains, whose sums lie so many floats apart.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Sum<V>(float* sums, nint chain)
        where V : struct, IVectorF32<V> =>
        (V.Load(sums) + V.Load(sums + (2 * chain))) + (V.Load(sums + chain) + V.Load(sums + (3 * chain)));
}
