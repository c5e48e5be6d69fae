using System.Runtime.CompilerServices;
using Backprop.Simd.Internal.Simd;

namespace Backprop.Simd.Internal.MatrixProduct;

/// <summary>C = A^T B of few columns as C^T = B^T A, so that lanes are rows of C, of which there are enough: order B.</summary>
/// <remarks>
/// A^T lies in memory as that product wants its right operand: a row of it is one step of many rows of C. The tile is that of order A, over every fourth step: one chain after
/// the other, and their sums wait in the L1 cache; or, of few steps, the four chains run at the same time. Which of the chains run at the same time shows in no bit.
/// </remarks>
internal static unsafe class RowLanesProduct
{
    private const int Vectors = 2;

    // Sums that share the L1 cache with A.
    private const int MaxSums = 4096;
    private const int StepsOfOneCall = 512;

    /// <summary>The rows must fill a vector.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public static void Run<V, R, TChains, TEpilogue>(in GemmArguments g, ref TEpilogue epilogue, Block share, float* scratch)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
        where TChains : unmanaged
        where TEpilogue : struct, IEpilogue
    {
        int n = g.N, tileRows = Vectors * V.Count;
        // A call of the kernel does several tiles of one chain, unless they are long or have to be copied. (512 x 128 x 10: +20 %, 64 x 32 x 10: +40 %.)
        int tilesAtOnce = g.Alpha == 1 && g.K <= StepsOfOneCall ? MaxSums / (sizeof(TChains) * n * tileRows) : 1, maxRows = tilesAtOnce * tileRows;
        float* sums = stackalloc float[MaxSums + V.Count];
        sums = (float*)(((nuint)sums + (nuint)(V.Count * sizeof(float)) - 1) & ~((nuint)(V.Count * sizeof(float)) - 1));
        float* tile = stackalloc float[TEpilogue.StoresC ? 0 : maxRows * n];
        nint ldc = TEpilogue.StoresC ? g.Ldc : n;
        bool fourAtOnce = sizeof(TChains) == FourChainKernel.Chains && GemmBlocking.RunsChainsTogether<V>(in g);

        // Rows that fill no vector: a few apart; more in a tile that ends with the last of them, and computes others again, which it does not store.
        nint few = share.Rows % V.Count < n ? share.Rows % V.Count : 0, end = share.Rows - few;
        if (few > 0)
            FourChainProduct.Run<V, R, TEpilogue>(in g, ref epilogue, new Block(share.Row + end, few, share.Column, share.Columns), scratch);
        for (nint done = 0; done < end;)
        {
            nint left = end - done;
            int tiles = (int)Math.Clamp(left / tileRows, 1, tilesAtOnce), vectors = left > V.Count && end >= tileRows ? Vectors : 1, width = tiles * vectors * V.Count;
            nint start = Math.Min(done, end - width), again = done - start, rows = width - again;
            nint row = share.Row + done, rowOfA = g.Lda;
            float* a = g.A + share.Row + start;
            if (g.Alpha != 1)
            {
                TileRows.Scale<V>(g.Alpha, a, rowOfA, scratch, width, g.K, width);
                a = scratch;
                rowOfA = width;
            }

            float* c = TEpilogue.StoresC ? g.C + (row * ldc) : tile;
            bool accumulate = TileRows.Begin<V>(g.Beta, c, ldc, rows, n);
            if (accumulate)
                Packing.Transposed<V>(c - (again * ldc), ldc, n, width, sums, width);
            if (fourAtOnce)
            {
                FourAtOnce<V, R>(in g, a, rowOfA, width, sums, accumulate);
            }
            else
            {
                Chains<V, R, TChains>(in g, a, rowOfA, vectors, tiles, sums, accumulate);
                if (sizeof(TChains) > 1)
                    Fold<V>(sums, n * width);
            }

            Packing.Transposed<V>(sums + again, width, rows, n, c, ldc);
            TileRows.Finish<V, TEpilogue>(ref epilogue, c, ldc, row, 0, rows, n);
            done += rows;
        }
    }

    /// <summary>sums[chain, j, i] = what the chain adds to C[i, j].</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Chains<V, R, TChains>(in GemmArguments g, float* a, nint lda, int vectors, int tiles, float* sums, bool accumulate)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
        where TChains : unmanaged
    {
        nint ldb = g.Ldb, width = tiles * vectors * V.Count;
        EvenParts heights = GemmBlocking.TilesOfRows(g.N, vectors, low: false);
        for (int chain = 0; chain < sizeof(TChains); chain++)
        {
            nint steps = (g.K - chain + sizeof(TChains) - 1) / sizeof(TChains);
            for (int part = 0; part < heights.Count; part++)
            {
                nint column = heights.StartOf(part);
                TileKernel.Run<V, R>(heights.SizeOf(part), vectors, new()
                {
                    A = g.B + (chain * ldb) + column,
                    RowStride = 1,
                    TileStride = heights.SizeOf(part),
                    StepStride = sizeof(TChains) * ldb,
                    B = a + (chain * lda),
                    Ldb = sizeof(TChains) * lda,
                    C = sums + (((chain * g.N) + column) * width),
                    Ldc = width,
                    LastVector = (vectors - 1) * V.Count,
                    Steps = steps,
                    Accumulate = accumulate && chain == 0,
                    RowTiles = 1,
                    ColumnTiles = tiles,
                });
            }
        }
    }

    /// <summary>sums[j, i] = C[i, j], the four chains of a sum at the same time: of few steps, their sums would cost more than the arithmetic if each were stored.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void FourAtOnce<V, R>(in GemmArguments g, float* a, nint lda, nint width, float* sums, bool accumulate)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
    {
        float* tail = stackalloc float[3 * V.Count];
        nint groups = g.K / 4, ldb = g.Ldb;
        int rest = g.K % 4;
        EvenParts heights = new(g.N, GemmBlocking.FourChainRows);
        for (nint lane = 0; lane < width; lane += V.Count)
        {
            if (rest > 0)
                Packing.Rows<V>(a + (4 * groups * lda) + lane, lda, rest, V.Count, tail, V.Count);
            for (nint part = 0; part < heights.Count; part++)
            {
                nint column = heights.StartOf(part);
                FourChainKernel.Run<V, R>(heights.SizeOf(part), g.B + column, 1, ldb, groups, a + lane, lda, rest, tail, sums + (column * width) + lane, width, V.Count, accumulate, tiles: 1);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Fold<V>(float* sums, nint floats)
        where V : struct, IVectorF32<V>
    {
        for (nint i = 0; i < floats; i += V.Count)
            V.Store(ChainsApartProduct.Sum<V>(sums + i, floats), sums + i);
    }
}
