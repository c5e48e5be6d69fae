using System.Text;
using Backprop.Simd.Data;
using Xunit;

namespace Backprop.Simd.Tests;

/// <summary>What is wrong with a file, and where: the exact messages after the file's name.</summary>
public class ReaderErrorTests
{
    private static readonly byte[] s_idx = DataBytes.Idx(0x08, [2, 3], 1, 2, 3, 4, 5, 6);

    public static TheoryData<byte[], string> IdxFiles => new()
    {
        { [], ": the file ends at byte 0, inside the magic number, which needs 4 bytes from byte 0 on." },
        { "IDX!"u8.ToArray(), ": no IDX file: it starts with bytes 49 44 instead of 00 00." },
        { [0, 0, 0x0A, 1, 0, 0, 0, 0], ": the element type 0x0a is none of IDX's: 08, 09, 0b, 0c, 0d, 0e." },
        { [0, 0, 8, 0], ": 0 dimensions; 1 to 8 are read." },
        { [0, 0, 8, 200], ": 200 dimensions; 1 to 8 are read." },
        { s_idx[..9], ": the file ends at byte 9, inside the size of dimension 1, which needs 4 bytes from byte 8 on." },
        { s_idx[..^1], ": 6 values of 1 bytes need 6 bytes; the file has 5 after its header." },
        { [.. s_idx, 0], ": 6 values of 1 bytes need 6 bytes; the file has 7 after its header." },
        { DataBytes.Idx(0x08, [-1]), ": dimension 0 has the size 4294967295; at most 2147483647 can be read." },
        { DataBytes.Idx(0x0E, [int.MaxValue, 1000]), ": 2147483647000 values of 8 bytes need 17179869176000 bytes; the file has 0 after its header." },
        { DataBytes.Idx(0x08, [int.MaxValue, int.MaxValue, 3]), ": the dimensions 2147483647 x 2147483647 x 3 have more values than can be addressed." },
        { DataBytes.Gzip(s_idx)[..^1], ": the gzip data end after 18 bytes of content, and the file's last 4 bytes say *: the file was cut off, goes on after its end, or has several members." },
        { [.. DataBytes.Gzip(s_idx), 1, 2, 3, 4, 5], ": the gzip data end after 18 bytes of content, and the file's last 4 bytes say 84148994: the file was cut off, goes on after its end, or has several members." },
        { DataBytes.Gzip(s_idx)[..^12], ": *" },
        { DataBytes.Gzip(s_idx[..^1]), ": the content ends at byte 17, inside the values, which needs 6 bytes from byte 12 on." },
        { DataBytes.Gzip([.. s_idx, 0]), ": the file goes on after its 6 values." },
        { DataBytes.Gzip(DataBytes.Idx(0x08, [1_000_000])), ": 1000000 values of 1 bytes need 1000000 bytes; the file cannot hold more than * after its header." },
        { [0x1F, 0x8B], ": a gzip file has at least 18 bytes; this one has 2." },
    };

