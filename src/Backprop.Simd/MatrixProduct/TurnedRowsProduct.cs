using System.Runtime.CompilerServices;
using Backprop.Simd.Internal.Simd;

namespace Backprop.Simd.Internal.MatrixProduct;

/// <summary>C = A B^T of one to four columns and many rows: order A, rows of C as lanes, four steps of A turned right before they are used.</summary>
/// <remarks>
/// So few columns do not pay for an A that is turned as a whole, which <see cref="SwappedProduct"/> does. (Zen 4, by half vectors, 17 x 472 x 3: 25 to 34 GFLOP/s, 64 x 784 x 3 49 to 60, 68 x 737 x 4 46 to 56, 266 x 385 x 1 17 to 22, 499 x 12 x 1 5.8 to 13; 396 x 22 x 4 -6 %;
/// AVX2 there, 17 x 472 x 3 19 to 31, 83 x 350 x 4 39 to 54, 1000 x 100 x 1 12 to 23. Rows 2 KB apart, which fall into few sets of the L1 cache, 512 x 512 x 2 -10 to -50 %.)
/// </remarks>
internal static unsafe class TurnedRowsProduct
{
    private const int MaxColumns = 4;

    // Of V.Count rows.
    private const int MaxGroups = 4;
    private const int MinSteps = 8;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Takes<V>(in GemmArguments g, Block share, bool storesC)
        where V : struct, IVectorF32<V> =>
        storesC && g.TransB && !g.TransA && g.Alpha == 1 && share.Columns <= MaxColumns && share.Rows >= V.Count && g.K >= MinSteps && !GemmBlocking.RowsClash(2 * (nint)g.Lda) && FourSteps.IsSupported<V>() && FourSteps.TakesFewer;

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public static void Run<V, R, TEpilogue>(in GemmArguments g, ref TEpilogue epilogue, Block share)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
        where TEpilogue : struct, IEpilogue
    {
        // Whole cache lines: a vector across two would be stored and loaded twice as long.
        float* memory = stackalloc float[((MaxColumns + TileKernel.StepsTurned) * MaxGroups * V.Count) + GemmBlocking.CacheLineFloats];
        float* sums = memory + GemmBlocking.HeadOf(memory), turned = sums + (MaxColumns * MaxGroups * V.Count);
        float* c = g.C + (share.Row * g.Ldc) + share.Column;

        // Whose sums and steps the registers hold. (AVX2, 64 x 784 x 3 by four groups -9 %.)
        nint mostGroups = Tiers.HasThirtyTwoRegisters || share.Columns <= 2 ? MaxGroups : MaxGroups / 2;
        bool accumulate = TileRows.Begin<V>(g.Beta, c, g.Ldc, share.Rows, share.Columns);
        for (nint done = 0, rows; done < share.Rows; done += rows)
        {
            nint left = share.Rows - done, groups = left < 2 * V.Count ? 1 : left < 4 * V.Count ? 2 : mostGroups, lanes = groups * V.Count;
            rows = Math.Min(left, lanes);

            // A last group that is not full reaches back over rows that are finished, and whose sums are not kept.
            nint back = lanes - rows, row = share.Row + done - back;
            float* target = c + (done * g.Ldc);
            if (accumulate)
                Packing.Transposed<V>(target, g.Ldc, share.Columns, rows, sums + back, lanes);
            float* a = g.A + (row * g.Lda), b = g.B + (share.Column * g.Ldb);
            switch (groups)
            {
                case 4:
                    Columns<V, R, N4>((int)share.Columns, g.K, a, g.Lda, b, g.Ldb, sums, turned, accumulate);
                    break;
                case 2:
                    Columns<V, R, N2>((int)share.Columns, g.K, a, g.Lda, b, g.Ldb, sums, turned, accumulate);
                    break;
                default:
                    Columns<V, R, N1>((int)share.Columns, g.K, a, g.Lda, b, g.Ldb, sums, turned, accumulate);
                    break;
            }

            Packing.Transposed<V>(sums + back, lanes, rows, share.Columns, target, g.Ldc);
            TileRows.Finish<V, TEpilogue>(ref epilogue, target, g.Ldc, share.Row + done, share.Column, rows, share.Columns);
        }
    }

