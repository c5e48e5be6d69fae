namespace Backprop.Simd.Internal.MatrixProduct;

/// <summary>Rows, or vectors of columns, in parts of nearly equal size, the larger first: 37 rows are 13 + 12 + 12, not 14 + 14 + 9.</summary>
internal readonly struct EvenParts
{
    private readonly int _small;
    private readonly int _largeParts;

    public EvenParts(nint whole, int maxSize)
    {
        // Divisions of 32 bits, and none for one part: small products feel them.
        if (whole <= maxSize)
        {
            Count = whole == 0 ? 0 : 1;
            _small = (int)whole;
            return;
        }

        uint count = ((uint)whole + (uint)maxSize - 1) / (uint)maxSize;
        uint small = (uint)whole / count;
        Count = (int)count;
        _small = (int)small;
        _largeParts = (int)((uint)whole - (small * count));
    }

    public int Count { get; }

    public int Largest => SizeOf(0);

    public int SizeOf(nint part) => part < _largeParts ? _small + 1 : _small;

    public nint StartOf(nint part) => (part * _small) + Math.Min(part, _largeParts);

    /// <summary>How many parts from this one on are as large as it.</summary>
    public nint Alike(nint part) => (part < _largeParts ? _largeParts : Count) - part;
}
