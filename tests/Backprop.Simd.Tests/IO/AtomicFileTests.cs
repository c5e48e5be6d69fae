using Backprop.Simd.Internal.IO;
using Xunit;

namespace Backprop.Simd.Tests;

public class AtomicFileTests
{
    [Fact]
    public void A_new_file_and_an_old_one_get_the_new_bytes()
    {
        using var folder = new TemporaryFolder();
        foreach (byte[] bytes in new byte[][] { [1, 2, 3], [4], [] })
        {
            AtomicFile.Write(folder["a.bin"], stream => stream.Write(bytes));
            Assert.Equal(bytes, File.ReadAllBytes(folder["a.bin"]));
            Assert.Equal(["a.bin"], folder.Files);
        }
    }

    [Fact]
    public void An_interrupted_write_keeps_the_old_file_and_leaves_no_other()
    {
        using var folder = new TemporaryFolder();
        string path = folder.Write("a.bin", [7, 8, 9]);
        Assert.Throws<IOException>(() => AtomicFile.Write(path, stream =>
        {
            stream.Write(new byte[100_000]);
            throw new IOException("The disk is full.");
        }));
        Assert.Equal([7, 8, 9], File.ReadAllBytes(path));
        Assert.Equal(["a.bin"], folder.Files);
    }

    [Fact]
    public void While_it_writes_the_old_file_can_be_read()
    {
        using var folder = new TemporaryFolder();
        string path = folder.Write("a.bin", [7]);
        AtomicFile.Write(path, stream =>
        {
            stream.Write([1, 2]);
            stream.Flush();
            Assert.Equal([7], File.ReadAllBytes(path));
        });
        Assert.Equal([1, 2], File.ReadAllBytes(path));
    }

    [Fact]
    public void A_target_that_cannot_be_replaced_leaves_no_temporary_file()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["taken"]);
        Assert.ThrowsAny<Exception>(() => AtomicFile.Write(folder["taken"], stream => stream.WriteByte(1)));
        Assert.Empty(folder.Files);
    }

    [Fact]
    public void A_missing_folder_is_not_made()
    {
        using var folder = new TemporaryFolder();
        Assert.Throws<DirectoryNotFoundException>(() => AtomicFile.Write(folder["none/a.bin"], stream => stream.WriteByte(1)));
        Assert.False(Directory.Exists(folder["none"]));
    }
}
