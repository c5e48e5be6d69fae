using System.Runtime.CompilerServices;

namespace Backprop.Simd.Internal.MatrixProduct;

/// <summary>Tiles side by side: as many whole vectors as there are, in nearly equal widths, and last a tile with the columns that do not fill a vector.</summary>
internal readonly struct TileColumns
{
    private readonly EvenParts _whole;
    private readonly int _lanes;
    private readonly int _lastWidth;

    /// <param name="columns">Columns in all.</param>
    /// <param name="lanes">Of a vector.</param>
    /// <param name="maxWidth">Vectors of a tile, 2 to 4. The last tile has at most 2: of wider ones, too much would take the longer way.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TileColumns(nint columns, int lanes, int maxWidth)
    {
        nint vectors = (nint)((uint)columns / (uint)lanes), rest = columns - (vectors * lanes);
        bool joinsRest = rest > 0 && (vectors == 1 || (maxWidth == 2 && nint.IsOddInteger(vectors)));
        _lanes = lanes;
        _lastWidth = rest == 0 ? 0 : joinsRest ? 2 : 1;
        _whole = new EvenParts(joinsRest ? vectors - 1 : vectors, maxWidth);
    }

    /// <summary>Tiles that fill their vectors; they come first.</summary>
    public nint WholeCount => _whole.Count;

    public nint Count => _whole.Count + (_lastWidth > 0 ? 1 : 0);

    /// <summary>In vectors.</summary>
    public int Widest => Math.Max(_whole.Largest, _lastWidth);

    public nint ColumnOf(nint tile) => _whole.StartOf(tile) * _lanes;

    /// <summary>In vectors.</summary>
    public int WidthOf(nint tile) => tile < _whole.Count ? _whole.SizeOf(tile) : _lastWidth;

    /// <summary>How many whole tiles from this one on are as wide as it.</summary>
    public nint Alike(nint tile) => _whole.Alike(tile);
}
