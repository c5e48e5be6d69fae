using System.Buffers.Binary;

namespace Backprop.Simd.Internal.Onnx;

/// <summary>The values of tensors that lie in the file.</summary>
internal static class Constants
{
    /// <summary>Why the tensor cannot be read, or null; <paramref name="count"/> is how many values it has.</summary>
    public static string? Problem(TensorProto tensor, out int count)
    {
        count = 0;
        if (tensor.DataLocation == TensorProto.Types.DataLocation.External)
            return "its values lie in another file, which is not read";
        long size;
        int stored;
        switch ((TensorProto.Types.DataType)tensor.DataType)
        {
            case TensorProto.Types.DataType.Float:
                (size, stored) = (sizeof(float), tensor.FloatData.Count);
                break;
            case TensorProto.Types.DataType.Double:
                (size, stored) = (sizeof(double), tensor.DoubleData.Count);
                break;
            case TensorProto.Types.DataType.Int64:
                (size, stored) = (sizeof(long), tensor.Int64Data.Count);
                break;
            default:
                return $"its element type is number {tensor.DataType}; float, double and int64 are read";
        }

        if (tensor.HasRawData)
            stored = tensor.RawData.Length % size == 0 ? (int)(tensor.RawData.Length / size) : -1;
        long product = 1;
        foreach (long dimension in tensor.Dims)
        {
            if (dimension < 0)
                return $"its shape {Shape(tensor)} is none";
            product = dimension == 0 ? 0 : product > int.MaxValue / dimension ? int.MaxValue : product * dimension;
        }

        if (product != stored)
            return $"its shape is {Shape(tensor)}, and its values are not as many";
        count = stored;
        return null;
    }

    public static string Shape(TensorProto tensor) => $"[{string.Join(", ", tensor.Dims.Take(8))}{(tensor.Dims.Count > 8 ? ", ..." : string.Empty)}]";

    /// <summary>Value <paramref name="i"/> of a tensor without <see cref="Problem"/>.</summary>
    public static double Value(TensorProto tensor, int i)
    {
        ReadOnlySpan<byte> raw = tensor.HasRawData ? tensor.RawData.Span : default;
        return (TensorProto.Types.DataType)tensor.DataType switch
        {
            TensorProto.Types.DataType.Float => tensor.HasRawData ? BinaryPrimitives.ReadSingleLittleEndian(raw[(i * sizeof(float))..]) : tensor.FloatData[i],
            TensorProto.Types.DataType.Double => tensor.HasRawData ? BinaryPrimitives.ReadDoubleLittleEndian(raw[(i * sizeof(double))..]) : tensor.DoubleData[i],
            _ => tensor.HasRawData ? BinaryPrimitives.ReadInt64LittleEndian(raw[(i * sizeof(long))..]) : tensor.Int64Data[i],
        };
    }
}