    public static TheoryData<byte[], string> NpyFiles => new()
    {
        { "PK\x3\x4...."u8.ToArray(), ": no .npy file: it does not start with \\x93NUMPY." },
        { [0x93, .. "NUMPY"u8, 4, 0, 1, 0], ": .npy version 4.0; 1.0, 2.0 and 3.0 are read." },
        { [0x93, .. "NUMPY"u8, 1, 1, 1, 0], ": .npy version 1.1; 1.0, 2.0 and 3.0 are read." },
        { [0x93, .. "NUMPY"u8, 2, 0, 0, 0, 0, 0xFF], ": a header of 4278190080 bytes; at most 65536 are read." },
        { [0x93, .. "NUMPY"u8, 1, 0, 9, 0, 0x7B], ": the file ends at byte 11, inside the header, which needs 9 bytes from byte 10 on." },
        { DataBytes.Npy("<c8", "False", "(1,)"), ": in the .npy header, at character 15: the type '<c8'; b1, i1 to i8, u1 to u8, f2, f4 and f8 are read." },
        { DataBytes.Npy("|O", "False", "(1,)"), ": in the .npy header, at character 14: the type '|O'; b1, i1 to i8, u1 to u8, f2, f4 and f8 are read." },
        { DataBytes.NpyHeader("{'descr': [('a', '<f4')]}", 1), ": in the .npy header, at character 10: a structured type; arrays of real numbers are read." },
        { DataBytes.Npy("<f4", "false", "(1,)"), ": in the .npy header, at character 34: True or False is missing." },
        { DataBytes.Npy("<f4", "False", "(3)"), ": in the .npy header, at character 53: a tuple of one size needs a comma, as in (3,)." },
        { DataBytes.Npy("<f4", "False", "(-3,)"), ": in the .npy header, at character 51: a size must be a whole number from 0 to 2147483647." },
        { DataBytes.Npy("<f4", "False", "(2147483648,)"), ": in the .npy header, at character 61: a size must be a whole number from 0 to 2147483647." },
        { DataBytes.Npy("<f4", "False", $"({string.Concat(Enumerable.Repeat("1,", 40))})"), ": in the .npy header, at character 116: more than 32 dimensions." },
        { DataBytes.NpyHeader("{'shape': (1,), 'shape': (1,)}", 1), ": in the .npy header, at character 24: the key 'shape' stands there twice." },
        { DataBytes.NpyHeader("{'shape': (1,), 'descr': '<f4'}", 1), ": in the .npy header, at character 31: the key 'fortran_order' is missing." },
        { DataBytes.NpyHeader("{'evil': __import__('os')}", 1), ": in the .npy header, at character 8: the key 'evil' is not known." },
        { DataBytes.NpyHeader("{'descr'", 1), ": in the .npy header, at character 54: : is missing." },
        { DataBytes.NpyHeader("{'descr", 1), ": in the .npy header, at character 2: a string does not end." },
        { DataBytes.NpyHeader("{} ()", 1), ": in the .npy header, at character 2: there is text after the dictionary." },
        { DataBytes.Npy("<f4", "False", "(2, 2)", 1, 2, 3), ": 4 values of 4 bytes need 16 bytes; the file has 3 after its header." },
        { DataBytes.Npy("<f4", "False", "(2147483647, 2147483647, 2147483647)"), ": the dimensions 2147483647 x 2147483647 x 2147483647 have more values than can be addressed." },
    };

    public static TheoryData<string, string> CsvFiles => new()
    {
        { "", ": the file has no rows." },
        { "\n\n", ": the file has no rows." },
        { "a,b\n", ": the file has a header and no rows." },
        { "1\n2\n", ", line 1: 1 column; a label and at least one input are needed." },
        { "1,2\n\n3,4,5\n", ", line 3: 3 fields; the first row has 2." },
        { "\"a\nb\",c\n1,0\n2\n", ", line 4: 1 fields; the first row has 2." },
        { "1,0\n2x,1\n", ", line 2, column 1: \"2x\" is no number." },
        { "1,0\n0x10,1\n", ", line 2, column 1: \"0x10\" is no number." },
        { "1,0\n\"1,000\",1\n", ", line 2, column 1: \"1,000\" is no number." },
        { "1,0\n\"1\u0001\n2\",1\n", ", line 2, column 1: \"1??2\" is no number." },
        { "1,2,0\n1,,1\n", ", line 2, column 2: the field is empty; a number is needed." },
        { "1,2,0\n1,nan,1\n", ", line 2, column 2: \"nan\" is not finite as a float." },
        { "1,-inf,0\n", ", line 1, column 2: \"-inf\" is not finite as a float." },
        { "1,1e39,0\n", ", line 1, column 2: \"1e39\" is not finite as a float." },
        { "1,0\n2,\n", ", line 2, column 2: the label is empty." },
        { "1,2x,0\n1,2,1\n", ", line 1, column 2: \"2x\" is no number, and \"1\" in column 1 is one: say whether the first row is a header." },
        { "0,1,label\n5,6,1\n7,8,0\n", ", line 1, column 3: the label \"label\" is no whole number, and all others are: say whether the first row is a header." },
        { "1,0\n2,\"1\n3,1\n", ", line 2: A quoted field at the end of the input ends without a closing quote." },
        { "1,0\n\"2\"x,1\n", ", line 2: A delimiter, newline or EOF was expected after a closing quote." },
        { $"1,0\n{new string('9', 50)}z,1\n", ", line 2, column 1: \"9999999999999999999999999999999999999999...\" is no number." },
    };

    [Theory]
    [MemberData(nameof(IdxFiles))]
    public void Idx(byte[] file, string message) => AssertMessage(path => IdxReader.Read(path), file, message);

    [Theory]
    [MemberData(nameof(NpyFiles))]
    public void Npy(byte[] file, string message) => AssertMessage(path => NpyReader.Read(path), file, message);

    [Theory]
    [MemberData(nameof(CsvFiles))]
    public void Csv(string file, string message) => AssertMessage(path => CsvReader.Read(path), Encoding.UTF8.GetBytes(file), message);

