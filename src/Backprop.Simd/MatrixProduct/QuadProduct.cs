using System.Runtime.CompilerServices;
using Backprop.Simd.Internal.Simd;

namespace Backprop.Simd.Internal.MatrixProduct;

/// <summary>The loops around <see cref="QuadKernel"/>: order B, A B of many rows.</summary>
/// <remarks>
/// A part is what a tile takes of the columns: v vectors of so many fours of lanes. Column v f + i of a part stands in four f of vector i, so that four vectors
/// of B's rows become vectors of fours, and fours of sums a row of C, by transposing inside fours of lanes. (Where v is not 4, a permutation goes with it.)
/// </remarks>
internal static unsafe class QuadProduct
{
    private const int Steps = QuadKernel.Steps;

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
        int parts = (vectors + QuadKernel.MaxVectors - 1) / QuadKernel.MaxVectors, tileRows = QuadKernel.Rows(Math.Min((vectors + parts - 1) / parts, QuadKernel.Vectors));
        nint lda = g.Lda, ldc = g.Ldc, groups = g.K / Steps, groupFloats = vectors * V.Count;
        float* panel = scratch, copyOfA = scratch + PanelFloats(n, g.K);

        // The sums of a row lie together, as the columns of a step in the panel.
        float* sums = stackalloc float[(QuadKernel.MaxRows + 1) * (int)groupFloats];
        sums = (float*)(((nuint)sums + (nuint)(V.Count * sizeof(float)) - 1) & ~((nuint)(V.Count * sizeof(float)) - 1));
        float* lastOfA = stackalloc float[QuadKernel.MaxRows * Steps];
        nint tiles = (share.Rows + tileRows - 1) / tileRows, done = 0;
        for (nint tile = 0; tile < tiles; tile++)
        {
            int height = (int)((share.Rows - done + tiles - tile - 1) / (tiles - tile));
            nint row = share.Row + done, rowOfA = lda;
            float* a = g.A + (row * lda), c = g.C + (row * ldc);
            if (g.Alpha != 1)
            {
                TileRows.Scale<V>(g.Alpha, a, lda, copyOfA, g.K, height, g.K);
                a = copyOfA;
                rowOfA = g.K;
            }

            bool accumulate = TileRows.Begin<V>(g.Beta, c, ldc, height, n);
            int vector = 0;
            for (int part = 0; part < parts; part++)
            {
                // With sixteen registers a part takes several tiles: four vectors fold into whole vectors of C. (AVX2 on Zen 3, beside a neighbour, 64 x 128 x 10: 25 to 31 GFLOP/s, 300 x 100 x 7 27 to 34, 64 x 64 x 5 15 to 19.)
                int width = Tiers.HasThirtyTwoRegisters ? (vectors - vector + parts - part - 1) / (parts - part) : Math.Min(vectors - vector, QuadKernel.MaxVectors), column = vector * foursOfVector;
                int count = Math.Min(width * foursOfVector, n - column);
                float* panelOfPart = panel + (vector * V.Count), sumsOfPart = sums + (vector * V.Count);
                if (tile == 0)
                    Pack<V, R>(g.B + column, g.Ldb, groups, rest, count, width, panelOfPart, groupFloats);
                if (accumulate)
                    Spread<V>(c + column, ldc, height, count, width, sumsOfPart, groupFloats);
                for (int first = 0; first < width; first += QuadKernel.Vectors)
                    QuadKernel.Run<V, R>(height, Math.Min(width - first, QuadKernel.Vectors), groups, a, rowOfA, panelOfPart + (first * V.Count), groupFloats, sumsOfPart + (first * V.Count), groupFloats, accumulate);
                if (rest > 0)
                    Rest<V, R>(rest, height, a + (groups * Steps), rowOfA, panelOfPart + (groups * groupFloats), width, sumsOfPart, groupFloats, isLast: tile == tiles - 1, lastOfA);
                Fold<V, R, TEpilogue>(ref epilogue, sumsOfPart, groupFloats, row, height, column, count, width, c + column, ldc);
                vector += width;
            }

            done += height;
        }
    }

    /// <summary>A group of four steps of B as vectors of fours: panel[p / 4, i, f, p mod 4] = B[p, v f + i].</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Pack<V, R>(float* b, nint ldb, nint groups, int rest, int columns, int vectors, float* panel, nint groupFloats)
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

        // Lane v f + i gets lane 4 f + i; f = lane / v by a product, which is exact for so few lanes.
        V lanes = V.IndicesInt, four = V.ShiftRightLogicalInt(V.MultiplyInt(lanes, V.CreateInt((0x10000 / vectors) + 1)), 16);
        R order = V.Unwrap(V.AddInt(lanes, V.MultiplyInt(four, V.CreateInt(Steps - vectors))));
        if (vectors == 1)
        {
            // Four rows take the shuffles of one. (150 x 64 x 4: 30 to 34 GFLOP/s.)
            V first = V.MultiplyInt(lanes, V.CreateInt(Steps)), one = V.CreateInt(1);
            for (; rows >= 4; rows -= 4, sums += 4 * rowFloats)
            {
                R s0 = V.LoadRegister(sums), s1 = V.LoadRegister(sums + rowFloats), s2 = V.LoadRegister(sums + (2 * rowFloats)), s3 = V.LoadRegister(sums + (3 * rowFloats));
                V.TransposeFours(ref s0, ref s1, ref s2, ref s3);
                R sum = V.Unwrap((V.Wrap(s0) + V.Wrap(s2)) + (V.Wrap(s1) + V.Wrap(s3)));
                V lane = first;
                for (int i = 0; i < 4; i++, row++, c += ldc, lane = V.AddInt(lane, one))
                    Store<V, R, TEpilogue>(ref local, V.PermuteRegister(sum, V.Unwrap(lane)), row, column, columns, c);
            }
        }

        for (; rows > 0; rows--, row++, sums += rowFloats, c += ldc)
        {
            R s0 = V.LoadRegister(sums), s1 = s0, s2 = s0, s3 = s0;
            if (vectors > 1)
                s1 = V.LoadRegister(sums + V.Count);
            if (vectors > 2)
                s2 = V.LoadRegister(sums + (2 * V.Count));
            if (vectors > 3)
                s3 = V.LoadRegister(sums + (3 * V.Count));
            V.TransposeFours(ref s0, ref s1, ref s2, ref s3);
            V sum = (V.Wrap(s0) + V.Wrap(s2)) + (V.Wrap(s1) + V.Wrap(s3));
            Store<V, R, TEpilogue>(ref local, V.PermuteRegister(V.Unwrap(sum), order), row, column, columns, c);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store<V, R, TEpilogue>(ref TEpilogue epilogue, R sums, nint row, nint column, int columns, float* c)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
        where TEpilogue : struct, IEpilogue
    {
        V result = epilogue.Apply(V.Wrap(sums), row, column, columns);
        if (TEpilogue.StoresC)
            V.StorePartial(result, c, columns);
    }
}
