using Backprop.Simd.Internal.Simd;

namespace Backprop.Simd.Internal.MatrixProduct;

/// <summary>What happens to each finished element of C.</summary>
/// <remarks>
/// A few instructions: longer work waits for <see cref="IAfterShare"/>. It is applied to the sums of a tile in their registers, or, if that takes too many instructions or a tile ends in a part of a vector,
/// to its rows right after they were stored, while they are in the L1 cache.
/// </remarks>
internal interface IEpilogue
{
    /// <summary>Whether C simply gets the sums: a JIT constant.</summary>
    static virtual bool DoesNothing => false;

    /// <summary>How many sums at most a tile has that applies it while they are in registers: a JIT constant. See <see cref="Activations.IActivation.SumsInRegisters"/>.</summary>
    static virtual int SumsInRegisters => 0;

    /// <summary>
    /// Whether C gets what <see cref="Apply{V}"/> returns: a JIT constant. If not, the sums are all there is: C is neither read nor written and may be null, beta
    /// is 0, and what Apply returns means nothing. Each element is handed over once, when all of k has been added; if C is stored, the same sums may be handed over again.
    /// </summary>
    static virtual bool StoresC => true;

    /// <summary>Whether <see cref="Apply{V}"/> reads and writes an array of its own in the shape of C: a JIT constant.</summary>
    static virtual bool HasArray => false;

    /// <summary>Where element [row, column] of that array lies, and how far its rows lie apart.</summary>
    unsafe float* PlaceInArray(nint row, nint column, out nint ld) => throw new NotSupportedException();

    /// <summary>Gets the finished sums of C[row, column ..] and returns what C holds instead.</summary>
    /// <param name="sums">The finished elements; lanes from <paramref name="count"/> on mean nothing and must not be stored anywhere.</param>
    /// <param name="row">Row of C, counted over the whole product (a thread's share or a block does not start at 0 again).</param>
    /// <param name="column">Column of C of lane 0, likewise.</param>
    /// <param name="count">Valid lanes: V.Count for full vectors.</param>
    V Apply<V>(V sums, nint row, nint column, int count)
        where V : struct, IVectorF32<V>;

    /// <summary>The same for a full vector, and stores what C holds instead; in few instructions of IL, since tiles inline it for each of their sums.</summary>
    /// <param name="sums">The finished elements.</param>
    /// <param name="row">Row of C.</param>
    /// <param name="column">Column of C of lane 0.</param>
    /// <param name="c">Where C[row, column] lies, if C is stored.</param>
    unsafe void Store<V>(V sums, nint row, nint column, float* c)
        where V : struct, IVectorF32<V>;
}

/// <summary>C gets the sums.</summary>
internal readonly struct NoEpilogue : IEpilogue
{
    public static bool DoesNothing => true;

    public V Apply<V>(V sums, nint row, nint column, int count)
        where V : struct, IVectorF32<V> => sums;

    public unsafe void Store<V>(V sums, nint row, nint column, float* c)
        where V : struct, IVectorF32<V> => V.Store(sums, c);
}
