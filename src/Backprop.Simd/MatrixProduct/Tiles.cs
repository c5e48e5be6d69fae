namespace Backprop.Simd.Internal.MatrixProduct;

/// <summary>What <see cref="TileKernel"/> runs on: tiles, all alike, that lie side by side in C and in B and one below the other in C and in A.</summary>
internal unsafe struct Tiles
{
    /// <summary>Element (i, p) of A is at A[i * RowStride + p * StepStride].</summary>
    public required float* A;
    public required nint RowStride;
    public required nint StepStride;

    /// <summary>From A to that of the next tile below.</summary>
    public required nint TileStride;

    public required float* B;
    public required nint Ldb;

    /// <summary>Where the columns of B are packed, rows of as many vectors as the tile has, or null; if not null, there is one tile.</summary>
    public float* Panel;

    /// <summary>
    /// Sixteen rows that a tile of one vector turns into those of B on the way, or null; if not null, there is one tile, without an epilogue (NativeAOT would keep each: 0.2 of 9.5 MB). Steps that it does not turn are there before:
    /// the first <see cref="TileKernel.StepsTurnedBefore"/>, and the last ones if k does not end with four.
    /// </summary>
    public float* Turned;
    public nint LdOfTurned;

    public required float* C;
    public required nint Ldc;

    /// <summary>
    /// From the first vector of a tile to the last, in B and in C, where there are several: less than their number tells if the columns do not fill them. The
    /// last then shares columns with its neighbour, and both compute the same bits.
    /// </summary>
    public required nint LastVector;

    public required nint Steps;

    /// <summary>If not, the sums start from +0 and C is not read.</summary>
    public required bool Accumulate;

    /// <summary>Whether each tile of A and of B lies packed, without gaps and in full vectors.</summary>
    public bool InPanels;

    /// <summary>Whether B, in place, is asked for some rows ahead; then there is one tile.</summary>
    public bool AsksForB;

    /// <summary>Whether many tiles in a call ask for the C of tiles further along the row, which they will write; for that of the next one below if A and B lie packed or with 32 registers; there for what their epilogue updates, if there is such.</summary>
    public bool AsksForC;

    /// <summary>What is asked for on the way, or null; if not null, there is one tile.</summary>
    public Ahead* Ahead;

    /// <summary>Where the first tile lies in C, for an epilogue.</summary>
    public nint Row;
    public nint Column;

    /// <summary>A call costs tens of cycles, so that short tiles want to be many.</summary>
    public required nint RowTiles;
    public required nint ColumnTiles;
}
