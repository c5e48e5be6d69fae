using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Backprop.Simd.Internal.Memory;

/// <summary>The spans behind tensor spans. Nothing is copied: a layout that a kernel cannot read as it lies is refused.</summary>
internal static class TensorViews
{
    /// <summary>All values of a tensor that lie side by side in row-major order.</summary>
    public static ReadOnlySpan<float> Dense(scoped in ReadOnlyTensorSpan<float> tensor, string parameter)
    {
        nint stride = 1;
        for (int d = tensor.Rank - 1; d >= 0; d--)
        {
            // A dimension of one, or a tensor of nothing, has no next element.
            if (tensor.Lengths[d] > 1 && tensor.Strides[d] != stride && !tensor.IsEmpty)
                throw Strided(tensor, parameter, "its elements must lie side by side in row-major order");
            stride *= tensor.Lengths[d];
        }

        return Span(tensor, tensor.FlattenedLength, parameter);
    }

    public static Span<float> Dense(scoped in TensorSpan<float> tensor, string parameter) => Writable(Dense((ReadOnlyTensorSpan<float>)tensor, parameter));

    /// <summary>A matrix whose rows lie <paramref name="ld"/> elements apart; from its first element to its last.</summary>
    public static ReadOnlySpan<float> Matrix(scoped in ReadOnlyTensorSpan<float> tensor, string parameter, out int rows, out int columns, out int ld)
    {
        if (tensor.Rank != 2)
            throw new ArgumentException($"{parameter} has {tensor.Rank} dimensions; a matrix has 2.", parameter);
        nint height = tensor.Lengths[0], width = tensor.Lengths[1];
        nint stride = height > 1 ? tensor.Strides[0] : width;
        if ((width > 1 && tensor.Strides[1] != 1 && height > 0) || (stride < width && !tensor.IsEmpty))
            throw Strided(tensor, parameter, "the elements of a row must lie side by side, and rows apart; for a transposed matrix there is Transpose.Yes");
        if (height > int.MaxValue || width > int.MaxValue || stride > int.MaxValue)
            throw TooLong(tensor, parameter);
        rows = (int)height;
        columns = (int)width;
        ld = (int)Math.Max(stride, width);
        return Span(tensor, tensor.IsEmpty ? 0 : checked(((nint)(rows - 1) * ld) + columns), parameter);
    }

    public static Span<float> Matrix(scoped in TensorSpan<float> tensor, string parameter, out int rows, out int columns, out int ld) =>
        Writable(Matrix((ReadOnlyTensorSpan<float>)tensor, parameter, out rows, out columns, out ld));

    /// <summary>Examples of <paramref name="size"/> values: [rows, size], the size in one dimension or several; or [size], one example; or [rows] where the size is 1.</summary>
    public static ReadOnlySpan<float> Rows(scoped in ReadOnlyTensorSpan<float> tensor, int size, string parameter)
    {
        bool isOne = tensor.Rank == 1 && tensor.Lengths[0] == size;
        if (!isOne && (tensor.Rank == 0 || tensor.FlattenedLength != tensor.Lengths[0] * size))
            throw new ArgumentException($"{parameter} is a tensor of {Text(tensor.Lengths)}; examples of {size} values are [rows, {size}].", parameter);
        return Dense(tensor, parameter);
    }

    /// <summary>Both have the same lengths.</summary>
    public static void SameLengths(scoped in ReadOnlyTensorSpan<float> tensor, scoped in ReadOnlyTensorSpan<float> expected, string parameter, string other)
    {
        if (!tensor.Lengths.SequenceEqual(expected.Lengths))
            throw new ArgumentException($"{parameter} is a tensor of {Text(tensor.Lengths)}, and {other} of {Text(expected.Lengths)}; they must be equal.", parameter);
    }

    public static string Text(ReadOnlySpan<nint> sizes) => $"[{string.Join(", ", sizes.ToArray())}]";

    private static ReadOnlySpan<float> Span(scoped in ReadOnlyTensorSpan<float> tensor, nint length, string parameter)
    {
        if (length > int.MaxValue)
            throw TooLong(tensor, parameter);
        return length == 0 ? [] : MemoryMarshal.CreateReadOnlySpan(ref Unsafe.AsRef(in tensor.GetPinnableReference()), (int)length);
    }

    // The tensor span that it came from was writable.
    private static Span<float> Writable(ReadOnlySpan<float> values) => MemoryMarshal.CreateSpan(ref MemoryMarshal.GetReference(values), values.Length);

    private static ArgumentException TooLong(scoped in ReadOnlyTensorSpan<float> tensor, string parameter) =>
        new($"{parameter} is a tensor of {Text(tensor.Lengths)} with strides of {Text(tensor.Strides)}: beyond the {int.MaxValue} elements of a span.", parameter);

    private static ArgumentException Strided(scoped in ReadOnlyTensorSpan<float> tensor, string parameter, string need) =>
        new($"{parameter} is a strided view of {Text(tensor.Lengths)} with strides of {Text(tensor.Strides)}: {need}.", parameter);
}
