using System.IO.Compression;
using Backprop.Simd.Data;
using Xunit;

namespace Backprop.Simd.Tests;

public class NpzReaderTests
{
    private static readonly byte[] s_weights = DataBytes.Npy("<f4", "False", "(2, 2)", DataBytes.LittleEndian(1, 2, 3, 4));
    private static readonly byte[] s_labels = DataBytes.Npy("|u1", "False", "(3,)", 7, 8, 9);

    [Theory]
    [InlineData(CompressionLevel.NoCompression)]
    [InlineData(CompressionLevel.Optimal)]
    public void Arrays_are_read_by_name(CompressionLevel level)
    {
        using var folder = new TemporaryFolder();
        string path = folder.Write("a.npz", DataBytes.Zip(level, ("weights.npy", s_weights), ("labels.npy", s_labels)));
        Assert.Equal(["weights", "labels"], NpzReader.Names(path));
        Assert.Equal([2, 2], NpzReader.Read(path, "weights").Shape);
        Assert.Equal([1, 2, 3, 4], NpzReader.Read(path, "weights").Values);
        Assert.Equal([7, 8, 9], NpzReader.Read(path, "labels").Values);
    }

    [Fact]
    public void What_is_wrong_is_said_with_the_entry()
    {
        using var folder = new TemporaryFolder();
        string good = folder.Write("good.npz", DataBytes.Zip(CompressionLevel.Optimal, ("a.npy", s_labels), ("b.npy", s_labels)));
        AssertError($"{good}: no array is called \"c\"; there are a, b.", () => NpzReader.Read(good, "c"));
        string text = folder.Write("text.npz", DataBytes.Zip(CompressionLevel.Optimal, ("a.txt", s_labels)));
        AssertError($"{text}: the entry \"a.txt\" is no .npy file.", () => NpzReader.Names(text));
        string twice = folder.Write("twice.npz", DataBytes.Zip(CompressionLevel.Optimal, ("a.npy", s_labels), ("a.npy", s_weights)));
        AssertError($"{twice}: two entries are called \"a\".", () => NpzReader.Read(twice, "a"));
        string inside = folder.Write("inside.npz", DataBytes.Zip(CompressionLevel.NoCompression, ("a.npy", s_labels[..^1])));
        AssertError($"{inside}, a.npy: 3 values of 1 bytes need 3 bytes; the file has 2 after its header.", () => NpzReader.Read(inside, "a"));
        string no = folder.Write("no.npz", s_labels);
        Assert.StartsWith($"{no}: the zip archive is damaged", Assert.Throws<InvalidDataException>(() => NpzReader.Read(no, "a")).Message, StringComparison.Ordinal);

        // A flipped bit in a stored value: only the checksum shows it.
        byte[] bytes = DataBytes.Zip(CompressionLevel.NoCompression, ("a.npy", s_labels));
        bytes[bytes.AsSpan().IndexOf((ReadOnlySpan<byte>)[7, 8, 9])] ^= 1;
        string flipped = folder.Write("flipped.npz", bytes);
        Assert.Contains("checksum", Assert.Throws<InvalidDataException>(() => NpzReader.Read(flipped, "a")).Message, StringComparison.Ordinal);

        static void AssertError(string message, Func<object> read) => Assert.Equal(message, Assert.Throws<InvalidDataException>(read).Message);
    }

    [Theory]
    [InlineData(CompressionLevel.NoCompression)]
    [InlineData(CompressionLevel.Optimal)]
    public void Damage_is_read_or_refused_and_nothing_else(CompressionLevel level)
    {
        byte[] file = DataBytes.Zip(level, ("a.npy", s_weights), ("b.npy", s_labels));
        using var folder = new TemporaryFolder();
        for (int length = 0; length < file.Length; length++)
        {
            string path = folder.Write("cut", file.AsSpan(0, length));
            Assert.Throws<InvalidDataException>(() => NpzReader.Read(path, "a"));
        }

        var random = new Random(9);
        for (int i = 0; i < 1000; i++)
        {
            byte[] damaged = (byte[])file.Clone();
            for (int flip = random.Next(1, 4); flip > 0; flip--)
                damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            string path = folder.Write("flipped", damaged);
            long before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                NpzReader.Read(path, "a");
            }
            catch (InvalidDataException e)
            {
                Assert.StartsWith(path, e.Message, StringComparison.Ordinal);
            }

            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, (4 * damaged.Length) + (1 << 20));
        }
    }

    [Fact]
    public void A_bomb_is_refused_before_it_is_unpacked()
    {
        // 64 MiB of zeros behind a header that promises 2^31 - 1 values.
        byte[] bomb = DataBytes.Npy("|u1", "False", "(2147483647,)", new byte[1 << 26]);
        using var folder = new TemporaryFolder();
        string path = folder.Write("bomb.npz", DataBytes.Zip(CompressionLevel.Optimal, ("a.npy", bomb)));
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Throws<InvalidDataException>(() => NpzReader.Read(path, "a"));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }
}
