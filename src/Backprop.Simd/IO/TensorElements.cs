namespace Backprop.Simd.Internal.IO;

/// <summary>Elements between memory and file. A matrix is stored row by row of the file, which are the columns in memory.</summary>
internal static class TensorElements
{
    // Sixteen floats of a column in memory are one cache line. The buffer holds 64 KB, whatever the matrix.
    private const int Rows = 16;
    private const int Columns = 1024;

    public static void Write(Stream stream, ReadOnlySpan<float> elements, long[] shape)
    {
        if (shape.Length < 2)
        {
            LittleEndian.Write(stream, elements);
            return;
        }

        int rows = (int)shape[0];
        float[] row = new float[shape[1]];
        for (int r = 0; r < rows; r++)
        {
            for (int c = 0; c < row.Length; c++)
                row[c] = elements[(c * rows) + r];
            LittleEndian.Write(stream, row);
        }
    }

    public static void Read(SafetensorsReader reader, SafetensorsEntry entry, Span<float> elements, long[] shape)
    {
        if (shape.Length < 2)
        {
            reader.ReadFloats(entry, 0, elements);
            return;
        }

        int rows = (int)shape[0], columns = (int)shape[1];
        float[] block = new float[Math.Min(Rows, rows) * Math.Min(Columns, columns)];
        for (int top = 0; top < rows; top += Rows)
        {
            int height = Math.Min(Rows, rows - top);
            for (int left = 0; left < columns; left += Columns)
            {
                int width = Math.Min(Columns, columns - left);
                for (int r = 0; r < height; r++)
                    reader.ReadFloats(entry, ((long)(top + r) * columns) + left, block.AsSpan(r * width, width));
                for (int c = 0; c < width; c++)
                {
                    Span<float> column = elements.Slice(((left + c) * rows) + top, height);
                    for (int r = 0; r < column.Length; r++)
                        column[r] = block[(r * width) + c];
                }
            }
        }
    }
}
