namespace Backprop.Simd.Fuzz;

/// <summary>SplitMix64 (G. Steele, D. Lea, C. Flood 2014): the same inputs on every runtime, from the number of the input alone.</summary>
internal struct FuzzRandom(ulong seed)
{
    private ulong _state = seed * 0xD1342543DE82EF95;

    public ulong Next()
    {
        ulong z = _state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    public int Below(int bound) => (int)(Next() % (ulong)Math.Max(bound, 1));
}
