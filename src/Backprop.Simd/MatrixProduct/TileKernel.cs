using System.Runtime.CompilerServices;
using Backprop.Simd.Internal.Simd;

namespace Backprop.Simd.Internal.MatrixProduct;

/// <summary>C[MR x NR] += A[MR x k] B[k x NR], all sums in registers: where nearly all the time of a product goes.</summary>
/// <remarks>
/// <code>
///        B:  x  | y         two vectors of a row of B (or one), loaded once a step
///  A: a0    left0 | right0  each is one vector of C; a_i is broadcast
///     a1    left1 | right1  2 MR sums + 2 vectors of B + 1 broadcast: 31 of 32 registers for MR = 14, 15 of 16 for MR = 6
/// </code>
/// MR is a type argument that the JIT folds, so one source serves every number of rows. So is what is done besides (TMode: 1 nothing, 2 asking for what lies ahead,
/// 3 further tiles, along rows and then down columns), since it costs registers. The sums are named locals because RyuJIT keeps
/// no array in registers. A is read in place, element (i, p) at a[i * rowStride + p * stepStride]: no layout of A needs packing.
/// Each sum is one chain in ascending k, so neither the shape of the tile nor the blocks of k show in the bits.
/// </remarks>
internal static unsafe class TileKernel
{
    public const int MaxRows = 14;
    public const int MaxVectors = 2;

    /// <summary>Runs on tiles of 1 to 14 rows and 1 or 2 vectors, all alike, that lie side by side in C and in B and one below the other in C and in A.</summary>
    /// <remarks>
    /// More rows than <see cref="GemmBlocking.TileRows{V}"/> do not fit into registers. If not <c>accumulate</c>, the sums start from +0 and C is not read.
    /// What lies ahead may be null; if not, there is one tile. A call costs about 35 cycles, so that short tiles want to be many.
    /// </remarks>
    public static void Run<V, R>(int rows, int vectors, nint k, float* a, nint rowStride, nint stepStride, float* b, nint ldb, float* c, nint ldc, bool accumulate, Ahead* ahead, nint rowTiles, nint columnTiles)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
    {
        if (vectors == 2)
            Run<V, R, N2>(rows, k, a, rowStride, stepStride, b, ldb, c, ldc, accumulate, ahead, rowTiles, columnTiles);
        else
            Run<V, R, N1>(rows, k, a, rowStride, stepStride, b, ldb, c, ldc, accumulate, ahead, rowTiles, columnTiles);
    }

    private static void Run<V, R, TVectors>(int rows, nint k, float* a, nint rowStride, nint stepStride, float* b, nint ldb, float* c, nint ldc, bool accumulate, Ahead* ahead, nint rowTiles, nint columnTiles)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
        where TVectors : unmanaged
    {
        if (ahead != null)
            Run<V, R, N2, TVectors>(rows, k, a, rowStride, stepStride, b, ldb, c, ldc, accumulate, ahead, rowTiles, columnTiles);
        else if (rowTiles * columnTiles > 1)
            Run<V, R, N3, TVectors>(rows, k, a, rowStride, stepStride, b, ldb, c, ldc, accumulate, ahead, rowTiles, columnTiles);
        else
            Run<V, R, N1, TVectors>(rows, k, a, rowStride, stepStride, b, ldb, c, ldc, accumulate, ahead, rowTiles, columnTiles);
    }

