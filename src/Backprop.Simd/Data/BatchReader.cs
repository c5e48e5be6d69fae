namespace Backprop.Simd.Internal.Data;

/// <summary>Gives the batches of a training, one after another.</summary>
internal abstract class BatchReader(int size) : IDisposable
{
    /// <summary>The batch that begins at a position of the order; valid until the next call.</summary>
    /// <param name="order">The numbers of the examples; may change after its last batch was given.</param>
    /// <param name="start">Below the order's length; the last batch may be smaller.</param>
    public abstract Batch Read(int[] order, int start);

    public abstract void Dispose();

    protected ReadOnlySpan<int> Part(int[] order, int start) => order.AsSpan(start, Math.Min(size, order.Length - start));
}
