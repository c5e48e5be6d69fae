using System.Runtime.CompilerServices;
using Backprop.Simd.Internal.Simd;

namespace Backprop.Simd.Internal.MatrixProduct;

/// <summary>What is done to a few rows of C, or of an operand, while they are in the L1 cache.</summary>
internal static unsafe class TileRows
{
    private const int RowsAhead = 4;

    /// <summary>to[i, j] = from[i, j].</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public static void Copy<V>(float* from, nint fromStride, float* to, nint toStride, nint rows, nint columns)
        where V : struct, IVectorF32<V>
    {
        for (nint i = 0; i < rows; i++, from += fromStride, to += toStride)
        {
            nint j = 0;
            for (; j <= columns - V.Count; j += V.Count)
                V.Store(V.Load(from + j), to + j);
            if (j < columns)
                V.StorePartial(V.LoadPartial(from + j, (int)(columns - j)), to + j, (int)(columns - j));
        }
    }

    /// <summary>to[i, j] = factor from[i, j]; both may be the same. Rows further on are asked for: pieces of long rows lie in a page each, where no prefetcher of the CPU follows.</summary>
    /// <remarks>(Zen 4, X^T dY with such a copy of A^T, medians: 1024 x 1024 of 1024 109.8 to 110.3 GFLOP/s, 2048 x 2048 of 2048 108.6 to 110.8, 1536 x 1100 of 1300 109.4 to 110.2, 1024 x 2000 of 700 110.5 to 111.9; 2, 8 and 16 rows ahead gain as much.)</remarks>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public static void Scale<V>(float factor, float* from, nint fromStride, float* to, nint toStride, nint rows, nint columns)
        where V : struct, IVectorF32<V>
    {
        V f = V.Create(factor);
        for (nint i = 0; i < rows; i++, from += fromStride, to += toStride)
        {
            nint j = 0;
            for (; j <= columns - V.Count; j += V.Count)
            {
                Prefetch.Near(from + (RowsAhead * fromStride) + j);
                V.Store(f * V.Load(from + j), to + j);
            }

            if (j < columns)
                V.StorePartial(f * V.LoadPartial(from + j, (int)(columns - j)), to + j, (int)(columns - j));
        }
    }

    /// <summary>C = beta C before the first product is added; at 0, C is not read.</summary>
    /// <returns>Whether the sums start from C; otherwise from +0, and nothing was written.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public static bool Begin<V>(float beta, float* c, nint ldc, nint rows, nint columns)
        where V : struct, IVectorF32<V>
    {
        if (beta == 0)
            return false;
        if (beta != 1)
            Scale<V>(beta, c, ldc, c, ldc, rows, columns);
        return true;
    }

    /// <summary>C = +0.</summary>
    public static void Clear(float* c, nint ldc, nint rows, nint columns)
    {
        for (nint i = 0; i < rows; i++)
            new Span<float>(c + (i * ldc), (int)columns).Clear();
    }

    /// <summary>Applies the epilogue to finished elements; c points to element [row, column] of C, or to a copy of it that nobody needs afterwards.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public static void Finish<V, TEpilogue>(ref TEpilogue epilogue, float* c, nint ldc, nint row, nint column, nint rows, nint columns)
        where V : struct, IVectorF32<V>
        where TEpilogue : struct, IEpilogue
    {
        if (TEpilogue.DoesNothing)
            return;
        if (TEpilogue.StoresC && V.Count > F32x4.Count && columns < F32x4.Count)
        {
            // So short that it would wait for the row before, too: one value after the other. (6-2, 100 examples: 0.82 to 0.26 us.)
            Finish<F32x1, TEpilogue>(ref epilogue, c, ldc, row, column, rows, columns);
            return;
        }

        TEpilogue local = epilogue;
        nint whole = columns & -V.Count;
        int rest = (int)(columns - whole);
        V last = V.Create(0f);
        for (nint i = 0; i < rows; i++, c += ldc)
        {
            for (nint j = 0; j < whole; j += V.Count)
            {
                V result = local.Apply(V.Load(c + j), row + i, column + j, V.Count);
                if (TEpilogue.StoresC)
                    V.Store(result, c + j);
            }

            if (rest > 0)
            {
                // A part of a vector is stored when the next row has been read: a load waits for a masked store that ends short of it. (20 cycles on Zen 4.)
                V sums = V.LoadPartial(c + whole, rest);
                if (TEpilogue.StoresC && i > 0)
                    V.StorePartial(last, c - ldc + whole, rest);
                last = local.Apply(sums, row + i, column + whole, rest);
            }
        }

        if (TEpilogue.StoresC && rest > 0 && rows > 0)
            V.StorePartial(last, c - ldc + whole, rest);
    }

    /// <summary>Hands the epilogue +0 for every element, for a product of nothing that stores no C.</summary>
    public static void FinishZeros<V, TEpilogue>(ref TEpilogue epilogue, nint rows, nint columns)
        where V : struct, IVectorF32<V>
        where TEpilogue : struct, IEpilogue
    {
        float* zeros = stackalloc float[V.Count];
        V.Store(V.Create(0f), zeros);
        for (nint column = 0; column < columns; column += V.Count)
            Finish<V, TEpilogue>(ref epilogue, zeros, 0, 0, column, rows, Math.Min(V.Count, columns - column));
    }
}
