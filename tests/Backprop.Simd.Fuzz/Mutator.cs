using System.Buffers.Binary;
using System.Text;

namespace Backprop.Simd.Fuzz;

/// <summary>Input number n of a target: one of its good files, changed one to six times.</summary>
internal static class Mutator
{
    private static readonly long[] s_integers = [0, 1, 2, -1, 7, 8, 127, 128, 255, 256, short.MaxValue, ushort.MaxValue, int.MaxValue, int.MinValue, uint.MaxValue, 1L << 40, long.MaxValue, long.MinValue];

    private static readonly string[] s_numbers = ["0", "1", "-1", "2", "3", "00", "1e9", "0.5", "-0", "2147483647", "2147483648", "4294967296", "9223372036854775807", "9223372036854775808", "18446744073709551616", "99999999999999999999999", "1e999", "NaN"];

    public static byte[] Make(Target target, ulong number)
    {
        var random = new FuzzRandom(number);
        byte[] bytes = target.Seeds[random.Below(target.Seeds.Length)];
        for (int changes = 1 + random.Below(1 + random.Below(6)); changes > 0; changes--)
            bytes = Change(bytes, target, ref random);
        return target.Repair is not null && random.Below(2) == 0 ? target.Repair(bytes) : bytes;
    }

    private static byte[] Change(byte[] bytes, Target target, ref FuzzRandom random)
    {
        int at = random.Below(bytes.Length), length = 1 + random.Below(Math.Min(bytes.Length - at, 1 << random.Below(8)));
        switch (random.Below(11))
        {
            case 0: return Replace(bytes, at, bytes.Length > 0 ? 1 : 0, [(byte)(bytes.Length > 0 ? bytes[at] ^ (1 << random.Below(8)) : 0)]);
            case 1: return Replace(bytes, at, Math.Min(1, bytes.Length), [(byte)random.Next()]);
            case 2: return bytes[..at];
            case 3: return Replace(bytes, at, Math.Min(length, bytes.Length - at), []);
            case 4: return Replace(bytes, at, 0, bytes.AsSpan(at, Math.Min(length, bytes.Length - at)));
            case 5: return Replace(bytes, at, 0, Encoding.UTF8.GetBytes(target.Words[random.Below(target.Words.Length)]));
            case 6: return Word(bytes, at, target, ref random);
            case 7: return Integer(bytes, at, ref random);
            case 8 or 9: return Number(bytes, at, ref random);
            default: return Splice(bytes, at, target, ref random);
        }
    }

    private static byte[] Word(byte[] bytes, int at, Target target, ref FuzzRandom random)
    {
        byte[] word = Encoding.UTF8.GetBytes(target.Words[random.Below(target.Words.Length)]);
        return Replace(bytes, at, Math.Min(word.Length, bytes.Length - at), word);
    }

    // The beginning of this file and the end of another.
    private static byte[] Splice(byte[] bytes, int at, Target target, ref FuzzRandom random)
    {
        byte[] other = target.Seeds[random.Below(target.Seeds.Length)];
        return Replace(bytes, at, bytes.Length - at, other.AsSpan(random.Below(other.Length)));
    }

    private static byte[] Replace(byte[] bytes, int at, int count, ReadOnlySpan<byte> by) => [.. bytes.AsSpan(0, at), .. by, .. bytes.AsSpan(at + count)];

    // A length, a size, a type: 1, 2, 4 or 8 bytes in either order.
    private static byte[] Integer(byte[] bytes, int at, ref FuzzRandom random)
    {
        long value = s_integers[random.Below(s_integers.Length)] + random.Below(3) - 1;
        Span<byte> eight = stackalloc byte[8];
        int size = 1 << random.Below(4);
        if (random.Below(2) == 0)
            BinaryPrimitives.WriteInt64LittleEndian(eight, value);
        else
            BinaryPrimitives.WriteInt64BigEndian(eight, value << (64 - (8 * size)));
        return Replace(bytes, at, Math.Min(size, bytes.Length - at), eight[..size]);
    }

    // The next number in text becomes another one.
    private static byte[] Number(byte[] bytes, int at, ref FuzzRandom random)
    {
        while (at < bytes.Length && !char.IsAsciiDigit((char)bytes[at]))
            at++;
        int end = at;
        while (end < bytes.Length && char.IsAsciiDigit((char)bytes[end]))
            end++;
        return Replace(bytes, at, end - at, Encoding.ASCII.GetBytes(s_numbers[random.Below(s_numbers.Length)]));
    }
}
