namespace Backprop.Simd.Internal.MatrixProduct;

/// <summary>Rows in tiles of nearly equal height: 37 rows are 13 + 12 + 12, not 14 + 14 + 9.</summary>
internal readonly struct TileHeights
{
    private readonly nint _low;
    private readonly nint _highTiles;

    public TileHeights(nint rows, nint maxHeight)
    {
        Count = (rows + maxHeight - 1) / maxHeight;
        (_low, _highTiles) = Math.DivRem(rows, Count);
    }

    public nint Count { get; }

    public nint RowOf(nint tile) => (tile * _low) + Math.Min(tile, _highTiles);

    public int HeightOf(nint tile) => (int)(tile < _highTiles ? _low + 1 : _low);

    /// <summary>How many tiles from this one on are as high as it.</summary>
    public nint Alike(nint tile) => (tile < _highTiles ? _highTiles : Count) - tile;
}
