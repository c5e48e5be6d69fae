using System.Runtime.CompilerServices;
using Backprop.Simd.Internal.Elementwise;
using Backprop.Simd.Internal.MatrixProduct;
using Backprop.Simd.Internal.Simd;

namespace Backprop.Simd.Internal.Layers;

/// <summary>The gradient of a weight, as soon as its sum is finished, becomes its update and is never stored.</summary>
internal readonly unsafe struct UpdateEpilogue<TOperation>(TOperation operation, float* parameters, float* first, float* second, nint stride) : IEpilogue
    where TOperation : struct, IUpdateOperation
{
    public static bool StoresC
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => false;
    }

    /// <summary>Those of a low tile; the formula of an optimizer with state is too long (see <see cref="Activations.IActivation.SumsInRegisters"/>).</summary>
    public static int SumsInRegisters
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => TOperation.States == 0 ? 14 : 0;
    }

    public static bool HasArray
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => true;
    }

    public float* PlaceInArray(nint row, nint column, out nint ld)
    {
        ld = stride;
        return Parameters(row) + column;
    }

    /// <summary>A row of the weights.</summary>
    public float* Parameters(nint row) => parameters + (row * stride);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Apply<V>(V sums, nint row, nint column, int count)
        where V : struct, IVectorF32<V>
    {
        nint at = (row * stride) + column;
        float* p = parameters + at, s = first + at, t = second + at;
        V one = V.Create(0f), two = one;
        if (count == V.Count)
        {
            Apply(V.Load(p), sums, at);
        }
        else
        {
            if (TOperation.States > 0)
                one = V.LoadPartial(s, count);
            if (TOperation.States > 1)
                two = V.LoadPartial(t, count);
            V.StorePartial(operation.Update(V.LoadPartial(p, count), sums, ref one, ref two), p, count);
            if (TOperation.States > 0)
                V.StorePartial(one, s, count);
            if (TOperation.States > 1)
                V.StorePartial(two, t, count);
        }

        return sums;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store<V>(V sums, nint row, nint column, float* c)
        where V : struct, IVectorF32<V>
    {
        nint at = (row * stride) + column;
        Apply(V.Load(parameters + at), sums, at);
    }

    /// <summary>Updates a vector of weights that is loaded already; <paramref name="at"/> is its place in the matrix.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Apply<V>(V weights, V gradient, nint at)
        where V : struct, IVectorF32<V>
    {
        V one = TOperation.States > 0 ? V.Load(first + at) : V.Create(0f), two = TOperation.States > 1 ? V.Load(second + at) : V.Create(0f);
        V.Store(operation.Update(weights, gradient, ref one, ref two), parameters + at);
        if (TOperation.States > 0)
            V.Store(one, first + at);
        if (TOperation.States > 1)
            V.Store(two, second + at);
    }
}
