using System.Runtime.CompilerServices;
using Backprop.Simd.Internal.Simd;

namespace Backprop.Simd.Internal.MatrixProduct;

/// <summary>Copies a few columns of op(B) into a panel, k rows of NR floats, one after the other, or A^T into tiles, k rows of MR floats. What stands in columns beyond the matrix never reaches C.</summary>
internal static unsafe class Packing
{
    private const int StepsAtOnce = 16;

    // And the next ones asked for meanwhile (beyond the last ones that does no harm): no prefetcher of the CPU follows so many short pieces of rows. (AVX2 on Zen 3, 300 x 500 x 700 X^T dY +5 %, 1000 x 1000 x 300 +8 %, 1024 x 1024 x 1024 +2 to +3 %; from the L2 cache 1000 x 100 x 200 -4 %.)
    private const int StepsAtOnceFromFar = 8;

    /// <summary>panel[p, j] = B[p, j].</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public static void Rows<V>(float* b, nint ldb, nint k, nint columns, float* panel, nint panelColumns)
        where V : struct, IVectorF32<V>
    {
        for (nint p = 0; p < k; p++, b += ldb, panel += panelColumns)
        {
            nint j = 0;
            for (; j <= columns - V.Count; j += V.Count)
                V.Store(V.Load(b + j), panel + j);
            if (j < columns)
                V.Store(V.LoadPartial(b + j, (int)(columns - j)), panel + j);
        }
    }

    /// <summary>
    /// tiles[row steps + p MR + i] = factor A[p, row + i], for a tile of MR rows that begins at a row. A few steps of all tiles at a time, so that the rest of their
    /// cache lines is still near for the next tile.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public static void TilesOfColumns<V>(float factor, float* a, nint lda, nint steps, nint rows, EvenParts heights, bool fromFar, float* tiles)
        where V : struct, IVectorF32<V>
    {
        V f = V.Create(factor);
        nint stepsAtOnce = fromFar ? StepsAtOnceFromFar : StepsAtOnce;
        for (nint step = 0, count; step < steps; step += count)
        {
            count = Math.Min(stepsAtOnce, steps - step);
            for (nint tile = 0; tile < heights.Count; tile++)
            {
                nint row = heights.StartOf(tile), height = heights.SizeOf(tile), vectors = (height + V.Count - 1) / V.Count;
                float* from = a + (step * lda) + row, to = tiles + (row * steps) + (step * height);
                for (nint p = 0; fromFar && p < count; p++)
                    Prefetch.Near(from + ((p + count) * lda));
                // A whole vector writes beyond its step, where nothing may stand yet: hence the last vector of a step first, and the end of a tile without.
                nint whole = row + (vectors * V.Count) > rows ? 0 : Math.Clamp(steps - (((vectors * V.Count) - 1) / height) - step, 0, count);
                for (nint j = (vectors - 1) * V.Count; j >= 0; j -= V.Count)
                {
                    float* source = from + j, target = to + j;
                    nint p = 0;
                    for (; p < whole; p++, source += lda, target += height)
                        V.Store(f * V.Load(source), target);
                    int rest = (int)Math.Min(height - j, V.Count);
                    for (; p < count; p++, source += lda, target += height)
                        V.StorePartial(f * V.LoadPartial(source, rest), target, rest);
                }
            }
        }
    }

    /// <summary>tiles[row steps + p MR + i] = A[row + i, p], for a tile of MR rows that begins at a row.</summary>
    public static void TilesOfRows<V>(float* a, nint lda, nint steps, EvenParts heights, float* tiles)
        where V : struct, IVectorF32<V>
    {
        for (nint tile = 0; tile < heights.Count; tile++)
        {
            nint row = heights.StartOf(tile), height = heights.SizeOf(tile);
            Transposed<V>(a + (row * lda), lda, steps, height, tiles + (row * steps), height);
        }
    }

    /// <summary>panel[p, j] = B[j, p].</summary>
    public static void Transposed<V>(float* b, nint ldb, nint k, nint columns, float* panel, nint panelColumns)
        where V : struct, IVectorF32<V>
    {
        nint j = 0;
        // Of rows that clash, eight at a time: more lines than the L1 cache has ways would be read again and again. (Zen 4, 64 x 1024 x 17: 73 to 90 GFLOP/s.)
        bool wide = k <= StepsAtOnce || !GemmBlocking.RowsClash(ldb);
        if (FourSteps.IsSupported<F32x8>() && (GemmBlocking.TransposesHalfVectors<V>(k) || (!wide && Tiers.HasHalf<V>())))
        {
            for (; wide && j <= columns - (2 * F32x8.Count); j += 2 * F32x8.Count)
                SixteenColumns(b + (j * ldb), ldb, k, panel + j, panelColumns);
            for (; j <= columns - F32x8.Count; j += F32x8.Count)
                Columns<F32x8>(b + (j * ldb), ldb, k, panel + j, panelColumns);
        }
        else if (FourSteps.IsSupported<V>())
        {
            for (; j <= columns - V.Count; j += V.Count)
                Columns<V>(b + (j * ldb), ldb, k, panel + j, panelColumns);
        }

        if (FourSteps.IsSupported<F32x4>())
        {
            for (; j <= columns - 4; j += 4)
                Columns<F32x4>(b + (j * ldb), ldb, k, panel + j, panelColumns);
        }

        if (j < columns && columns >= 4 && FourSteps.IsSupported<F32x4>())
        {
            // The last four again, to the same places.
            j = columns - 4;
            Columns<F32x4>(b + (j * ldb), ldb, k, panel + j, panelColumns);
            return;
        }

        for (; j < columns; j++)
            Column(b + (j * ldb), k, panel + j, panelColumns);
    }

    // At least four steps.
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void SixteenColumns(float* b, nint ldb, nint k, float* panel, nint panelColumns)
    {
        float* b1 = b + ldb, b2 = b1 + ldb, b3 = b2 + ldb;
        nint fourColumns = 4 * ldb, groups = k / 4;
        // The last four again, to the same places, if k does not end with four.
        for (int back = (int)(-k & 3); ; back = 0)
        {
            for (; groups > 0; groups--)
            {
                FourSteps.TransposeSixteen(b, b1, b2, b3, fourColumns, panel, panelColumns);
                b += 4;
                b1 += 4;
                b2 += 4;
                b3 += 4;
                panel += 4 * panelColumns;
            }

            if (back == 0)
                return;
            b -= back;
            b1 -= back;
            b2 -= back;
            b3 -= back;
            panel -= back * panelColumns;
            groups = 1;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Columns<V>(float* b, nint ldb, nint k, float* panel, nint panelColumns)
        where V : struct, IVectorF32<V>
    {
        nint p = 0;
        for (; p <= k - 4; p += 4)
            FourSteps.Transpose<V>(b + p, ldb, 4, panel + (p * panelColumns), panelColumns);
        if (p < k && k >= 4)
        {
            // The last four again, to the same places.
            p = k - 4;
            FourSteps.Transpose<V>(b + p, ldb, 4, panel + (p * panelColumns), panelColumns);
            return;
        }

        if (p < k && FourSteps.TakesFewer)
        {
            FourSteps.Transpose<V>(b, ldb, k, panel, panelColumns);
            return;
        }

        for (; p < k; p++)
        {
            for (nint j = 0; j < V.Count; j++)
                panel[(p * panelColumns) + j] = b[(j * ldb) + p];
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Column(float* b, nint k, float* panel, nint panelColumns)
    {
        for (nint p = 0; p < k; p++)
            panel[p * panelColumns] = b[p];
    }
}
