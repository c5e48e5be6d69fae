using System.Text.Json;
using System.Text.Unicode;

namespace Backprop.Simd.Internal.IO;

/// <summary>The JSON header of a safetensors file, read to the letter of the format.</summary>
/// <remarks>
/// One object, from the first byte on, padded with nothing but spaces. Each member is a tensor { dtype, shape, data_offsets } or <c>__metadata__</c>, an object of strings;
/// no name twice. The tensors' bytes follow one another from 0 to the end of the file, without hole or overlap, and each has as many as its type and shape say.
/// </remarks>
internal sealed class SafetensorsHeader
{
    public const string MetadataName = "__metadata__";

    private const int LongestQuote = 200;

    private readonly Dictionary<string, string> _metadata = new(StringComparer.Ordinal);
    private readonly Dictionary<string, SafetensorsEntry> _tensors = new(StringComparer.Ordinal);

    private SafetensorsHeader()
    {
    }

    public IReadOnlyDictionary<string, string> Metadata => _metadata;

    public IReadOnlyDictionary<string, SafetensorsEntry> Tensors => _tensors;

    /// <summary>Reads and checks a header.</summary>
    /// <param name="json">All its bytes, padding included.</param>
    /// <param name="dataLength">Bytes of the file after the header.</param>
    /// <exception cref="InvalidDataException">Anything is not as the format says.</exception>
    public static SafetensorsHeader Parse(ReadOnlySpan<byte> json, long dataLength)
    {
        if (json.IsEmpty || json[0] != (byte)'{')
            throw new InvalidDataException("the header does not start with '{'.");
        if (!Utf8.IsValid(json))
            throw new InvalidDataException("the header is not valid UTF-8.");
        var header = new SafetensorsHeader();
        try
        {
            header.Read(json);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // The second is the reader's word for text that is no text, as the escape of half a surrogate pair.
            throw new InvalidDataException($"the header is not valid JSON: {e.Message}", e);
        }

        header.CheckOffsets(dataLength);
        return header;
    }

    /// <summary>A name from a file, in quotes, and not longer than a message should be.</summary>
    public static string Quote(string text) => text.Length <= LongestQuote ? $"'{text}'" : $"'{text[..LongestQuote]}...'";

    private void Read(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json);
        reader.Read();
        bool hasMetadata = false;
        while (NextMember(ref reader))
        {
            string name = reader.GetString()!;
            reader.Read();
            if (name == MetadataName)
            {
                if (hasMetadata)
                    throw new InvalidDataException($"'{MetadataName}' stands in the header twice.");
                hasMetadata = true;
                ReadMetadata(ref reader);
            }
            else if (!_tensors.TryAdd(name, ReadTensor(ref reader, name)))
            {
                throw new InvalidDataException($"tensor {Quote(name)} stands in the header twice.");
            }
        }

