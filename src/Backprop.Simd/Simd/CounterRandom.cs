using System.Runtime.CompilerServices;

namespace Backprop.Simd.Internal.Simd;

/// <summary>The one random generator: a keyed hash of a counter, so that any draw can be computed alone, in any order, on any thread.</summary>
/// <remarks>
/// <para>Draw(counter) = mix(mix(counter xor key0) + key1) on 32-bit integers that wrap around, where key0 and key1 are the low and high halves of the key and
/// mix(x): x ^= x >> 16; x *= 0x7FEB352D; x ^= x >> 15; x *= 0x846CA68B; x ^= x >> 16 (the multipliers and shifts are C. Wellons' "lowbias32").</para>
/// <para>Uniform: (Draw >> 8) 2^-24, in [0, 1). Below(n): (Draw n) >> 32; no value of it is favoured by more than n 2^-32.</para>
/// <para>Derive(seed, stream): the finaliser of SplitMix64 (Steele, Lea, Flood 2014) on seed + (stream + 1) 0x9E3779B97F4A7C15.</para>
/// </remarks>
internal readonly struct CounterRandom(ulong key)
{
    private const int Multiplier1 = 0x7FEB352D;
    private const int Multiplier2 = unchecked((int)0x846CA68B);

    private readonly int _key0 = unchecked((int)key);
    private readonly int _key1 = unchecked((int)(key >> 32));

    /// <summary>A key for a sub-stream; streams of one seed are independent.</summary>
    public static ulong Derive(ulong seed, ulong stream)
    {
        ulong z = unchecked(seed + ((stream + 1) * 0x9E3779B97F4A7C15ul));
        z = unchecked((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ul);
        z = unchecked((z ^ (z >> 27)) * 0x94D049BB133111EBul);
        return z ^ (z >> 31);
    }

    /// <summary>32 random bits in each lane, for the counters in the integer lanes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Draw<V>(V counters)
        where V : struct, IVectorF32<V> =>
        Mix(V.AddInt(Mix(counters ^ V.CreateInt(_key0)), V.CreateInt(_key1)));

    /// <summary>32 random bits for one counter.</summary>
    public uint Draw(uint counter) => unchecked(Mix(Mix(counter ^ (uint)_key0) + (uint)_key1));

    /// <summary>In [0, 1), a multiple of 2^-24.</summary>
    public float Uniform(uint counter) => (Draw(counter) >> 8) * (1f / (1 << 24));

    /// <summary>An integer from 0 to <paramref name="bound"/> - 1.</summary>
    public int Below(uint counter, int bound) => (int)(((ulong)Draw(counter) * (uint)bound) >> 32);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V Mix<V>(V x)
        where V : struct, IVectorF32<V>
    {
        x ^= V.ShiftRightLogicalInt(x, 16);
        x = V.MultiplyInt(x, V.CreateInt(Multiplier1));
        x ^= V.ShiftRightLogicalInt(x, 15);
        x = V.MultiplyInt(x, V.CreateInt(Multiplier2));
        return x ^ V.ShiftRightLogicalInt(x, 16);
    }

    private static uint Mix(uint x)
    {
        x ^= x >> 16;
        x = unchecked(x * (uint)Multiplier1);
        x ^= x >> 15;
        x = unchecked(x * (uint)Multiplier2);
        return x ^ (x >> 16);
    }
}
