using Backprop.Simd.Internal.Memory;

namespace Backprop.Simd.Internal.MatrixProduct;

/// <summary>The memory that a product packs its panels in, one slice for each thread. It only grows.</summary>
internal sealed unsafe class GemmScratch
{
    private const int CacheLineFloats = 16;

    [ThreadStatic]
    private static GemmScratch? t_ofThisThread;

    private AlignedBuffer? _buffer;
    private int _floatsPerThread;
    private int _threads;

    /// <summary>For whoever has none of its own.</summary>
    public static GemmScratch OfThisThread => t_ofThisThread ??= new GemmScratch();

    /// <summary>Makes room; allocates only if there was less before.</summary>
    public void Reserve(int floatsPerThread, int threads)
    {
        if (floatsPerThread <= _floatsPerThread && threads <= _threads)
            return;
        _floatsPerThread = Math.Max(_floatsPerThread, checked(floatsPerThread + CacheLineFloats - 1) / CacheLineFloats * CacheLineFloats);
        _threads = Math.Max(_threads, threads);
        _buffer = new AlignedBuffer(checked(_floatsPerThread * _threads));
    }

    /// <summary>The slice of one thread, aligned to a cache line. This object must be kept alive while it is used.</summary>
    public float* Pointer(int thread) => _buffer is null ? null : _buffer.Pointer + ((nint)thread * _floatsPerThread);
}
