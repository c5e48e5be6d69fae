using System.Runtime.CompilerServices;
using Backprop.Simd.Internal.Simd;

namespace Backprop.Simd.Internal.MatrixProduct;

/// <summary>The loops around <see cref="QuadKernel"/>: order B, A B of many rows.</summary>
/// <remarks>
/// A part is up to four vectors of the columns: v vectors of so many fours of lanes. Column v f + i of a part stands in four f of vector i, so that four vectors
/// of B's rows become vectors of fours by transposing inside fours of lanes, and fours of sums a row of C by adding there. (Where v is not 4, a permutation goes with it.)
/// Many rows are multiplied, then folded, by one call each. (Zen 4, 32 x 64 x 10: 66 to 73 GFLOP/s, 128 x 64 x 10 70 to 82, 128 x 256 x 10 92 to 102, 500 x 64 x 10 72 to 86; AVX2 there, 200 x 64 x 3 43 to 57, 200 x 32 x 4 39 to 58.)
/// </remarks>
internal static unsafe class QuadProduct
{
    private const int Steps = QuadKernel.Steps;

    // Of many rows, so that few calls fold them; they share the L1 cache with A and B.
    private const int MaxSums = 2048;

    /// <summary>The floats that a packed B of so many steps takes: whole vectors and whole groups of steps.</summary>
    public static int PanelFloats(int n, int k)
    {
        int columns = Math.Max(16, System.Numerics.Vector<float>.Count) / Steps;
        return checked(((n + columns - 1) / columns * columns) * ((k + Steps - 1) / Steps * Steps));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public static void Run<V, R, TEpilogue>(in GemmArguments g, ref TEpilogue epilogue, Block share, float* scratch)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
        where TEpilogue : struct, IEpilogue
    {
        int n = g.N, rest = g.K % Steps, foursOfVector = V.Count / Steps, vectors = (n + foursOfVector - 1) / foursOfVector;
        int kernelVectors = QuadKernel.Vectors(vectors), tileRows = QuadKernel.Rows(kernelVectors);
        nint lda = g.Lda, ldc = g.Ldc, groups = g.K / Steps, groupFloats = vectors * V.Count;
        float* panel = scratch, copyOfA = scratch + PanelFloats(n, g.K);

        // The sums of a row lie together, as the columns of a step in the panel. Rows beyond the last are read where several fold at once.
        nint rowsAtOnce = g.Alpha == 1 ? Math.Max(MaxSums / groupFloats, tileRows) : tileRows;
        float* sums = stackalloc float[Math.Max(MaxSums, QuadKernel.MaxRows * (int)groupFloats) + (Steps * (int)groupFloats)];
        sums = (float*)(((nuint)sums + (nuint)(V.Count * sizeof(float)) - 1) & ~((nuint)(V.Count * sizeof(float)) - 1));
        float* lastOfA = stackalloc float[(int)rowsAtOnce * Steps];
        for (nint done = 0, rows; done < share.Rows; done += rows)
        {
            rows = Math.Min(share.Rows - done, rowsAtOnce);
            nint row = share.Row + done, rowOfA = lda;
            float* a = g.A + (row * lda), c = g.C + (row * ldc);
            if (g.Alpha != 1)
            {
                TileRows.Scale<V>(g.Alpha, a, lda, copyOfA, g.K, rows, g.K);
                a = copyOfA;
                rowOfA = g.K;
            }

            bool accumulate = TileRows.Begin<V>(g.Beta, c, ldc, rows, n);
            for (int vector = 0, width; vector < vectors; vector += width)
            {
                width = Math.Min(vectors - vector, QuadKernel.MaxVectors);
                int column = vector * foursOfVector, count = Math.Min(width * foursOfVector, n - column);
                if (done == 0)
                    Pack<V, R>(g.B + column, g.Ldb, groups, rest, count, width, panel + (vector * V.Count), groupFloats);
                if (accumulate)
                    Spread<V>(c + column, ldc, (int)rows, count, width, sums + (vector * V.Count), groupFloats);
            }

            var tiles = new EvenParts(rows, tileRows);
            for (nint tile = 0; tile < tiles.Count; tile += tiles.Alike(tile))
            {
                nint first = tiles.StartOf(tile);
                for (int vector = 0; vector < vectors; vector += kernelVectors)
                {
                    nint at = vector * V.Count;
                    QuadKernel.Run<V, R>(tiles.SizeOf(tile), Math.Min(vectors - vector, kernelVectors), groups, a + (first * rowOfA), rowOfA, panel + at, groupFloats, sums + (first * groupFloats) + at, groupFloats, accumulate, tiles.Alike(tile));
                }
            }

            if (rest > 0)
                Rest<V, R>(rest, (int)rows, a + (groups * Steps), rowOfA, panel + (groups * groupFloats), vectors, sums, groupFloats, isLast: done + rows == share.Rows, lastOfA);
            for (int vector = 0, width; vector < vectors; vector += width)
            {
                width = Math.Min(vectors - vector, QuadKernel.MaxVectors);
                int column = vector * foursOfVector;
                Fold<V, R, TEpilogue>(ref epilogue, sums + (vector * V.Count), groupFloats, row, (int)rows, column, Math.Min(width * foursOfVector, n - column), width, c + column, ldc);
            }
        }
    }

    /// <summary>A group of four steps of B as vectors of fours: panel[p / 4, i, f, p mod 4] = B[p, v f + i].</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Pack<V, R>(float* b, nint ldb, nint groups, int rest, int columns, int vectors, float* panel, nint groupFloats)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
    {
        if (vectors == 1 && columns * Steps == V.Count && ldb > columns)
        {
            for (; groups > 0; groups--, b += Steps * ldb, panel += groupFloats)
                FourSteps.Transpose<F32x4>(b, ldb, V.Count / Steps, panel, Steps);
        }

        if (columns == V.Count)
        {
            // Lanes stand right.
            for (; groups > 0; groups--, b += Steps * ldb, panel += groupFloats)
            {
                R s0 = V.LoadRegister(b), s1 = V.LoadRegister(b + ldb), s2 = V.LoadRegister(b + (2 * ldb)), s3 = V.LoadRegister(b + (3 * ldb));
                V.TransposeFours(ref s0, ref s1, ref s2, ref s3);
                V.StoreRegister(s0, panel);
                V.StoreRegister(s1, panel + V.Count);
                V.StoreRegister(s2, panel + (2 * V.Count));
                V.StoreRegister(s3, panel + (3 * V.Count));
            }
        }

        if (groups > 0 || rest > 0)
            PackParts<V, R>(b, ldb, groups, rest, columns, vectors, panel, groupFloats);
    }

    /// <summary>The same, where columns fill no vector or steps no group. Apart, so that it is compiled where it is needed.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void PackParts<V, R>(float* b, nint ldb, nint groups, int rest, int columns, int vectors, float* panel, nint groupFloats)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
    {
        V lanes = V.IndicesInt;
        if (vectors == 1 && ldb == columns)
        {
            // Four steps lie side by side: one permutation, lane 4 f + p gets element [p, f]. (24 x 216 x 4: 49 to 65 GFLOP/s, 19 x 119 x 2: 27 to 35.)
            R turned = V.Unwrap(V.AddInt(V.ShiftRightLogicalInt(lanes, 2), V.MultiplyInt(lanes & V.CreateInt(Steps - 1), V.CreateInt(columns))));
            for (; groups > 0; groups--, b += Steps * columns, panel += groupFloats)
                V.StoreRegister(V.PermuteRegister(V.Unwrap(V.LoadPartial(b, Steps * columns)), turned), panel);
        }

        // Lane 4 f + i gets lane v f + i.
        R order = V.Unwrap(V.AddInt(V.MultiplyInt(V.ShiftRightLogicalInt(lanes, 2), V.CreateInt(vectors)), lanes & V.CreateInt(Steps - 1)));
        for (nint group = 0; group <= groups; group++, b += Steps * ldb, panel += groupFloats)
        {
            int steps = group < groups ? Steps : rest;
            if (steps == 0)
                break;
            R s0 = V.PermuteRegister(V.Unwrap(V.LoadPartial(b, columns)), order), s1 = s0, s2 = s0, s3 = s0;
            if (steps > 1)
                s1 = V.PermuteRegister(V.Unwrap(V.LoadPartial(b + ldb, columns)), order);
            if (steps > 2)
                s2 = V.PermuteRegister(V.Unwrap(V.LoadPartial(b + (2 * ldb), columns)), order);
            if (steps > 3)
                s3 = V.PermuteRegister(V.Unwrap(V.LoadPartial(b + (3 * ldb), columns)), order);
            V.TransposeFours(ref s0, ref s1, ref s2, ref s3);
            V.StoreRegister(s0, panel);
            if (vectors > 1)
                V.StoreRegister(s1, panel + V.Count);
            if (vectors > 2)
                V.StoreRegister(s2, panel + (2 * V.Count));
            if (vectors > 3)
                V.StoreRegister(s3, panel + (3 * V.Count));
        }
    }

    /// <summary>Chain 0 starts from C, the others from +0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    internal static void Spread<V>(float* c, nint ldc, int rows, int columns, int vectors, float* sums, nint rowFloats)
        where V : struct, IVectorF32<V>
    {
        for (; rows > 0; rows--, c += ldc, sums += rowFloats)
        {
            for (int vector = 0; vector < vectors; vector++)
                V.Store(V.Create(0f), sums + (vector * V.Count));
            for (int j = 0; j < columns; j++)
                sums[(j % vectors * V.Count) + (j / vectors * Steps)] = c[j];
        }
    }

    /// <summary>The last 1 to 3 steps: the chains that they do not reach keep what they hold.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    internal static void Rest<V, R>(int steps, int rows, float* a, nint lda, float* b, int vectors, float* sums, nint rowFloats, bool isLast, float* copy)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
    {
        if (isLast)
        {
            // Four floats of A's last row would end beyond it. (Of other rows they end in the next.)
            for (int i = 0; i < rows; i++)
                F32x4.Store(F32x4.LoadPartial(a + (i * lda), steps), copy + (i * Steps));
            a = copy;
            lda = Steps;
        }

        V reached = V.LessThanInt(V.IndicesInt & V.CreateInt(Steps - 1), V.CreateInt(steps));
        for (; rows > 0; rows--, a += lda, sums += rowFloats)
        {
            V x = V.Wrap(V.BroadcastFourRegister(a));
            for (int vector = 0; vector < vectors; vector++)
            {
                V sum = V.Load(sums + (vector * V.Count));
                V.Store(V.Select(reached, V.MultiplyAdd(x, V.Load(b + (vector * V.Count)), sum), sum), sums + (vector * V.Count));
            }
        }
    }

    /// <summary>C = epilogue((chain 0 + chain 2) + (chain 1 + chain 3)).</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    internal static void Fold<V, R, TEpilogue>(ref TEpilogue epilogue, float* sums, nint rowFloats, nint row, int rows, nint column, int columns, int vectors, float* c, nint ldc)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
        where TEpilogue : struct, IEpilogue
    {
        TEpilogue local = epilogue;
        if (columns == V.Count)
        {
            // Lanes stand right. (32 x 64 x 10, with the unrolled rows below: +3 %, AVX2 +9 %.)
            for (; rows > 0; rows--, row++, sums += rowFloats, c += ldc)
                Store<V, R, TEpilogue>(ref local, V.SumFours(V.LoadRegister(sums), V.LoadRegister(sums + V.Count), V.LoadRegister(sums + (2 * V.Count)), V.LoadRegister(sums + (3 * V.Count))), row, column, V.Count, c);
            return;
        }

        V lanes = V.IndicesInt;
        if (vectors == 1)
        {
            V one = V.CreateInt(1), of0 = V.ShiftLeftInt(lanes, 2), of1 = V.AddInt(of0, one), of2 = V.AddInt(of1, one), of3 = V.AddInt(of2, one);
            for (; rows >= 4; rows -= 4, row += 4, sums += 4 * rowFloats, c += 4 * ldc)
            {
                R sum = V.SumFours(V.LoadRegister(sums), V.LoadRegister(sums + rowFloats), V.LoadRegister(sums + (2 * rowFloats)), V.LoadRegister(sums + (3 * rowFloats)));
                Store<V, R, TEpilogue>(ref local, V.PermuteRegister(sum, V.Unwrap(of0)), row, column, columns, c);
                Store<V, R, TEpilogue>(ref local, V.PermuteRegister(sum, V.Unwrap(of1)), row + 1, column, columns, c + ldc);
                Store<V, R, TEpilogue>(ref local, V.PermuteRegister(sum, V.Unwrap(of2)), row + 2, column, columns, c + (2 * ldc));
                Store<V, R, TEpilogue>(ref local, V.PermuteRegister(sum, V.Unwrap(of3)), row + 3, column, columns, c + (3 * ldc));
            }

            if (rows == 0)
                return;
        }

        // Four vectors fold at once, of up to four rows. In the sums of row t lane v f + i gets lane 4 f + v t + i; f = lane / v by a product, which is exact for so few lanes.
        int together = vectors > 2 ? 1 : Steps >> (vectors - 1);
        V four = V.ShiftRightLogicalInt(V.MultiplyInt(lanes, V.CreateInt((0x10000 / vectors) + 1)), 16), step = V.CreateInt(vectors);
        V firstRow = V.AddInt(lanes, V.MultiplyInt(four, V.CreateInt(Steps - vectors)));
        nint second = vectors > 1 ? V.Count : rowFloats, third = vectors > 2 ? 2 * V.Count : vectors == 2 ? rowFloats : 2 * rowFloats, fourth = vectors > 3 ? 3 * V.Count : vectors == 3 ? third : second + third;
        for (; rows > 0; rows -= together, sums += together * rowFloats)
        {
            R sum = V.SumFours(V.LoadRegister(sums), V.LoadRegister(sums + second), V.LoadRegister(sums + third), V.LoadRegister(sums + fourth));
            V order = firstRow;
            int left = Math.Min(together, rows);
            do
            {
                Store<V, R, TEpilogue>(ref local, V.PermuteRegister(sum, V.Unwrap(order)), row, column, columns, c);
                row++;
                c += ldc;
                order = V.AddInt(order, step);
            }
            while (--left > 0);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store<V, R, TEpilogue>(ref TEpilogue epilogue, R sums, nint row, nint column, int columns, float* c)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
        where TEpilogue : struct, IEpilogue
    {
        V result = epilogue.Apply(V.Wrap(sums), row, column, columns);
        if (TEpilogue.StoresC && columns == V.Count)
            V.Store(result, c);
        else if (TEpilogue.StoresC)
            V.StorePartial(result, c, columns);
    }
}
