using Backprop.Simd.Internal.Simd;

namespace Backprop.Simd.Internal.MatrixProduct;

/// <summary>C gets the sums, and no cache does.</summary>
internal readonly struct StoreAroundCaches : IEpilogue
{
    public V Apply<V>(V sums, nint row, nint column, int count)
        where V : struct, IVectorF32<V> => sums;

    public unsafe void Store<V>(V sums, nint row, nint column, float* c)
        where V : struct, IVectorF32<V> => NonTemporal.Store(sums, c);
}
