namespace Backprop.Simd.Internal.MatrixProduct;

/// <summary>In which order the k products of one element of C are added: docs/summation-orders.md. Part of the same-bits promise.</summary>
internal enum SummationOrder
{
    /// <summary>A: one chain of fused multiply-adds in ascending k, which starts from C's old value or from +0.</summary>
    Chain,

    /// <summary>B: four such chains by k mod 4, added as (0 + 2) + (1 + 3). One chain of a narrow product would wait for the latency of its multiply-adds.</summary>
    FourChains,

    /// <summary>C: 16 lanes by k mod 16, added in halves: for products of so few rows that transposing B would cost more than they do.</summary>
    SixteenLanes,
}

/// <summary>Which product gets which order.</summary>
internal static class SummationOrders
{
    /// <summary>Products with at most this many columns are added in four chains.</summary>
    public const int FourChainsColumns = 16;

    /// <summary>Products A B^T with at most this many rows are added in 16 lanes.</summary>
    public const int SixteenLanesRows = 4;

    /// <summary>The order of a whole product, before any thread gets a share of it.</summary>
    public static SummationOrder Of(bool transA, bool transB, int m, int n)
    {
        if (transB && !transA)
            return m <= SixteenLanesRows ? SummationOrder.SixteenLanes : SummationOrder.Chain;
        return n <= FourChainsColumns ? SummationOrder.FourChains : SummationOrder.Chain;
    }
}
