using System.Runtime.CompilerServices;
using Backprop.Simd.Internal.Simd;

namespace Backprop.Simd.Internal.MatrixProduct;

/// <summary>What the next tiles will read from beyond the L2 cache: a tile asks for it, a few lines at a time, while it computes.</summary>
/// <remarks>
/// The rows of C and of a panel of B are a few cache lines each, far apart: the CPU's own prefetchers do not see them coming. Asked for all at once, they
/// would keep what the tile itself loads waiting. (1024 x 1024 x 1024: +3 % by C, +2 % by B.)
/// </remarks>
internal unsafe struct Ahead(int vectors)
{
    /// <summary>A tile calls <see cref="Next"/> each time that it has added so many steps.</summary>
    public const int StepsBetween = 32;

    private readonly nint _vectors = vectors;
    private float* _c;
    private nint _ldc;
    private nint _rowsOfC;
    private nint _rowsOfCAtOnce;
    private float* _b;
    private nint _ldb;
    private nint _rowsOfBAtOnce;

    /// <summary>Rows of C that the next tile starts from or writes, or of what this one's epilogue updates, over the time that one of so many steps takes.</summary>
    public void ExpectC(float* c, nint ldc, nint rows, nint steps)
    {
        nint calls = Math.Max((steps - 1) / StepsBetween, 1);
        _c = c;
        (_ldc, _rowsOfC, _rowsOfCAtOnce) = (ldc, rows, (rows + calls - 1) / calls);
    }

    /// <summary>Rows of a panel of B, over the time that so many tiles of so many steps take; none if there is no next panel.</summary>
    public void ExpectB(float* b, nint ldb, nint rows, nint tiles)
    {
        nint calls = Math.Max(tiles * ((rows - 1) / StepsBetween), 1);
        _b = b;
        (_ldb, _rowsOfBAtOnce) = (ldb, (rows + calls - 1) / calls);
    }

    /// <summary>Asks for a row of C and for a few of B. (It may ask for a few rows too many, and for columns that are not there: that does no harm.)</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Next<V>()
        where V : struct, IVectorF32<V>
    {
        for (nint i = Math.Min(_rowsOfC, _rowsOfCAtOnce); i > 0; i--)
        {
            for (nint j = 0; j < _vectors * V.Count; j += GemmBlocking.CacheLineFloats)
                Prefetch.Near(_c + j);
            Prefetch.Near(_c + (_vectors * V.Count) - 1);
            _c += _ldc;
            _rowsOfC--;
        }

        for (nint i = _rowsOfBAtOnce; i > 0; i--)
        {
            for (nint j = 0; j < _vectors * V.Count; j += GemmBlocking.CacheLineFloats)
                Prefetch.Far(_b + j);
            Prefetch.Far(_b + (_vectors * V.Count) - 1);
            _b += _ldb;
        }
    }
}
