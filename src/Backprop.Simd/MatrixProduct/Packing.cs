using Backprop.Simd.Internal.Simd;

namespace Backprop.Simd.Internal.MatrixProduct;

/// <summary>Copies a few columns of op(B) into a panel: k rows of NR floats, one after the other, columns beyond the matrix +0.</summary>
internal static unsafe class Packing
{
    /// <summary>panel[p, j] = B[p, j].</summary>
    public static void Rows<V>(float* b, nint ldb, nint k, nint columns, float* panel, nint panelColumns)
        where V : struct, IVectorF32<V>
    {
        for (nint p = 0; p < k; p++, b += ldb, panel += panelColumns)
        {
            for (nint j = 0; j < panelColumns; j += V.Count)
                V.Store(columns - j >= V.Count ? V.Load(b + j) : V.LoadPartial(b + j, (int)Math.Max(columns - j, 0)), panel + j);
        }
    }

    /// <summary>panel[p, j] = B[j, p].</summary>
    public static void Transposed(float* b, nint ldb, nint k, nint columns, float* panel, nint panelColumns)
    {
        for (nint j = 0; j < panelColumns; j++, b += ldb)
        {
            for (nint p = 0; p < k; p++)
                panel[(p * panelColumns) + j] = j < columns ? b[p] : 0f;
        }
    }
}
