using System.Buffers;
using System.Buffers.Binary;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Backprop.Simd.Internal.IO;

/// <summary>Collects metadata and tensors and writes them as a safetensors file: the layout that the format's own writer gives.</summary>
/// <remarks>The widest element type first, then by name; the header padded with spaces to a multiple of 8, so that every tensor is aligned.</remarks>
internal sealed class SafetensorsWriter
{
    private readonly List<KeyValuePair<string, string>> _metadata = [];
    private readonly List<Tensor> _tensors = [];

    public void AddMetadata(string key, string value) => _metadata.Add(new(key, value));

    /// <summary>Adds an F32 tensor.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="shape">Its dimensions.</param>
    /// <param name="write">Writes its elements, row-major; called once, by <see cref="Write"/>.</param>
    public void AddFloats(string name, long[] shape, Action<Stream> write) => Add(name, SafetensorsType.F32, shape, write);

    /// <summary>Adds an I64 tensor of one element and no dimensions.</summary>
    public void AddInt64(string name, long value) => Add(name, SafetensorsType.I64, [], stream =>
    {
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
        stream.Write(bytes);
    });

    /// <summary>Adds an F64 tensor of one dimension.</summary>
    public void AddDoubles(string name, double[] values) => Add(name, SafetensorsType.F64, [values.Length], stream =>
    {
        Span<byte> bytes = stackalloc byte[sizeof(double)];
        foreach (double value in values)
        {
            BinaryPrimitives.WriteDoubleLittleEndian(bytes, value);
            stream.Write(bytes);
        }
    });

    /// <summary>Writes the file from the stream's present position on.</summary>
    public void Write(Stream stream)
    {
        Tensor[] tensors = [.. _tensors.OrderByDescending(tensor => tensor.Bits).ThenBy(tensor => tensor.Name, StringComparer.Ordinal)];
        byte[] header = Header(tensors);
        Span<byte> length = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(length, header.Length);
        stream.Write(length);
        stream.Write(header);
        foreach (Tensor tensor in tensors)
            tensor.Write(stream);
    }

    private void Add(string name, string type, long[] shape, Action<Stream> write)
    {
        if (!SafetensorsType.TryGetBits(type, out int bits))
            throw new ArgumentException($"{type} is no safetensors type.", nameof(type));
        long elements = 1;
        foreach (long dimension in shape)
            elements = checked(elements * dimension);
        _tensors.Add(new Tensor(name, type, bits, shape, checked(elements * (bits / 8)), write));
    }

    private byte[] Header(Tensor[] tensors)
    {
        var bytes = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(bytes, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            if (_metadata.Count > 0)
            {
                json.WriteStartObject(SafetensorsHeader.MetadataName);
                foreach ((string key, string value) in _metadata)
                    json.WriteString(key, value);
                json.WriteEndObject();
            }

            long position = 0;
            foreach (Tensor tensor in tensors)
            {
                json.WriteStartObject(tensor.Name);
                json.WriteString("dtype", tensor.Type);
                WriteIntegers(json, "shape", tensor.Shape);
                WriteIntegers(json, "data_offsets", [position, position += tensor.Size]);
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        byte[] header = new byte[(bytes.WrittenCount + 7) / 8 * 8];
        header.AsSpan().Fill((byte)' ');
        bytes.WrittenSpan.CopyTo(header);
        return header;
    }

    private static void WriteIntegers(Utf8JsonWriter json, string name, ReadOnlySpan<long> values)
    {
        json.WriteStartArray(name);
        foreach (long value in values)
            json.WriteNumberValue(value);
        json.WriteEndArray();
    }

    private sealed record Tensor(string Name, string Type, int Bits, long[] Shape, long Size, Action<Stream> Write);
}