    [Fact]
    public void Text_in_another_encoding_is_refused()
    {
        AssertMessage(path => CsvReader.Read(path), [.. "1,caf"u8, 0xE9, (byte)'\n'], ", line 1 or after it: the text is not UTF-8.");
        AssertMessage(path => CsvReader.Read(path), Encoding.Unicode.GetPreamble().Concat(Encoding.Unicode.GetBytes("1,2\n")).ToArray(), ", line 1 or after it: the text is not UTF-8.");
    }

    [Fact]
    public void A_row_that_never_ends_is_refused() => AssertMessage(
        path => CsvReader.Read(path), [.. "1,0\n\""u8, .. Enumerable.Repeat((byte)'x', (1 << 24) + 100)], ", line 2: a row of more than 16777216 characters; is a quote not closed?");

    [Fact]
    public void A_label_name_that_is_not_there_or_twice_is_named()
    {
        byte[] file = "a,b,b\n1,2,3\n"u8.ToArray();
        AssertMessage(path => CsvReader.Read(path, new CsvOptions { LabelName = "c" }), file, ", line 1: no column is called \"c\"; there are a, b, b.");
        AssertMessage(path => CsvReader.Read(path, new CsvOptions { LabelName = "b" }), file, ", line 1: columns 2 and 3 are both called \"b\".");
    }

    [Fact]
    public void Options_that_do_not_fit_are_the_callers_error()
    {
        using var folder = new TemporaryFolder();
        string path = folder.Write("a.csv", "1,2\n"u8);
        Assert.Equal("options", Assert.Throws<ArgumentOutOfRangeException>(() => CsvReader.Read(path, new CsvOptions { LabelColumn = 2 })).ParamName);
        Assert.Equal("options", Assert.Throws<ArgumentOutOfRangeException>(() => CsvReader.Read(path, new CsvOptions { LabelColumn = -3 })).ParamName);
        Assert.Equal("options", Assert.Throws<ArgumentException>(() => CsvReader.Read(path, new CsvOptions { LabelName = "a", HasHeader = false })).ParamName);
        Assert.Equal("delimiter", Assert.Throws<ArgumentException>(() => CsvReader.Read(path, new CsvOptions { Delimiter = '"' })).ParamName);
        Assert.Throws<ArgumentException>(() => IdxReader.Read(""));
        Assert.Throws<FileNotFoundException>(() => IdxReader.Read(folder["none"]));
        Assert.Throws<FileNotFoundException>(() => CsvReader.Read(folder["none"]));
    }

    [Fact]
    public void Files_that_do_not_belong_together_are_both_named()
    {
        using var folder = new TemporaryFolder();
        DataArray images = IdxReader.Read(folder.Write("images", DataBytes.Idx(0x08, [2, 3], 1, 2, 3, 4, 5, 6)));
        DataArray labels = IdxReader.Read(folder.Write("labels", DataBytes.Idx(0x08, [3], 0, 1, 2)));
        DataArray none = IdxReader.Read(folder.Write("none", DataBytes.Idx(0x08, [0])));
        AssertThrows($"{folder["labels"]} holds 3 labels, and {folder["images"]} 2 examples.", () => images.WithLabels(labels, 3));
        AssertThrows($"{folder["labels"]} holds targets for 3 examples, and {folder["images"]} 2 examples.", () => images.WithTargets(labels));
        AssertThrows($"{folder["none"]} holds no values.", () => none.WithLabels(none, 3));
        AssertThrows($"{folder["labels"]}: value 2 is 2; a label is a whole number from 0 to 1.", () => labels.WithLabels(labels, 2));
        Assert.Equal("scale", Assert.Throws<ArgumentOutOfRangeException>(() => labels.WithLabels(labels, 3, float.NaN)).ParamName);

        static void AssertThrows(string message, Func<object> call) => Assert.Equal(message, Assert.Throws<InvalidDataException>(call).Message);
    }

    /// <summary>A star stands for what the compressor decides.</summary>
    private static void AssertMessage(Func<string, object> read, byte[] file, string expected)
    {
        using var folder = new TemporaryFolder();
        string path = folder.Write("a", file);
        string message = Assert.Throws<InvalidDataException>(() => read(path)).Message;
        Assert.StartsWith(path, message, StringComparison.Ordinal);
        message = message[path.Length..];
        string[] parts = expected.Split('*');
        Assert.StartsWith(parts[0], message, StringComparison.Ordinal);
        Assert.EndsWith(parts[^1], message, StringComparison.Ordinal);
        if (parts.Length == 1)
            Assert.Equal(expected, message);
    }
}