    private static void Run<V, R, TMode, TVectors>(int rows, nint k, float* a, nint rowStride, nint stepStride, float* b, nint ldb, float* c, nint ldc, bool accumulate, Ahead* ahead, nint rowTiles, nint columnTiles)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
        where TMode : unmanaged
        where TVectors : unmanaged
    {
        switch (rows)
        {
            case 1:
                Tile<V, R, N1, TMode, TVectors>(k, a, rowStride, stepStride, b, ldb, c, ldc, accumulate, ahead, rowTiles, columnTiles);
                break;
            case 2:
                Tile<V, R, N2, TMode, TVectors>(k, a, rowStride, stepStride, b, ldb, c, ldc, accumulate, ahead, rowTiles, columnTiles);
                break;
            case 3:
                Tile<V, R, N3, TMode, TVectors>(k, a, rowStride, stepStride, b, ldb, c, ldc, accumulate, ahead, rowTiles, columnTiles);
                break;
            case 4:
                Tile<V, R, N4, TMode, TVectors>(k, a, rowStride, stepStride, b, ldb, c, ldc, accumulate, ahead, rowTiles, columnTiles);
                break;
            case 5:
                Tile<V, R, N5, TMode, TVectors>(k, a, rowStride, stepStride, b, ldb, c, ldc, accumulate, ahead, rowTiles, columnTiles);
                break;
            case 6:
                Tile<V, R, N6, TMode, TVectors>(k, a, rowStride, stepStride, b, ldb, c, ldc, accumulate, ahead, rowTiles, columnTiles);
                break;
            case 7:
                Tile<V, R, N7, TMode, TVectors>(k, a, rowStride, stepStride, b, ldb, c, ldc, accumulate, ahead, rowTiles, columnTiles);
                break;
            case 8:
                Tile<V, R, N8, TMode, TVectors>(k, a, rowStride, stepStride, b, ldb, c, ldc, accumulate, ahead, rowTiles, columnTiles);
                break;
            case 9:
                Tile<V, R, N9, TMode, TVectors>(k, a, rowStride, stepStride, b, ldb, c, ldc, accumulate, ahead, rowTiles, columnTiles);
                break;
            case 10:
                Tile<V, R, N10, TMode, TVectors>(k, a, rowStride, stepStride, b, ldb, c, ldc, accumulate, ahead, rowTiles, columnTiles);
                break;
            case 11:
                Tile<V, R, N11, TMode, TVectors>(k, a, rowStride, stepStride, b, ldb, c, ldc, accumulate, ahead, rowTiles, columnTiles);
                break;
            case 12:
                Tile<V, R, N12, TMode, TVectors>(k, a, rowStride, stepStride, b, ldb, c, ldc, accumulate, ahead, rowTiles, columnTiles);
                break;
            case 13:
                Tile<V, R, N13, TMode, TVectors>(k, a, rowStride, stepStride, b, ldb, c, ldc, accumulate, ahead, rowTiles, columnTiles);
                break;
            case 14:
                Tile<V, R, N14, TMode, TVectors>(k, a, rowStride, stepStride, b, ldb, c, ldc, accumulate, ahead, rowTiles, columnTiles);
                break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Tile<V, R, TRows, TMode, TVectors>(nint k, float* a, nint rowStride, nint stepStride, float* b, nint ldb, float* c, nint ldc, bool accumulate, Ahead* ahead, nint rowTiles, nint columnTiles)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
        where TRows : unmanaged
        where TMode : unmanaged
        where TVectors : unmanaged
    {
        do
        {
            float* tileB = b, tileC = c;
            nint tiles = columnTiles;
            do
            {
                R left0 = V.ZeroRegister, right0 = V.ZeroRegister;
                R left1 = V.ZeroRegister, right1 = V.ZeroRegister;
                R left2 = V.ZeroRegister, right2 = V.ZeroRegister;
                R left3 = V.ZeroRegister, right3 = V.ZeroRegister;
                R left4 = V.ZeroRegister, right4 = V.ZeroRegister;
                R left5 = V.ZeroRegister, right5 = V.ZeroRegister;
                R left6 = V.ZeroRegister, right6 = V.ZeroRegister;
                R left7 = V.ZeroRegister, right7 = V.ZeroRegister;
                R left8 = V.ZeroRegister, right8 = V.ZeroRegister;
                R left9 = V.ZeroRegister, right9 = V.ZeroRegister;
                R left10 = V.ZeroRegister, right10 = V.ZeroRegister;
                R left11 = V.ZeroRegister, right11 = V.ZeroRegister;
                R left12 = V.ZeroRegister, right12 = V.ZeroRegister;
                R left13 = V.ZeroRegister, right13 = V.ZeroRegister;
                if (accumulate)
                {
                    left0 = V.LoadRegister(tileC);
                    if (sizeof(TVectors) > 1)
                        right0 = V.LoadRegister(tileC + V.Count);
                    if (sizeof(TRows) > 1)
                        left1 = V.LoadRegister(tileC + (1 * ldc));
                    if (sizeof(TRows) > 1 && sizeof(TVectors) > 1)
                        right1 = V.LoadRegister(tileC + (1 * ldc) + V.Count);
                    if (sizeof(TRows) > 2)
                        left2 = V.LoadRegister(tileC + (2 * ldc));
                    if (sizeof(TRows) > 2 && sizeof(TVectors) > 1)
                        right2 = V.LoadRegister(tileC + (2 * ldc) + V.Count);
                    if (sizeof(TRows) > 3)
                        left3 = V.LoadRegister(tileC + (3 * ldc));
                    if (sizeof(TRows) > 3 && sizeof(TVectors) > 1)
                        right3 = V.LoadRegister(tileC + (3 * ldc) + V.Count);
                    if (sizeof(TRows) > 4)
                        left4 = V.LoadRegister(tileC + (4 * ldc));
                    if (sizeof(TRows) > 4 && sizeof(TVectors) > 1)
                        right4 = V.LoadRegister(tileC + (4 * ldc) + V.Count);
                    if (sizeof(TRows) > 5)
                        left5 = V.LoadRegister(tileC + (5 * ldc));
                    if (sizeof(TRows) > 5 && sizeof(TVectors) > 1)
                        right5 = V.LoadRegister(tileC + (5 * ldc) + V.Count);
                    if (sizeof(TRows) > 6)
                        left6 = V.LoadRegister(tileC + (6 * ldc));
                    if (sizeof(TRows) > 6 && sizeof(TVectors) > 1)
                        right6 = V.LoadRegister(tileC + (6 * ldc) + V.Count);
                    if (sizeof(TRows) > 7)
                        left7 = V.LoadRegister(tileC + (7 * ldc));
                    if (sizeof(TRows) > 7 && sizeof(TVectors) > 1)
                        right7 = V.LoadRegister(tileC + (7 * ldc) + V.Count);
                    if (sizeof(TRows) > 8)
                        left8 = V.LoadRegister(tileC + (8 * ldc));
                    if (sizeof(TRows) > 8 && sizeof(TVectors) > 1)
                        right8 = V.LoadRegister(tileC + (8 * ldc) + V.Count);
                    if (sizeof(TRows) > 9)
                        left9 = V.LoadRegister(tileC + (9 * ldc));
                    if (sizeof(TRows) > 9 && sizeof(TVectors) > 1)
                        right9 = V.LoadRegister(tileC + (9 * ldc) + V.Count);
                    if (sizeof(TRows) > 10)
                        left10 = V.LoadRegister(tileC + (10 * ldc));
                    if (sizeof(TRows) > 10 && sizeof(TVectors) > 1)
                        right10 = V.LoadRegister(tileC + (10 * ldc) + V.Count);
                    if (sizeof(TRows) > 11)
                        left11 = V.LoadRegister(tileC + (11 * ldc));
                    if (sizeof(TRows) > 11 && sizeof(TVectors) > 1)
                        right11 = V.LoadRegister(tileC + (11 * ldc) + V.Count);
                    if (sizeof(TRows) > 12)
                        left12 = V.LoadRegister(tileC + (12 * ldc));
                    if (sizeof(TRows) > 12 && sizeof(TVectors) > 1)
                        right12 = V.LoadRegister(tileC + (12 * ldc) + V.Count);
                    if (sizeof(TRows) > 13)
                        left13 = V.LoadRegister(tileC + (13 * ldc));
                    if (sizeof(TRows) > 13 && sizeof(TVectors) > 1)
                        right13 = V.LoadRegister(tileC + (13 * ldc) + V.Count);
                }

                // Three rows from each pointer: plain, and with two index registers.
                nint secondRow = 2 * rowStride;
                float* a0 = a, a3 = a + (3 * rowStride), a6 = a + (6 * rowStride), a9 = a + (9 * rowStride), a12 = a + (12 * rowStride);
                nint left = k;
                float* rowOfB = tileB;
                do
                {
                    nint steps = left;
                    if (sizeof(TMode) == 2 && left > Ahead.StepsBetween)
                    {
                        steps = Ahead.StepsBetween;
                        ahead->Next<V>();
                    }

                    left -= steps;
                    for (; steps > 0; steps--)
                    {
                        R x = V.LoadRegister(rowOfB), y = sizeof(TVectors) > 1 ? V.LoadRegister(rowOfB + V.Count) : x;
                        rowOfB += ldb;

                        R s0 = V.BroadcastRegister(a0[0]);
                        left0 = V.MultiplyAddRegister(s0, x, left0);
                        if (sizeof(TVectors) > 1)
                            right0 = V.MultiplyAddRegister(s0, y, right0);
                        if (sizeof(TRows) > 1)
                        {
                            R s1 = V.BroadcastRegister(a0[rowStride]);
                            left1 = V.MultiplyAddRegister(s1, x, left1);
                            if (sizeof(TVectors) > 1)
                                right1 = V.MultiplyAddRegister(s1, y, right1);
                        }

                        if (sizeof(TRows) > 2)
                        {
                            R s2 = V.BroadcastRegister(a0[secondRow]);
                            left2 = V.MultiplyAddRegister(s2, x, left2);
                            if (sizeof(TVectors) > 1)
                                right2 = V.MultiplyAddRegister(s2, y, right2);
                        }

                        if (sizeof(TRows) > 3)
                        {
                            R s3 = V.BroadcastRegister(a3[0]);
                            left3 = V.MultiplyAddRegister(s3, x, left3);
                            if (sizeof(TVectors) > 1)
                                right3 = V.MultiplyAddRegister(s3, y, right3);
                        }

                        if (sizeof(TRows) > 4)
                        {
                            R s4 = V.BroadcastRegister(a3[rowStride]);
                            left4 = V.MultiplyAddRegister(s4, x, left4);
                            if (sizeof(TVectors) > 1)
                                right4 = V.MultiplyAddRegister(s4, y, right4);
                        }

                        if (sizeof(TRows) > 5)
                        {
                            R s5 = V.BroadcastRegister(a3[secondRow]);
                            left5 = V.MultiplyAddRegister(s5, x, left5);
                            if (sizeof(TVectors) > 1)
                                right5 = V.MultiplyAddRegister(s5, y, right5);
                        }

                        if (sizeof(TRows) > 6)
                        {
                            R s6 = V.BroadcastRegister(a6[0]);
                            left6 = V.MultiplyAddRegister(s6, x, left6);
                            if (sizeof(TVectors) > 1)
                                right6 = V.MultiplyAddRegister(s6, y, right6);
                        }

                        if (sizeof(TRows) > 7)
                        {
                            R s7 = V.BroadcastRegister(a6[rowStride]);
                            left7 = V.MultiplyAddRegister(s7, x, left7);
                            if (sizeof(TVectors) > 1)
                                right7 = V.MultiplyAddRegister(s7, y, right7);
                        }

                        if (sizeof(TRows) > 8)
                        {
                            R s8 = V.BroadcastRegister(a6[secondRow]);
                            left8 = V.MultiplyAddRegister(s8, x, left8);
                            if (sizeof(TVectors) > 1)
                                right8 = V.MultiplyAddRegister(s8, y, right8);
                        }

                        if (sizeof(TRows) > 9)
                        {
                            R s9 = V.BroadcastRegister(a9[0]);
                            left9 = V.MultiplyAddRegister(s9, x, left9);
                            if (sizeof(TVectors) > 1)
                                right9 = V.MultiplyAddRegister(s9, y, right9);
                        }

                        if (sizeof(TRows) > 10)
                        {
                            R s10 = V.BroadcastRegister(a9[rowStride]);
                            left10 = V.MultiplyAddRegister(s10, x, left10);
                            if (sizeof(TVectors) > 1)
                                right10 = V.MultiplyAddRegister(s10, y, right10);
                        }

                        if (sizeof(TRows) > 11)
                        {
                            R s11 = V.BroadcastRegister(a9[secondRow]);
                            left11 = V.MultiplyAddRegister(s11, x, left11);
                            if (sizeof(TVectors) > 1)
                                right11 = V.MultiplyAddRegister(s11, y, right11);
                        }

                        if (sizeof(TRows) > 12)
                        {
                            R s12 = V.BroadcastRegister(a12[0]);
                            left12 = V.MultiplyAddRegister(s12, x, left12);
                            if (sizeof(TVectors) > 1)
                                right12 = V.MultiplyAddRegister(s12, y, right12);
                        }

                        if (sizeof(TRows) > 13)
                        {
                            R s13 = V.BroadcastRegister(a12[rowStride]);
                            left13 = V.MultiplyAddRegister(s13, x, left13);
                            if (sizeof(TVectors) > 1)
                                right13 = V.MultiplyAddRegister(s13, y, right13);
                        }

                        a0 += stepStride;
                        if (sizeof(TRows) > 3)
                            a3 += stepStride;
                        if (sizeof(TRows) > 6)
                            a6 += stepStride;
                        if (sizeof(TRows) > 9)
                            a9 += stepStride;
                        if (sizeof(TRows) > 12)
                            a12 += stepStride;
                    }
                }
                while (sizeof(TMode) == 2 && left > 0);

                V.StoreRegister(left0, tileC);
                if (sizeof(TVectors) > 1)
                    V.StoreRegister(right0, tileC + V.Count);
                if (sizeof(TRows) > 1)
                    V.StoreRegister(left1, tileC + (1 * ldc));
                if (sizeof(TRows) > 1 && sizeof(TVectors) > 1)
                    V.StoreRegister(right1, tileC + (1 * ldc) + V.Count);
                if (sizeof(TRows) > 2)
                    V.StoreRegister(left2, tileC + (2 * ldc));
                if (sizeof(TRows) > 2 && sizeof(TVectors) > 1)
                    V.StoreRegister(right2, tileC + (2 * ldc) + V.Count);
                if (sizeof(TRows) > 3)
                    V.StoreRegister(left3, tileC + (3 * ldc));
                if (sizeof(TRows) > 3 && sizeof(TVectors) > 1)
                    V.StoreRegister(right3, tileC + (3 * ldc) + V.Count);
                if (sizeof(TRows) > 4)
                    V.StoreRegister(left4, tileC + (4 * ldc));
                if (sizeof(TRows) > 4 && sizeof(TVectors) > 1)
                    V.StoreRegister(right4, tileC + (4 * ldc) + V.Count);
                if (sizeof(TRows) > 5)
                    V.StoreRegister(left5, tileC + (5 * ldc));
                if (sizeof(TRows) > 5 && sizeof(TVectors) > 1)
                    V.StoreRegister(right5, tileC + (5 * ldc) + V.Count);
                if (sizeof(TRows) > 6)
                    V.StoreRegister(left6, tileC + (6 * ldc));
                if (sizeof(TRows) > 6 && sizeof(TVectors) > 1)
                    V.StoreRegister(right6, tileC + (6 * ldc) + V.Count);
                if (sizeof(TRows) > 7)
                    V.StoreRegister(left7, tileC + (7 * ldc));
                if (sizeof(TRows) > 7 && sizeof(TVectors) > 1)
                    V.StoreRegister(right7, tileC + (7 * ldc) + V.Count);
                if (sizeof(TRows) > 8)
                    V.StoreRegister(left8, tileC + (8 * ldc));
                if (sizeof(TRows) > 8 && sizeof(TVectors) > 1)
                    V.StoreRegister(right8, tileC + (8 * ldc) + V.Count);
                if (sizeof(TRows) > 9)
                    V.StoreRegister(left9, tileC + (9 * ldc));
                if (sizeof(TRows) > 9 && sizeof(TVectors) > 1)
                    V.StoreRegister(right9, tileC + (9 * ldc) + V.Count);
                if (sizeof(TRows) > 10)
                    V.StoreRegister(left10, tileC + (10 * ldc));
                if (sizeof(TRows) > 10 && sizeof(TVectors) > 1)
                    V.StoreRegister(right10, tileC + (10 * ldc) + V.Count);
                if (sizeof(TRows) > 11)
                    V.StoreRegister(left11, tileC + (11 * ldc));
                if (sizeof(TRows) > 11 && sizeof(TVectors) > 1)
                    V.StoreRegister(right11, tileC + (11 * ldc) + V.Count);
                if (sizeof(TRows) > 12)
                    V.StoreRegister(left12, tileC + (12 * ldc));
                if (sizeof(TRows) > 12 && sizeof(TVectors) > 1)
                    V.StoreRegister(right12, tileC + (12 * ldc) + V.Count);
                if (sizeof(TRows) > 13)
                    V.StoreRegister(left13, tileC + (13 * ldc));
                if (sizeof(TRows) > 13 && sizeof(TVectors) > 1)
                    V.StoreRegister(right13, tileC + (13 * ldc) + V.Count);
                tileB += sizeof(TVectors) * V.Count;
                tileC += sizeof(TVectors) * V.Count;
            }
            while (sizeof(TMode) == 3 && --tiles > 0);
            a += sizeof(TRows) * rowStride;
            c += sizeof(TRows) * ldc;
        }
        while (sizeof(TMode) == 3 && --rowTiles > 0);
    }
}