    private static void Columns<V, R, TGroups>(int columns, nint k, float* a, nint lda, float* b, nint ldb, float* sums, float* turned, bool accumulate)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
        where TGroups : unmanaged
    {
        switch (columns)
        {
            case 1:
                Rows<V, R, TGroups, N1>(k, a, lda, b, ldb, sums, turned, accumulate);
                break;
            case 2:
                Rows<V, R, TGroups, N2>(k, a, lda, b, ldb, sums, turned, accumulate);
                break;
            case 3:
                Rows<V, R, TGroups, N3>(k, a, lda, b, ldb, sums, turned, accumulate);
                break;
            case 4:
                Rows<V, R, TGroups, N4>(k, a, lda, b, ldb, sums, turned, accumulate);
                break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Rows<V, R, TGroups, TColumns>(nint k, float* a, nint lda, float* b, nint ldb, float* sums, float* turned, bool accumulate)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
        where TGroups : unmanaged
        where TColumns : unmanaged
    {
        nint lanes = sizeof(TGroups) * V.Count, last = lanes - V.Count;
        RowOfVectors<V, R, TGroups> c0 = default, c1 = default, c2 = default, c3 = default;
        if (accumulate)
        {
            c0.Load(sums, 0, last);
            if (sizeof(TColumns) > 1)
                c1.Load(sums + lanes, 0, last);
            if (sizeof(TColumns) > 2)
                c2.Load(sums + (2 * lanes), 0, last);
            if (sizeof(TColumns) > 3)
                c3.Load(sums + (3 * lanes), 0, last);
        }

        float* b1 = b + ldb, b2 = b1 + ldb, b3 = b2 + ldb;
        for (; k >= 4; k -= 4, a += 4, b += 4, b1 += 4, b2 += 4, b3 += 4)
        {
            Turn<V, TGroups>(a, lda, 4, turned);
            Step<V, R, TGroups, TColumns>(0, turned, b, b1, b2, b3, ref c0, ref c1, ref c2, ref c3);
            Step<V, R, TGroups, TColumns>(1, turned, b, b1, b2, b3, ref c0, ref c1, ref c2, ref c3);
            Step<V, R, TGroups, TColumns>(2, turned, b, b1, b2, b3, ref c0, ref c1, ref c2, ref c3);
            Step<V, R, TGroups, TColumns>(3, turned, b, b1, b2, b3, ref c0, ref c1, ref c2, ref c3);
        }

        if (k > 0)
        {
            Turn<V, TGroups>(a, lda, k, turned);
            for (nint p = 0; p < k; p++)
                Step<V, R, TGroups, TColumns>(p, turned, b, b1, b2, b3, ref c0, ref c1, ref c2, ref c3);
        }

        c0.Store(sums, 0, last);
        if (sizeof(TColumns) > 1)
            c1.Store(sums + lanes, 0, last);
        if (sizeof(TColumns) > 2)
            c2.Store(sums + (2 * lanes), 0, last);
        if (sizeof(TColumns) > 3)
            c3.Store(sums + (3 * lanes), 0, last);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Step<V, R, TGroups, TColumns>(nint step, float* turned, float* b, float* b1, float* b2, float* b3,
        ref RowOfVectors<V, R, TGroups> c0, ref RowOfVectors<V, R, TGroups> c1, ref RowOfVectors<V, R, TGroups> c2, ref RowOfVectors<V, R, TGroups> c3)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
        where TGroups : unmanaged
        where TColumns : unmanaged
    {
        RowOfVectors<V, R, TGroups> x = default;
        x.LoadRow(turned, step);
        c0.MultiplyAdd(b[step], in x);
        if (sizeof(TColumns) > 1)
            c1.MultiplyAdd(b1[step], in x);
        if (sizeof(TColumns) > 2)
            c2.MultiplyAdd(b2[step], in x);
        if (sizeof(TColumns) > 3)
            c3.MultiplyAdd(b3[step], in x);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Turn<V, TGroups>(float* a, nint lda, nint steps, float* turned)
        where V : struct, IVectorF32<V>
        where TGroups : unmanaged
    {
        nint group = V.Count * lda, lanes = sizeof(TGroups) * V.Count;
        FourSteps.Transpose<V>(a, lda, steps, turned, lanes);
        if (sizeof(TGroups) > 1)
            FourSteps.Transpose<V>(a + group, lda, steps, turned + V.Count, lanes);
        if (sizeof(TGroups) > 2)
            FourSteps.Transpose<V>(a + (2 * group), lda, steps, turned + (2 * V.Count), lanes);
        if (sizeof(TGroups) > 3)
            FourSteps.Transpose<V>(a + (3 * group), lda, steps, turned + (3 * V.Count), lanes);
    }
}
