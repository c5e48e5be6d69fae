using System.Text;
using Backprop.Simd.Data;
using Xunit;

namespace Backprop.Simd.Tests;

/// <summary>Damaged files get <see cref="InvalidDataException"/>, and cost no more than their size.</summary>
public class ReaderRobustnessTests
{
    private const int Flips = 1000;

    public static TheoryData<string> Formats => [.. s_formats.Keys];

    private static readonly byte[] s_idx = DataBytes.Idx(0x0D, [3, 2, 2], DataBytes.BigEndian(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12));

    private static readonly byte[] s_npy = DataBytes.Npy("<f4", "True", "(2, 3)", DataBytes.LittleEndian(1, 2, 3, 4, 5, 6));

    private static readonly byte[] s_csv = "width,\"height, m\",class\n1.5,2e3,a\n-3,4,\"b\nc\"\n5,6,a\n"u8.ToArray();

    private static readonly Dictionary<string, (byte[] File, Func<string, object> Read)> s_formats = new()
    {
        ["idx"] = (s_idx, IdxReader.Read),
        ["idx.gz"] = (DataBytes.Gzip(s_idx), IdxReader.Read),
        ["npy"] = (s_npy, NpyReader.Read),
        ["npy.gz"] = (DataBytes.Gzip(s_npy), NpyReader.Read),
        ["csv"] = (s_csv, path => CsvReader.Read(path)),
        ["csv.gz"] = (DataBytes.Gzip(s_csv), path => CsvReader.Read(path)),
    };

    [Theory]
    [InlineData("idx")]
    [InlineData("idx.gz")]
    [InlineData("npy")]
    [InlineData("npy.gz")]
    [InlineData("csv.gz")]
    public void A_file_cut_off_at_any_byte_is_refused(string format)
    {
        (byte[] file, Func<string, object> read) = s_formats[format];
        using var folder = new TemporaryFolder();
        for (int length = 0; length < file.Length; length++)
        {
            string path = folder.Write("a", file.AsSpan(0, length));
            Assert.Throws<InvalidDataException>(() => read(path));
        }

        read(folder.Write("a", file));
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public void Flipped_bytes_are_read_or_refused_and_nothing_else(string format)
    {
        (byte[] file, Func<string, object> read) = s_formats[format];
        using var folder = new TemporaryFolder();
        var random = new Random(format.Length);
        int refused = 0;
        for (int i = 0; i < Flips; i++)
        {
            byte[] damaged = (byte[])file.Clone();
            for (int flip = random.Next(1, 4); flip > 0; flip--)
                damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            if (random.Next(8) == 0)
                damaged = [.. damaged.AsSpan(0, random.Next(damaged.Length)), .. damaged.AsSpan(random.Next(damaged.Length))];
            string path = folder.Write("a", damaged);
            long before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                read(path);
            }
            catch (InvalidDataException e)
            {
                refused++;
                Assert.StartsWith(path, e.Message, StringComparison.Ordinal);
                Assert.InRange(e.Message.Length, 1, path.Length + 300);
            }

            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, (4 * damaged.Length) + (1 << 20));
        }

        // Most damage shows; some of it only changes a value.
        Assert.InRange(refused, 1, Flips);
    }

    public static TheoryData<string, byte[]> Liars => new()
    {
        { "idx", DataBytes.Idx(0x08, [int.MaxValue]) },
        { "idx", DataBytes.Idx(0x08, [int.MaxValue, int.MaxValue, int.MaxValue]) },
        { "idx.gz", DataBytes.Gzip(DataBytes.Idx(0x08, [60_000])) },
        { "idx.gz", DataBytes.Gzip(DataBytes.Idx(0x08, [2_000_000_000])) },
        { "npy", DataBytes.Npy("<f4", "False", "(2147483647,)") },
        { "npy", DataBytes.Npy("|u1", "True", "(46341, 46341)") },
        { "npy", [0x93, .. "NUMPY"u8, 2, 0, 0xFF, 0xFF, 0, 0] },
        { "npy.gz", DataBytes.Gzip(DataBytes.Npy("|u1", "True", "(300, 300)")) },
        { "csv", Encoding.UTF8.GetBytes("1,0\n\"" + new string('x', 50_000)) },
    };

    [Theory]
    [MemberData(nameof(Liars))]
    public void A_header_that_lies_allocates_next_to_nothing(string format, byte[] file)
    {
        using var folder = new TemporaryFolder();
        string path = folder.Write("a", file);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Throws<InvalidDataException>(() => s_formats[format].Read(path));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, (4 * file.Length) + (1 << 20));
    }
}
