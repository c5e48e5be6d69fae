using System.Buffers.Binary;
using System.Text;
using Backprop.Simd.Internal.IO;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Xunit;

namespace Backprop.Simd.Tests;

public class SafetensorsTests
{
    // safetensors.torch.save_file(nn.Sequential(nn.Linear(3, 2)).state_dict(), path, {"format": "pt"}): by type and name, padded to 160 bytes.
    private const string LinearHeader =
        """{"__metadata__":{"format":"pt"},"0.bias":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"0.weight":{"dtype":"F32","shape":[2,3],"data_offsets":[8,32]}}       """;

    private static readonly float[] s_linearValues = [0.5f, -0.25f, 1, 2, 3, 4, 5, float.NaN];

    [Fact]
    public void A_file_of_the_formats_own_writer_is_read_to_the_bit()
    {
        using var folder = new TemporaryFolder();
        using var reader = new SafetensorsReader(folder.Write("linear.safetensors", Bytes(LinearHeader, s_linearValues)));
        Assert.Equal("pt", reader.Metadata["format"]);
        Assert.Equal(["0.bias", "0.weight"], reader.Tensors.Keys.Order(StringComparer.Ordinal));
        Assert.Equal("F32 [2, 3]", reader.Tensors["0.weight"].Form);
        Assert.Equal([0.5f, -0.25f], Floats(reader, "0.bias"));
        Assert.Equal(-1, Tolerance.FirstDifference([1, 2, 3, 4, 5, float.NaN], Floats(reader, "0.weight")));
    }

    [Fact]
    public void What_is_written_is_what_the_formats_own_writer_gives()
    {
        var writer = new SafetensorsWriter();
        writer.AddMetadata("format", "pt");
        writer.AddFloats("0.weight", [2, 3], stream => LittleEndian.Write(stream, s_linearValues.AsSpan(2)));
        writer.AddFloats("0.bias", [2], stream => LittleEndian.Write(stream, s_linearValues.AsSpan(0, 2)));
        Assert.Equal(Bytes(LinearHeader, s_linearValues), Written(writer));
    }

    [Fact]
    public void Wider_types_come_first_and_every_tensor_is_aligned()
    {
        var writer = new SafetensorsWriter();
        writer.AddFloats("a", [1], stream => LittleEndian.Write(stream, [1f]));
        writer.AddInt64("z", -3);
        byte[] bytes = Written(writer);
        long header = BinaryPrimitives.ReadInt64LittleEndian(bytes);
        Assert.Equal(0, header % 8);
        Assert.Equal("""{"z":{"dtype":"I64","shape":[],"data_offsets":[0,8]},"a":{"dtype":"F32","shape":[1],"data_offsets":[8,12]}}""", Encoding.UTF8.GetString(bytes, 8, (int)header).TrimEnd(' '));
        using var folder = new TemporaryFolder();
        using var reader = new SafetensorsReader(folder.Write("a", bytes));
        Assert.Equal(-3, reader.ReadInt64(reader.Tensors["z"]));
    }

    [Fact]
    public void Empty_tensors_and_an_empty_file_are_legal()
    {
        SafetensorsHeader none = SafetensorsHeader.Parse("{}"u8, 0);
        Assert.Empty(none.Tensors);
        SafetensorsHeader header = SafetensorsHeader.Parse(
            """{"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"e":{"dtype":"F64","shape":[0,7],"data_offsets":[4,4]},"f":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}"""u8, 4);
        Assert.Equal(3, header.Tensors.Count);
    }

