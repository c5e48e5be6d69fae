namespace Backprop.Simd.Data;

/// <summary>Numbers of which nobody knows yet how many they are; growing copies nothing.</summary>
internal sealed class FloatList : IFloatSink
{
    private const int ChunkLength = 1 << 14;

    private readonly List<float[]> _full = [];
    private float[] _chunk = new float[ChunkLength];
    private int _used;

    public long Count => ((long)_full.Count * ChunkLength) + _used;

    public void Add(float value)
    {
        if (_used == ChunkLength)
        {
            _full.Add(_chunk);
            _chunk = new float[ChunkLength];
            _used = 0;
        }

        _chunk[_used++] = value;
    }

    public float[] ToArray()
    {
        float[] all = new float[Count];
        for (int i = 0; i < _full.Count; i++)
            _full[i].CopyTo(all, i * ChunkLength);
        _chunk.AsSpan(0, _used).CopyTo(all.AsSpan(_full.Count * ChunkLength));
        return all;
    }
}