        int end = (int)reader.BytesConsumed;
        int other = json[end..].IndexOfAnyExcept((byte)' ');
        if (other >= 0)
            throw new InvalidDataException($"byte {end + other} of the header follows the object and is no space.");
    }

    private void ReadMetadata(ref Utf8JsonReader reader)
    {
        Expect(ref reader, JsonTokenType.StartObject, $"'{MetadataName}' is no object");
        while (NextMember(ref reader))
        {
            string key = reader.GetString()!;
            reader.Read();
            Expect(ref reader, JsonTokenType.String, $"'{MetadataName}' {Quote(key)} is no string");
            if (!_metadata.TryAdd(key, reader.GetString()!))
                throw new InvalidDataException($"'{MetadataName}' has {Quote(key)} twice.");
        }
    }

    private static SafetensorsEntry ReadTensor(ref Utf8JsonReader reader, string name)
    {
        string where = $"tensor {Quote(name)}";
        Expect(ref reader, JsonTokenType.StartObject, $"{where} is no object");
        string? type = null;
        long[]? shape = null, offsets = null;
        while (NextMember(ref reader))
        {
            string key = reader.GetString()!;
            reader.Read();
            bool isFirst;
            switch (key)
            {
                case "dtype":
                    isFirst = type is null;
                    Expect(ref reader, JsonTokenType.String, $"dtype of {where} is no string");
                    type = reader.GetString()!;
                    break;
                case "shape":
                    isFirst = shape is null;
                    shape = ReadIntegers(ref reader, $"shape of {where}");
                    break;
                case "data_offsets":
                    isFirst = offsets is null;
                    offsets = ReadIntegers(ref reader, $"data_offsets of {where}");
                    break;
                default:
                    throw new InvalidDataException($"{where} has {Quote(key)}, which the format does not know.");
            }

            if (!isFirst)
                throw new InvalidDataException($"{where} has '{key}' twice.");
        }

        if (type is null || shape is null || offsets is null)
            throw new InvalidDataException($"{where} lacks {(type is null ? "dtype" : shape is null ? "shape" : "data_offsets")}.");
        if (offsets.Length != 2)
            throw new InvalidDataException($"data_offsets of {where} has {offsets.Length} numbers, not 2.");
        return new SafetensorsEntry(name, type, shape, offsets[0], offsets[1]);
    }

    private static long[] ReadIntegers(ref Utf8JsonReader reader, string what)
    {
        Expect(ref reader, JsonTokenType.StartArray, $"{what} is no array");
        var values = new List<long>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            // Read unsigned, so that "-0" is refused as the format's own reader does.
            if (reader.TokenType != JsonTokenType.Number || !reader.TryGetUInt64(out ulong value) || value > long.MaxValue)
                throw new InvalidDataException($"{what}, entry {values.Count}, is no integer from 0 to {long.MaxValue}.");
            values.Add((long)value);
        }

        return [.. values];
    }

    private static bool NextMember(ref Utf8JsonReader reader) => reader.Read() && reader.TokenType == JsonTokenType.PropertyName;

    private static void Expect(ref Utf8JsonReader reader, JsonTokenType token, string otherwise)
    {
        if (reader.TokenType != token)
            throw new InvalidDataException($"{otherwise}.");
    }

    private void CheckOffsets(long dataLength)
    {
        long position = 0;
        foreach (SafetensorsEntry entry in _tensors.Values.OrderBy(entry => entry.Begin).ThenBy(entry => entry.End))
        {
            string where = $"tensor {Quote(entry.Name)}";
            if (entry.Begin > entry.End)
                throw new InvalidDataException($"{where} begins at {entry.Begin}, after its end {entry.End}.");
            if (entry.End > dataLength)
                throw new InvalidDataException($"{where} ends at {entry.End}; the file holds {dataLength} bytes of data.");
            if (entry.Begin != position)
                throw new InvalidDataException($"{where} begins at {entry.Begin}; the tensors before it end at {position}.");
            long size = SizeOf(entry, where);
            if (entry.End - entry.Begin != size)
                throw new InvalidDataException($"{where} has {entry.End - entry.Begin} bytes; {entry.Form} needs {size}.");
            position = entry.End;
        }

        if (position != dataLength)
            throw new InvalidDataException($"the tensors end at {position}; the file holds {dataLength} bytes of data.");
    }

    private static long SizeOf(SafetensorsEntry entry, string where)
    {
        if (!SafetensorsType.TryGetBits(entry.Type, out int bits))
            throw new InvalidDataException($"{where} has dtype {Quote(entry.Type)}, which the format does not know.");
        try
        {
            long total = 1;
            foreach (long dimension in entry.Shape)
                total = checked(total * dimension);
            total = checked(total * bits);
            if (total % 8 != 0)
                throw new InvalidDataException($"{where}, {entry.Form}, does not fill whole bytes.");
            return total / 8;
        }
        catch (OverflowException)
        {
            throw new InvalidDataException($"{where} has a shape, {entry.Form}, whose size overflows.");
        }
    }
}
