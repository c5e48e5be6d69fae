using Backprop.Simd.Internal.Simd;

namespace Backprop.Simd.Internal.Layers;

/// <summary>Work on a batch column by column, with a column in each lane.</summary>
internal interface IColumns
{
    /// <summary>From <paramref name="column"/> on, <paramref name="count"/> columns.</summary>
    void Invoke<V, P>(nint column, int count)
        where V : struct, IVectorF32<V>
        where P : struct, IPart;
}

/// <summary>Splits the columns into vectors.</summary>
internal static class ColumnGroups
{
    /// <remarks>
    /// Four vectors at a time: sums over rows are chains, of which one need not wait for another, and what is read together lies together.
    /// (Zen 4, BatchNorm of 1,024 columns and 128 rows: 200 to 85 us a step; of 256 and 64: 9.4 to 6.4; with AVX2 330 to 120 and 17 to 8.)
    /// </remarks>
    public static void Each<V, TColumns>(ref TColumns columns, int size)
        where V : struct, IVectorF32<V>
        where TColumns : struct, IColumns
    {
        nint column = 0;
        for (; column <= size - Pair<Pair<V>>.Count; column += Pair<Pair<V>>.Count)
            columns.Invoke<Pair<Pair<V>>, WholeVector>(column, Pair<Pair<V>>.Count);
        for (; column <= size - V.Count; column += V.Count)
            columns.Invoke<V, WholeVector>(column, V.Count);
        if (column < size)
            columns.Invoke<V, PartialVector>(column, size - (int)column);
    }
}
