using System.Numerics;
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
    // The largest odd part of a number of columns.
    private const int MaxPhases = 7;

    // (Zen 4, 256 x 6: 10 to 18 GFLOP/s, 64 x 5 8.5 to 9.4, 40 x 5 -1 %; AVX2, 256 x 3: 7 to 11.5.)
    private const int RowsWorthATable = 64;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Takes<V>(in GemmArguments g)
        where V : struct, IVectorF32<V> =>
        g.K == 1 && g.N <= V.Count / 2 && g.M > 2 && g.Ldc == g.N && !g.TransB && (g.TransA || g.Lda == 1) && V.Count > 4 && FourSteps.IsSupported<V>();

    /// <summary>C = x y^T or C + x y^T.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public static void Run<V, R>(in GemmArguments g)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
    {
        if (g.M >= RowsWorthATable)
            Repeating<V, R>(in g);
        else
            From<V, R>(in g, 0, 0, 0);
    }

    /// <summary>From the vector on that begins in this row and column.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void From<V, R>(in GemmArguments g, nint at, nint row, int column)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
    {
        int columns = g.N, rowsAtOnce = (int)((uint)V.Count / (uint)columns), columnsBeyond = V.Count - (rowsAtOnce * columns);
        nint rows = g.M, length = rows * columns;
        bool accumulate = g.Beta == 1;
        V zero = V.Create(0f), n = V.CreateInt(columns), inverse = V.Create(1f / columns);
        R y = V.Unwrap(V.LoadPartial(g.B, columns));
        float* c = g.C;
        for (; at < length; at += V.Count)
        {
            Place(column, n, inverse, out V i, out V j);
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

    /// <summary>Of many rows: which lane is which row and column repeats after some vectors, and is worked out once.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Repeating<V, R>(in GemmArguments g)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
    {
        int columns = g.N, phases = columns >> BitOperations.TrailingZeroCount(columns), rowsAtOnce = phases * V.Count / columns;
        float* places = stackalloc float[MaxPhases * V.Count], factors = stackalloc float[MaxPhases * V.Count];
        nint* starts = stackalloc nint[MaxPhases];
        V zero = V.Create(0f), n = V.CreateInt(columns), inverse = V.Create(1f / columns);
        R y = V.Unwrap(V.LoadPartial(g.B, columns));
        for (int phase = 0; phase < phases; phase++)
        {
            int first = phase * V.Count;
            starts[phase] = first / columns;
            Place(first % columns, n, inverse, out V i, out V j);
            V.Store(i, places + first);
            V.Store(V.Wrap(V.PermuteRegister(y, V.Unwrap(j))), factors + first);
        }

        bool accumulate = g.Beta == 1;
        float* c = g.C;
        nint row = 0;

        // As long as x can be read by whole vectors.
        for (; row <= g.M - V.Count - rowsAtOnce; row += rowsAtOnce)
        {
            for (int phase = 0; phase < phases; phase++, c += V.Count)
            {
                V x = V.Wrap(V.PermuteRegister(V.Unwrap(V.Load(g.A + row + starts[phase])), V.Unwrap(V.Load(places + (phase * V.Count)))));
                V.Store(V.MultiplyAdd(x, V.Load(factors + (phase * V.Count)), accumulate ? V.Load(c) : zero) + zero, c);
            }
        }

        From<V, R>(in g, row * columns, row, 0);
    }

    /// <summary>Of each lane its row, counted from that of lane 0, and its column; lane 0 is in the given one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Place<V>(int column, V columns, V inverse, out V i, out V j)
        where V : struct, IVectorF32<V>
    {
        // Of integers below 32 this quotient is never as far from the true one as that is from the next integer.
        V index = V.AddInt(V.IndicesInt, V.CreateInt(column));
        i = V.FloatToIntTruncated((V.IntToFloat(index) + V.Create(0.5f)) * inverse);
        j = V.SubtractInt(index, V.MultiplyInt(i, columns));
    }
}
