namespace Backprop.Simd.Internal.Memory;

/// <summary>Keeps returned buffers for the next trainer or predictor, so that making them again and again does not feed the large-object heap.</summary>
internal static class BufferPool
{
    private const int MaximumBuffers = 32;
    private const long MaximumRetainedFloats = 64L << 20;

    private static readonly Lock s_gate = new();
    private static readonly List<AlignedBuffer> s_free = [];
    private static long s_retained;

    /// <summary>A buffer of at least <paramref name="length"/> floats, all +0.</summary>
    public static AlignedBuffer Rent(int length)
    {
        AlignedBuffer? found = Take(length);
        if (found is null)
            return new AlignedBuffer(length);
        found.Span.Clear();
        return found;
    }

    /// <summary>Gives a buffer back; nobody may use it afterwards.</summary>
    public static void Return(AlignedBuffer buffer)
    {
        lock (s_gate)
        {
            if (s_free.Count == MaximumBuffers || s_retained + buffer.Length > MaximumRetainedFloats)
                return;
            s_free.Add(buffer);
            s_retained += buffer.Length;
        }
    }

    // The smallest that fits, unless more than half of it would lie idle.
    private static AlignedBuffer? Take(int length)
    {
        lock (s_gate)
        {
            int best = -1;
            for (int i = 0; i < s_free.Count; i++)
            {
                int candidate = s_free[i].Length;
                if (candidate >= length && candidate / 2 <= length && (best < 0 || candidate < s_free[best].Length))
                    best = i;
            }

            if (best < 0)
                return null;
            AlignedBuffer buffer = s_free[best];
            s_free.RemoveAt(best);
            s_retained -= buffer.Length;
            return buffer;
        }
    }
}
