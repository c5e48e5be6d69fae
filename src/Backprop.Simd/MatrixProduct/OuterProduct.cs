using System.Runtime.CompilerServices;
using Backprop.Simd.Internal.Simd;

namespace Backprop.Simd.Internal.MatrixProduct;

/// <summary>C = x y^T (+ C) with at most half as many columns as lanes, C's rows one after the other: the weight gradient of one example before a few outputs.</summary>
/// <remarks>
/// C is written as whole vectors that span rows. A partial store a row would be one more instruction each; and whoever loads C next by whole vectors
/// would wait until all of them have left the store buffer. (4 x 16 x 3, a training step: -5 %. With more columns a vector spans too few rows: 10 of 16 lanes, +4 %.)
/// </remarks>
internal static unsafe class OuterProduct
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Takes<V>(in GemmArguments g)
        where V : struct, IVectorF32<V> =>
        g.K == 1 && g.N <= V.Count / 2 && g.M > 2 && g.Ldc == g.N && !g.TransB && (g.TransA || g.Lda == 1) && V.Count > 4 && FourSteps.IsSupported<V>();

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public static void Run<V, R>(in GemmArguments g)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
    {
        int columns = g.N, rowsAtOnce = (int)((uint)V.Count / (uint)columns), columnsBeyond = V.Count - (rowsAtOnce * columns);
        nint rows = g.M, length = rows * columns;
        bool accumulate = g.Beta == 1;
        V zero = V.Create(0f), n = V.CreateInt(columns), inverse = V.Create(1f / columns);
        R y = V.Unwrap(V.LoadPartial(g.B, columns));
        float* c = g.C;

        // The vector begins in this row and column.
        nint row = 0;
        int column = 0;
        for (nint at = 0; at < length; at += V.Count)
        {
            // Of integers below 32 this quotient is never as far from the true one as that is from the next integer.
            V index = V.AddInt(V.IndicesInt, V.CreateInt(column));
            V i = V.FloatToIntTruncated((V.IntToFloat(index) + V.Create(0.5f)) * inverse), j = V.SubtractInt(index, V.MultiplyInt(i, n));
            R x = V.PermuteRegister(V.Unwrap(V.LoadPartial(g.A + row, (int)Math.Min(rows - row, V.Count))), V.Unwrap(i));
            int count = (int)Math.Min(length - at, V.Count);
            V sum = V.MultiplyAdd(V.Wrap(x), V.Wrap(V.PermuteRegister(y, V.Unwrap(j))), accumulate ? V.LoadPartial(c + at, count) : zero);

            // Order B: of four chains the other three are +0.
            V.StorePartial(sum + zero, c + at, count);
            row += rowsAtOnce;
            column += columnsBeyond;
            if (column >= columns)
            {
                column -= columns;
                row++;
            }
        }
    }
}
