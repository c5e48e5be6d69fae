using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Backprop.Simd.Internal.Simd;

/// <summary>Stores of whole cache lines that memory gets without being read first, and no cache keeps.</summary>
internal static unsafe class NonTemporal
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsSupported<V>()
        where V : struct, IVectorF32<V> => typeof(V) == typeof(F32x8) && Sse.IsSupported;

    /// <summary>The destination is aligned to the vector, and the rest of its cache line follows soon.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store<V>(V value, float* destination)
        where V : struct, IVectorF32<V>
    {
        if (IsSupported<V>())
            Unsafe.BitCast<V, Vector256<float>>(value).StoreAlignedNonTemporal(destination);
        else
            V.Store(value, destination);
    }

    /// <summary>From here on all threads see what was stored, in the order in which they see what is stored later.</summary>
    public static void Fence()
    {
        if (Sse.IsSupported)
            Sse.StoreFence();
    }
}
