namespace Backprop.Simd.Data;

/// <summary>The checksum of zip and gzip: polynomial 0xEDB88320, reflected.</summary>
internal static class Crc32
{
    private static readonly uint[] s_table = MakeTable();

    /// <summary>Goes on from the checksum of what came before; 0 at the start.</summary>
    public static uint Append(uint checksum, ReadOnlySpan<byte> bytes)
    {
        uint state = ~checksum;
        foreach (byte b in bytes)
            state = s_table[(byte)(state ^ b)] ^ (state >> 8);
        return ~state;
    }

    private static uint[] MakeTable()
    {
        const uint Polynomial = 0xEDB88320;
        uint[] table = new uint[256];
        for (uint i = 0; i < table.Length; i++)
        {
            uint state = i;
            for (int bit = 0; bit < 8; bit++)
                state = (state >> 1) ^ ((state & 1) * Polynomial);
            table[i] = state;
        }

        return table;
    }
}
