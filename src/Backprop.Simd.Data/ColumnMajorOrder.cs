namespace Backprop.Simd.Data;

/// <summary>From the first dimension fastest to the last one fastest.</summary>
internal static class ColumnMajorOrder
{
    public static float[] ToRowMajor(float[] columnMajor, int[] shape)
    {
        float[] rowMajor = new float[columnMajor.Length];
        int[] index = new int[shape.Length], strides = new int[shape.Length];
        int stride = 1;
        for (int d = shape.Length - 1; d >= 0; d--)
        {
            strides[d] = stride;
            stride *= shape[d];
        }

        int to = 0;
        foreach (float value in columnMajor)
        {
            rowMajor[to] = value;
            for (int d = 0; d < shape.Length; d++)
            {
                to += strides[d];
                if (++index[d] < shape[d])
                    break;
                to -= strides[d] * shape[d];
                index[d] = 0;
            }
        }

        return rowMajor;
    }
}