    [Theory]
    [InlineData("""[]""", 0, "the header does not start with '{'.")]
    [InlineData(""" {}""", 0, "the header does not start with '{'.")]
    [InlineData("", 0, "the header does not start with '{'.")]
    [InlineData("""{""", 0, "the header is not valid JSON: *")]
    [InlineData("""{} {""", 0, "byte 3 of the header follows the object and is no space.")]
    [InlineData("{}\n", 0, "byte 2 of the header follows the object and is no space.")]
    [InlineData("""{/* */}""", 0, "the header is not valid JSON: *")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],}}""", 4, "the header is not valid JSON: *")]
    [InlineData("""{"\ud800":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 4, "the header is not valid JSON: *")]
    [InlineData("""{"a":1}""", 0, "tensor 'a' is no object.")]
    [InlineData("""{"a":null}""", 0, "tensor 'a' is no object.")]
    [InlineData("""{"a":{}}""", 0, "tensor 'a' lacks dtype.")]
    [InlineData("""{"a":{"dtype":"F32","data_offsets":[0,4]}}""", 4, "tensor 'a' lacks shape.")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1]}}""", 4, "tensor 'a' lacks data_offsets.")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"more":0}}""", 4, "tensor 'a' has 'more', which the format does not know.")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"shape":[1],"data_offsets":[0,4]}}""", 4, "tensor 'a' has 'shape' twice.")]
    [InlineData("""{"a":{"dtype":32,"shape":[1],"data_offsets":[0,4]}}""", 4, "dtype of tensor 'a' is no string.")]
    [InlineData("""{"a":{"dtype":"F31","shape":[1],"data_offsets":[0,4]}}""", 4, "tensor 'a' has dtype 'F31', which the format does not know.")]
    [InlineData("""{"a":{"dtype":"f32","shape":[1],"data_offsets":[0,4]}}""", 4, "tensor 'a' has dtype 'f32', which the format does not know.")]
    [InlineData("""{"a":{"dtype":"F32","shape":1,"data_offsets":[0,4]}}""", 4, "shape of tensor 'a' is no array.")]
    [InlineData("""{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}""", 4, "shape of tensor 'a', entry 0, is no integer from 0 to 9223372036854775807.")]
    [InlineData("""{"a":{"dtype":"F32","shape":[-0],"data_offsets":[0,0]}}""", 0, "shape of tensor 'a', entry 0, is no integer from 0 to 9223372036854775807.")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1.0],"data_offsets":[0,4]}}""", 4, "shape of tensor 'a', entry 0, is no integer from 0 to 9223372036854775807.")]
    [InlineData("""{"a":{"dtype":"F32","shape":["1"],"data_offsets":[0,4]}}""", 4, "shape of tensor 'a', entry 0, is no integer from 0 to 9223372036854775807.")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,18446744073709551615]}}""", 4, "data_offsets of tensor 'a', entry 1, is no integer from 0 to 9223372036854775807.")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4,4]}}""", 4, "data_offsets of tensor 'a' has 3 numbers, not 2.")]
    [InlineData("""{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,4]}}""", 4, "tensor 'a' has a shape, F32 [4294967296, 4294967296], whose size overflows.")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2305843009213693952],"data_offsets":[0,0]}}""", 0, "tensor 'a' has a shape, F32 [2305843009213693952], whose size overflows.")]
    [InlineData("""{"a":{"dtype":"F4","shape":[3],"data_offsets":[0,1]}}""", 1, "tensor 'a', F4 [3], does not fill whole bytes.")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}""", 4, "tensor 'a' has 4 bytes; F32 [2] needs 8.")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}""", 4, "tensor 'a' begins at 4, after its end 0.")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 4, "tensor 'a' ends at 8; the file holds 4 bytes of data.")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", 8, "tensor 'a' begins at 4; the tensors before it end at 0.")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[2,6]}}""", 6, "tensor 'b' begins at 2; the tensors before it end at 4.")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 5, "the tensors end at 4; the file holds 5 bytes of data.")]
    [InlineData("""{}""", 1, "the tensors end at 0; the file holds 1 bytes of data.")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", 8, "tensor 'a' stands in the header twice.")]
    [InlineData("""{"__metadata__":{},"__metadata__":{}}""", 0, "'__metadata__' stands in the header twice.")]
    [InlineData("""{"__metadata__":{"k":"1","k":"2"}}""", 0, "'__metadata__' has 'k' twice.")]
    [InlineData("""{"__metadata__":{"k":1}}""", 0, "'__metadata__' 'k' is no string.")]
    [InlineData("""{"__metadata__":"k"}""", 0, "'__metadata__' is no object.")]
    public void A_header_that_breaks_the_format_is_refused(string json, long dataLength, string message)
    {
        var e = Assert.Throws<InvalidDataException>(() => SafetensorsHeader.Parse(Encoding.UTF8.GetBytes(json), dataLength));
        if (message.EndsWith('*'))
            Assert.StartsWith(message[..^1], e.Message, StringComparison.Ordinal);
        else
            Assert.Equal(message, e.Message);
    }

    [Fact]
    public void Invalid_UTF8_is_refused()
    {
        byte[] json = Encoding.UTF8.GetBytes("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""");
        json[2] = 0xFF;
        Assert.Equal("the header is not valid UTF-8.", Assert.Throws<InvalidDataException>(() => SafetensorsHeader.Parse(json, 4)).Message);
    }

    [Theory]
    [InlineData(0ul, "the header does not start with '{'.")]
    [InlineData(100_000_000ul, "the header says that it has 100000000 bytes; the file holds 2 after the length.")]
    [InlineData(100_000_001ul, "the header says that it has 100000001 bytes; the format allows 100000000.")]
    [InlineData(ulong.MaxValue, "the header says that it has 18446744073709551615 bytes; the format allows 100000000.")]
    public void The_headers_length_is_not_believed(ulong length, string message)
    {
        byte[] bytes = new byte[10];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, length);
        using var folder = new TemporaryFolder();
        string path = folder.Write("a", bytes);
        long before = GC.GetAllocatedBytesForCurrentThread();
        var e = Assert.Throws<InvalidDataException>(() => new SafetensorsReader(path).Dispose());
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 1_000_000, "Memory was taken for a header that is not there.");
        Assert.Equal($"{path}: {message}", e.Message);
    }

    [Fact]
    public void A_missing_file_is_named()
    {
        using var folder = new TemporaryFolder();
        foreach (string path in new[] { folder["none"], folder["no/folder"], folder.FullName })
            Assert.Equal(path, Assert.Throws<FileNotFoundException>(() => new SafetensorsReader(path)).FileName);
    }

    [Fact]
    public void A_file_cut_off_anywhere_is_refused()
    {
        byte[] whole = Bytes(LinearHeader, s_linearValues);
        using var folder = new TemporaryFolder();
        for (int length = 0; length < whole.Length; length++)
        {
            string path = folder.Write("cut", whole.AsSpan(0, length));
            Assert.Throws<InvalidDataException>(() => new SafetensorsReader(path).Dispose());
        }
    }

    [Fact]
    public void Any_changed_byte_is_refused_or_harmless()
    {
        byte[] whole = Bytes(LinearHeader, s_linearValues);
        using var folder = new TemporaryFolder();
        int refused = 0, files = 0;
        for (int position = 0; position < whole.Length - (s_linearValues.Length * sizeof(float)); position++)
        {
            foreach (int flip in new[] { 0x01, 0x02, 0x10, 0x20, 0x80, 0xFF })
            {
                byte old = whole[position];
                whole[position] ^= (byte)flip;
                string path = folder.Write("flipped", whole);
                whole[position] = old;
                files++;
                try
                {
                    using var reader = new SafetensorsReader(path);
                    foreach (SafetensorsEntry entry in reader.Tensors.Values)
                        reader.ReadFloats(entry, 0, new float[(entry.End - entry.Begin) / sizeof(float)]);
                }
                catch (InvalidDataException e)
                {
                    Assert.StartsWith(path, e.Message, StringComparison.Ordinal);
                    refused++;
                }
            }
        }

        Assert.InRange(refused, files * 7 / 10, files);
    }

    /// <summary>Pieces of headers in any order: the parser may only accept or refuse.</summary>
    [Property(MaxTest = 2000)]
    public Property Any_text_is_parsed_or_refused()
    {
        Gen<string> piece = Gen.Elements(
            "{", "}", "[", "]", ",", ":", "\"", "\\", "\"a\"", "\"dtype\":", "\"F32\"", "\"shape\":", "[1]", "\"data_offsets\":", "[0,4]", "\"__metadata__\":", "{}", " ", "0", "-1", "1e9",
            "99999999999999999999", "null", "true", "\u00e9", "\\ud800", """ "a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]} """);
        return Prop.ForAll(
            (from count in Gen.Choose(0, 12) from pieces in piece.ArrayOf(count) select "{" + string.Concat(pieces)).ToArbitrary(),
            text =>
            {
                try
                {
                    SafetensorsHeader header = SafetensorsHeader.Parse(Encoding.UTF8.GetBytes(text), 4);
                    return header.Tensors.Values.Sum(entry => entry.End - entry.Begin) == 4;
                }
                catch (InvalidDataException)
                {
                    return true;
                }
            });
    }

    [Fact]
    public void Long_names_and_shapes_do_not_make_long_messages()
    {
        string name = new('n', 1_000_000), shape = string.Join(',', Enumerable.Repeat(1, 100_000));
        string json = $$$"""{"{{{name}}}":{"dtype":"F32","shape":[{{{shape}}}],"data_offsets":[0,8]}}""";
        var e = Assert.Throws<InvalidDataException>(() => SafetensorsHeader.Parse(Encoding.UTF8.GetBytes(json), 8));
        Assert.InRange(e.Message.Length, 1, 300);
    }

    private static float[] Floats(SafetensorsReader reader, string name)
    {
        SafetensorsEntry entry = reader.Tensors[name];
        float[] values = new float[(entry.End - entry.Begin) / sizeof(float)];
        reader.ReadFloats(entry, 0, values);
        return values;
    }

    private static byte[] Written(SafetensorsWriter writer)
    {
        using var stream = new MemoryStream();
        writer.Write(stream);
        return stream.ToArray();
    }

    private static byte[] Bytes(string header, float[] values)
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        byte[] json = Encoding.UTF8.GetBytes(header);
        writer.Write((long)json.Length);
        writer.Write(json);
        foreach (float value in values)
            writer.Write(value);
        return stream.ToArray();
    }
}
