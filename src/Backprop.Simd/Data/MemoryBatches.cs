namespace Backprop.Simd.Internal.Data;

/// <summary>Batches of examples that are in memory.</summary>
internal sealed class MemoryBatches(Dataset dataset, int size) : BatchReader(size)
{
    private readonly Batch _batch = new(dataset, size);

    public override Batch Read(int[] order, int start)
    {
        _batch.Gather(Part(order, start));
        return _batch;
    }

    public override void Dispose()
    {
    }
}
