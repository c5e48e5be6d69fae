using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Backprop.Simd.Internal.Simd;

/// <summary>Asks for a cache line before it is needed. Any address may be named: nothing is read. Does nothing where .NET has no such instruction.</summary>
internal static unsafe class Prefetch
{
    /// <summary>Into the L1 cache.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Near(float* address)
    {
        if (Sse.IsSupported)
            Sse.Prefetch0(address);
    }

    /// <summary>Into the L2 cache.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Far(float* address)
    {
        if (Sse.IsSupported)
            Sse.Prefetch1(address);
    }
}
