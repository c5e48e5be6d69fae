using Backprop.Simd.Internal.Simd;

namespace Backprop.Simd.Internal.MatrixProduct;

/// <summary>Sizes of tiles and blocks. They move the clock, never the bits.</summary>
internal static class GemmBlocking
{
    /// <summary>KC: steps of k in one block. A panel of B (KC x NR) is 32 KB at 16 lanes, and stays in the L1 cache while the tiles of a column pass over it.</summary>
    public const int StepsPerBlock = 256;

    /// <summary>MC: rows of A in one block, KC x MC = 512 KB, half of a usual L2 cache. Every panel of B is packed once for each such block.</summary>
    public const int RowsPerBlock = 512;

    /// <summary>MR: rows of a tile. 2 MR sums, two vectors of B and a broadcast fill 31 of 32 registers, or 15 of 16.</summary>
    public static int TileRows<V>()
        where V : struct, IVectorF32<V> => Tiers.HasThirtyTwoRegisters ? 14 : 6;

    /// <summary>Rows of a tile of four chains.</summary>
    public static int FourChainRows => Tiers.HasThirtyTwoRegisters ? 6 : 3;

    /// <summary>The floats of packing space that one thread may need for a product with alpha = 1; grows with every size.</summary>
    public static int ScratchFloats(bool transA, bool transB, int m, int n, int k) =>
        SummationOrders.Of(transA, transB, m, n) == SummationOrder.Chain || (transB && !transA)
            ? Math.Min(k, StepsPerBlock) * 2 * MaxLanes
            : 0;

    /// <summary>The floats that one thread needs beyond that for scaling A.</summary>
    public static int ScaledFloats(SummationOrder order, int m, int k) => order switch
    {
        SummationOrder.Chain => Math.Min(m, RowsPerBlock) * Math.Min(k, StepsPerBlock),
        SummationOrder.FourChains => checked(Math.Min(m, FourChainKernel.MaxRows) * k),
        _ => checked(Math.Min(m, DotKernel.MaxRows) * k),
    };

    private static int MaxLanes => Math.Max(16, System.Numerics.Vector<float>.Count);
}
