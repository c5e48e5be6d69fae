namespace Backprop.Simd.Internal.MatrixProduct;

/// <summary>A rectangle of C: one thread's share.</summary>
internal readonly record struct Block(nint Row, nint Rows, nint Column, nint Columns)
{
    /// <summary>How many pieces of memory it is in a matrix with rows of <paramref name="stride"/> values, one after the other: whole rows are one.</summary>
    public nint Pieces(nint stride) => Columns == stride ? 1 : Rows;

    /// <summary>Values of each piece.</summary>
    public nint PieceLength(nint stride) => Columns == stride ? Rows * stride : Columns;

    /// <summary>Where a piece begins.</summary>
    public nint PieceStart(nint piece, nint stride) => ((Row + piece) * stride) + Column;
}
