using System.Runtime.CompilerServices;

namespace Backprop.Simd.Internal.Simd;

/// <summary>How much of a vector is there: a loop over full vectors and the rest after it are one text, and the loop tests nothing.</summary>
internal unsafe interface IPart
{
    static abstract V Load<V>(float* source, int count)
        where V : struct, IVectorF32<V>;

    static abstract void Store<V>(V value, float* destination, int count)
        where V : struct, IVectorF32<V>;
}

/// <summary>All of it; the count is not read.</summary>
internal readonly unsafe struct WholeVector : IPart
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Load<V>(float* source, int count)
        where V : struct, IVectorF32<V> => V.Load(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store<V>(V value, float* destination, int count)
        where V : struct, IVectorF32<V> => V.Store(value, destination);
}

/// <summary>The first <c>count</c> lanes.</summary>
internal readonly unsafe struct PartialVector : IPart
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Load<V>(float* source, int count)
        where V : struct, IVectorF32<V> => V.LoadPartial(source, count);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store<V>(V value, float* destination, int count)
        where V : struct, IVectorF32<V> => V.StorePartial(value, destination, count);
}
