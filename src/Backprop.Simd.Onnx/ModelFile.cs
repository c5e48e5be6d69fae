using Google.Protobuf;

namespace Backprop.Simd.Internal.Onnx;

/// <summary>Reads an ONNX file without trusting it.</summary>
internal static class ModelFile
{
    /// <summary>Bytes of wire format that hold one part on average, beyond the first <see cref="FreeParts"/>: an object takes more memory than the two bytes that can stand for it.</summary>
    private const int BytesPerPart = 128;
    private const int FreeParts = 2048;

    public static ModelProto Read(string path, out long length)
    {
        length = new FileInfo(path).Length;
        if (length > int.MaxValue)
            throw new InvalidDataException($"{path}: {length} bytes; an ONNX file ends at 2 GiB.");
        byte[] file = File.ReadAllBytes(path);
        try
        {
            int parts = FreeParts + (file.Length / BytesPerPart);
            if (!HasAtMost(ref parts, file, 0, file.Length, Parts.Model))
                throw new InvalidDataException($"{path}: far more nodes, tensors and attributes than weights: no multi-layer perceptron.");
            return ModelProto.Parser.WithDiscardUnknownFields(true).ParseFrom(file);
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new InvalidDataException($"{path}: damaged, or no ONNX file: {e.Message}", e);
        }
    }

    // Walks over the messages that the parser would make objects of.
    private static bool HasAtMost(ref int parts, byte[] file, int start, int length, Parts message)
    {
        var input = new CodedInputStream(file, start, length);
        int origin = checked((int)input.Position);
        while (input.ReadTag() is var tag && tag != 0)
        {
            int before = checked((int)input.Position) - origin + start;
            input.SkipLastField();
            if (message.Of(WireFormat.GetTagFieldNumber(tag)) is not { } part || WireFormat.GetTagWireType(tag) != WireFormat.WireType.LengthDelimited)
                continue;
            if (--parts < 0)
                return false;
            int after = checked((int)input.Position) - origin + start;
            var header = new CodedInputStream(file, before, after - before);
            int inner = header.ReadLength();
            if (part.HasParts && !HasAtMost(ref parts, file, after - inner, inner, part))
                return false;
        }

        return true;
    }

    /// <summary>Which fields of a message hold strings or further messages that become objects.</summary>
    private sealed class Parts(params (int Field, Parts Part)[] fields)
    {
        private static readonly Parts s_leaf = new();
        private static readonly Parts s_tensor = new((8, s_leaf));
        private static readonly Parts s_attribute = new((1, s_leaf), (4, s_leaf), (5, s_tensor));
        private static readonly Parts s_node = new((1, s_leaf), (2, s_leaf), (3, s_leaf), (4, s_leaf), (5, s_attribute), (7, s_leaf));
        private static readonly Parts s_shape = new((1, new Parts((2, s_leaf))));
        private static readonly Parts s_value = new((1, s_leaf), (2, new Parts((1, new Parts((2, s_shape))))));
        private static readonly Parts s_graph = new((1, s_node), (2, s_leaf), (5, s_tensor), (11, s_value), (12, s_value));

        public static Parts Model { get; } = new((2, s_leaf), (3, s_leaf), (7, s_graph), (8, new Parts((1, s_leaf))));

        public bool HasParts => fields.Length > 0;

        public Parts? Of(int field)
        {
            foreach ((int number, Parts part) in fields)
            {
                if (number == field)
                    return part;
            }

            return null;
        }
    }
}
