using System.Runtime.CompilerServices;

namespace Backprop.Simd.Internal.MatrixProduct;

/// <summary>Tiles of nearly equal width side by side. Where the columns do not fill the last vector, it is moved to the left, over columns of its neighbour in the tile.</summary>
internal readonly struct TileColumns
{
    private readonly EvenParts _parts;
    private readonly nint _columns;
    private readonly int _lanes;

    /// <param name="columns">Columns in all.</param>
    /// <param name="vectors">That hold them.</param>
    /// <param name="lanes">Of a vector.</param>
    /// <param name="maxWidth">Vectors of a tile.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TileColumns(nint columns, int vectors, int lanes, int maxWidth)
    {
        _columns = columns;
        _lanes = lanes;
        _parts = new EvenParts(vectors, maxWidth);
    }

    public int Count => _parts.Count;

    /// <summary>In vectors.</summary>
    public int Widest => _parts.Largest;

    /// <summary>Whether the last tile is one vector that is not full: there is no neighbour.</summary>
    public bool EndsInPartOfVector => _columns % _lanes != 0 && _parts.SizeOf(Count - 1) == 1;

    public nint ColumnOf(nint tile) => _parts.StartOf(tile) * _lanes;

    /// <summary>In vectors.</summary>
    public int WidthOf(nint tile) => _parts.SizeOf(tile);

    public nint ColumnsOf(nint tile) => Math.Min(_columns - ColumnOf(tile), WidthOf(tile) * _lanes);

    /// <summary>How many tiles from this one on are as wide as it and full.</summary>
    public nint Alike(nint tile)
    {
        nint alike = _parts.Alike(tile);
        return tile + alike == Count && _columns % _lanes != 0 ? Math.Max(alike - 1, 1) : alike;
    }
}
