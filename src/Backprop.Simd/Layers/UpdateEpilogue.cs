using System.Runtime.CompilerServices;
using Backprop.Simd.Internal.Elementwise;
using Backprop.Simd.Internal.MatrixProduct;
using Backprop.Simd.Internal.Simd;

namespace Backprop.Simd.Internal.Layers;

/// <summary>The gradient of a weight, as soon as its sum is finished, becomes its update and is never stored: of an optimizer without state, for others are too long for a tile (see <see cref="Activations.IActivation.SumsInRegisters"/>).</summary>
internal readonly unsafe struct UpdateEpilogue<TOperation>(TOperation operation, float* parameters, nint stride) : IEpilogue
    where TOperation : struct, IUpdateOperation
{
    public static bool StoresC
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => false;
    }

    /// <summary>Those of a low tile.</summary>
    public static int SumsInRegisters
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => 14;
    }

    public static bool HasArray
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => true;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float* PlaceInArray(nint row, nint column, out nint ld)
    {
        ld = stride;
        return Place(row, column);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Apply<V>(V sums, nint row, nint column, int count)
        where V : struct, IVectorF32<V>
    {
        float* p = Place(row, column);
        V none = V.Create(0f);
        if (count == V.Count)
            V.Store(operation.Update(V.Load(p), sums, ref none, ref none), p);
        else
            V.StorePartial(operation.Update(V.LoadPartial(p, count), sums, ref none, ref none), p, count);
        return sums;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store<V>(V sums, nint row, nint column, float* c)
        where V : struct, IVectorF32<V>
    {
        float* p = Place(row, column);
        V none = V.Create(0f);
        V.Store(operation.Update(V.Load(p), sums, ref none, ref none), p);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private float* Place(nint row, nint column) => parameters + (row * stride) + column;
}
