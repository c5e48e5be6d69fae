using System.Runtime.CompilerServices;
using Backprop.Simd.Internal.Simd;

namespace Backprop.Simd.Internal.MatrixProduct;

/// <summary>C[MR x NR] += A[MR x k] B[k x NR], all sums in registers: where nearly all the time of a product goes.</summary>
/// <remarks>
/// <code>
///        B:  x0 | x1 | x2 | x3    up to four vectors of a row of B, loaded once a step
///  A: a0    c00 | c01| c02| c03   each is one vector of C; a_i is broadcast
///     a1    c10 | c11| c12| c13   24 sums + 4 vectors of B + 1 broadcast: 29 of 32 registers for 6 x 4, 15 of 16 for 6 x 2
/// </code>
/// MR and NR are type arguments that the JIT folds, so one source serves every tile. So is what is done besides (TMode: 1 nothing, 2 asking for what lies ahead,
/// 3 further tiles, along rows and then down columns, 4 packing B, and asking, 5 asking for further rows of B, 6 and 7 the same as 2 and 3 on panels, 8 turning rows into those of B), since it costs registers; asked in a method, what the answer leaves out would be inlined all the same. The rows of sums are named locals because RyuJIT keeps
/// no array in registers. A is read in place, element (i, p) at a[i * rowStride + p * stepStride]: no layout of A needs packing.
/// Each sum is one chain in ascending k, so neither the shape of the tile nor the blocks of k show in the bits.
/// </remarks>
internal static unsafe class TileKernel
{
    public const int MaxRows = 14;
    public const int MaxVectors = 4;
    public const int MaxSums = 28;
    public const int SumsOfSixteenRegisters = 12;
    private const int SumsOfWideTiles = 24;

    /// <summary>Steps of rows that a tile turns which are turned before it: far enough ahead that what was written by half vectors has left the store buffer when it is read by whole ones. (32 steps -1 to -2 %.)</summary>
    public const int StepsTurnedBefore = 16;

    /// <summary>Turned each time that so many have been added.</summary>
    public const int StepsTurned = 4;

    // From the L3 cache: 24 steps are up to 5 % slower.
    private const int StepsAhead = 48;

    // Along rows of C; 32 and 128 gain as much.
    private const int FloatsAhead = 64;

    /// <summary>Runs on tiles of 1 to 14 rows and 1 or 2 vectors, of 1 to 8 rows and 3 vectors, or of 1 to 6 rows and 4 vectors. C gets the sums.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Run<V, R>(int rows, int vectors, in Tiles tiles)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
    {
        NoEpilogue none = default;
        Run<V, R, NoEpilogue>(rows, vectors, in tiles, ref none);
    }

    /// <summary>The same, with an epilogue on the finished sums while they are in registers. Where C is not stored, tiles share no columns.</summary>
    public static void Run<V, R, TEpilogue>(int rows, int vectors, in Tiles tiles, ref TEpilogue epilogue)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
        where TEpilogue : struct, IEpilogue
    {
        if (tiles.Panel != null)
            Run<V, R, TEpilogue, N4>(rows, vectors, in tiles, ref epilogue);
        else if (typeof(TEpilogue) == typeof(NoEpilogue) && GemmBlocking.HasSixteenLanes<V>() && tiles.Turned != null)
            UpToFourteen<V, R, TEpilogue, N8, N1>(rows, in tiles, ref epilogue);
        else if (!Tiers.HasThirtyTwoRegisters && tiles.InPanels && tiles.Ahead != null)
            Run<V, R, TEpilogue, N6>(rows, vectors, in tiles, ref epilogue);
        else if (!Tiers.HasThirtyTwoRegisters && tiles.InPanels)
            Run<V, R, TEpilogue, N7>(rows, vectors, in tiles, ref epilogue);
        else if (tiles.Ahead != null)
            Run<V, R, TEpilogue, N2>(rows, vectors, in tiles, ref epilogue);
        else if (!Tiers.HasThirtyTwoRegisters && tiles.AsksForB)
            Run<V, R, TEpilogue, N5>(rows, vectors, in tiles, ref epilogue);
        else if (tiles.RowTiles * tiles.ColumnTiles > 1)
            Run<V, R, TEpilogue, N3>(rows, vectors, in tiles, ref epilogue);
        else
            Run<V, R, TEpilogue, N1>(rows, vectors, in tiles, ref epilogue);
    }

    private static void Run<V, R, TEpilogue, TMode>(int rows, int vectors, in Tiles tiles, ref TEpilogue epilogue)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
        where TEpilogue : struct, IEpilogue
        where TMode : unmanaged
    {
        switch (vectors)
        {
            case 1:
                UpToFourteen<V, R, TEpilogue, TMode, N1>(rows, in tiles, ref epilogue);
                break;
            case 2:
                UpToFourteen<V, R, TEpilogue, TMode, N2>(rows, in tiles, ref epilogue);
                break;
            case 3:
                UpToEight<V, R, TEpilogue, TMode, N3>(rows, in tiles, ref epilogue);
                break;
            case 4:
                UpToSix<V, R, TEpilogue, TMode, N4>(rows, in tiles, ref epilogue);
                break;
        }
    }

    private static void UpToFourteen<V, R, TEpilogue, TMode, TVectors>(int rows, in Tiles tiles, ref TEpilogue epilogue)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
        where TEpilogue : struct, IEpilogue
        where TMode : unmanaged
        where TVectors : unmanaged
    {
        switch (rows)
        {
            case 9 when Fits<TVectors>(9):
                Tile<V, R, TEpilogue, N9, TMode, TVectors>(in tiles, ref epilogue);
                break;
            case 10 when Fits<TVectors>(10):
                Tile<V, R, TEpilogue, N10, TMode, TVectors>(in tiles, ref epilogue);
                break;
            case 11 when Fits<TVectors>(11):
                Tile<V, R, TEpilogue, N11, TMode, TVectors>(in tiles, ref epilogue);
                break;
            case 12 when Fits<TVectors>(12):
                Tile<V, R, TEpilogue, N12, TMode, TVectors>(in tiles, ref epilogue);
                break;
            case 13 when Fits<TVectors>(13):
                Tile<V, R, TEpilogue, N13, TMode, TVectors>(in tiles, ref epilogue);
                break;
            case 14 when Fits<TVectors>(14):
                Tile<V, R, TEpilogue, N14, TMode, TVectors>(in tiles, ref epilogue);
                break;
            default:
                UpToEight<V, R, TEpilogue, TMode, TVectors>(rows, in tiles, ref epilogue);
                break;
        }
    }

    private static void UpToEight<V, R, TEpilogue, TMode, TVectors>(int rows, in Tiles tiles, ref TEpilogue epilogue)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
        where TEpilogue : struct, IEpilogue
        where TMode : unmanaged
        where TVectors : unmanaged
    {
        switch (rows)
        {
            case 7 when Fits<TVectors>(7):
                Tile<V, R, TEpilogue, N7, TMode, TVectors>(in tiles, ref epilogue);
                break;
            case 8 when Fits<TVectors>(8):
                Tile<V, R, TEpilogue, N8, TMode, TVectors>(in tiles, ref epilogue);
                break;
            default:
                UpToSix<V, R, TEpilogue, TMode, TVectors>(rows, in tiles, ref epilogue);
                break;
        }
    }

    private static void UpToSix<V, R, TEpilogue, TMode, TVectors>(int rows, in Tiles tiles, ref TEpilogue epilogue)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
        where TEpilogue : struct, IEpilogue
        where TMode : unmanaged
        where TVectors : unmanaged
    {
        switch (rows)
        {
            case 1:
                Tile<V, R, TEpilogue, N1, TMode, TVectors>(in tiles, ref epilogue);
                break;
            case 2:
                Tile<V, R, TEpilogue, N2, TMode, TVectors>(in tiles, ref epilogue);
                break;
            case 3:
                Tile<V, R, TEpilogue, N3, TMode, TVectors>(in tiles, ref epilogue);
                break;
            case 4 when Fits<TVectors>(4):
                Tile<V, R, TEpilogue, N4, TMode, TVectors>(in tiles, ref epilogue);
                break;
            case 5 when Fits<TVectors>(5):
                Tile<V, R, TEpilogue, N5, TMode, TVectors>(in tiles, ref epilogue);
                break;
            case 6 when Fits<TVectors>(6):
                Tile<V, R, TEpilogue, N6, TMode, TVectors>(in tiles, ref epilogue);
                break;
        }
    }

    // A constant: NativeAOT keeps no tile that GemmBlocking never asks for (x86-64-v3: a program of 4.0 MB instead of 6.0).
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool Fits<TVectors>(int rows)
        where TVectors : unmanaged => Tiers.HasThirtyTwoRegisters || rows <= SumsOfSixteenRegisters / Math.Max(sizeof(TVectors), 2);

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Tile<V, R, TEpilogue, TRows, TMode, TVectors>(in Tiles tiles, ref TEpilogue epilogue)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
        where TEpilogue : struct, IEpilogue
        where TRows : unmanaged
        where TMode : unmanaged
        where TVectors : unmanaged
    {
        float* a = tiles.A, b = tiles.B, c = tiles.C;
        nint rowStride = sizeof(TMode) / 2 == 3 ? 1 : tiles.RowStride, stepStride = sizeof(TMode) / 2 == 3 ? sizeof(TRows) : tiles.StepStride, ldb = sizeof(TMode) / 2 == 3 ? sizeof(TVectors) * V.Count : tiles.Ldb, ldc = tiles.Ldc;
        nint rowTiles = tiles.RowTiles, last = sizeof(TMode) / 2 == 3 ? (sizeof(TVectors) - 1) * V.Count : tiles.LastVector, row = tiles.Row;
        TEpilogue local = epilogue;
        do
        {
            float* tileB = b, tileC = c;
            nint columnTiles = tiles.ColumnTiles, column = tiles.Column;
            do
            {
                RowOfVectors<V, R, TVectors> c0 = default, c1 = default, c2 = default, c3 = default, c4 = default, c5 = default, c6 = default;
                RowOfVectors<V, R, TVectors> c7 = default, c8 = default, c9 = default, c10 = default, c11 = default, c12 = default, c13 = default;
                // One for all: RyuJIT inlines nothing any more beyond 512 locals.
                RowOfVectors<V, R, TVectors> x = default;
                if (tiles.Accumulate)
                {
                    c0.Load(tileC, 0, last);
                    if (sizeof(TRows) > 1)
                        c1.Load(tileC + (1 * ldc), 0, last);
                    if (sizeof(TRows) > 2)
                        c2.Load(tileC + (2 * ldc), 0, last);
                    if (sizeof(TRows) > 3)
                        c3.Load(tileC + (3 * ldc), 0, last);
                    if (sizeof(TRows) > 4)
                        c4.Load(tileC + (4 * ldc), 0, last);
                    if (sizeof(TRows) > 5)
                        c5.Load(tileC + (5 * ldc), 0, last);
                    if (sizeof(TRows) > 6)
                        c6.Load(tileC + (6 * ldc), 0, last);
                    if (sizeof(TRows) > 7)
                        c7.Load(tileC + (7 * ldc), 0, last);
                    if (sizeof(TRows) > 8)
                        c8.Load(tileC + (8 * ldc), 0, last);
                    if (sizeof(TRows) > 9)
                        c9.Load(tileC + (9 * ldc), 0, last);
                    if (sizeof(TRows) > 10)
                        c10.Load(tileC + (10 * ldc), 0, last);
                    if (sizeof(TRows) > 11)
                        c11.Load(tileC + (11 * ldc), 0, last);
                    if (sizeof(TRows) > 12)
                        c12.Load(tileC + (12 * ldc), 0, last);
                    if (sizeof(TRows) > 13)
                        c13.Load(tileC + (13 * ldc), 0, last);
                }

                if ((sizeof(TMode) == 3 || sizeof(TMode) == 7) && (typeof(TEpilogue) == typeof(NoEpilogue) || sizeof(TRows) * sizeof(TVectors) <= SumsOfWideTiles) && tiles.AsksForC)
                {
                    nint ld = ldc;
                    float* next = TEpilogue.HasArray && Tiers.HasThirtyTwoRegisters ? local.PlaceInArray(row, column, out ld)
                        : tileC + (sizeof(TMode) == 3 && !Tiers.HasThirtyTwoRegisters ? FloatsAhead : sizeof(TRows) * ldc);
                    Ask<V, TRows, TVectors>(next, ld);
                }

                nint rowBytes = rowStride * sizeof(float), threeRows = 3 * rowBytes, fiveRows = 5 * rowBytes, stepBytes = stepStride * sizeof(float);
                byte* a0 = (byte*)a, a7 = a0 + (7 * rowBytes);
                nint bytesOfB = ldb * sizeof(float), left = tiles.Steps, ahead = StepsAhead * ldb;
                float* rowOfPanel = tiles.Panel;
                byte* rowOfB = (byte*)tileB;
                float* turned = tiles.Turned + StepsTurnedBefore, target = tileB + (StepsTurnedBefore * ldb);
                nint ldOfTurned = tiles.LdOfTurned;
                do
                {
                    nint steps = left;
                    if ((sizeof(TMode) == 2 || sizeof(TMode) == 6 || (sizeof(TMode) == 4 && tiles.Ahead != null)) && left > Ahead.StepsBetween)
                    {
                        steps = Ahead.StepsBetween;
                        tiles.Ahead->Next<V>();
                    }

                    if (sizeof(TMode) == 8 && left > StepsTurned)
                    {
                        steps = StepsTurned;
                        if (left >= StepsTurnedBefore + StepsTurned)
                            Turn(turned, ldOfTurned, target, ldb);
                        turned += StepsTurned;
                        target += StepsTurned * ldb;
                    }

                    left -= steps;
                    if (sizeof(TMode) / 2 == 3)
                    {
                        // Places that are constants take no instructions: 84 for four steps instead of 92. (AVX2 on Zen 3, beside a neighbour, 256 x 256 x 256 X^T dY +8 %, 784 x 512 of 128 +7 %, 2048 x 2048 x 2048 +5 %, quiet 0 to +2 %.)
                        for (nint fours = steps >> 2; fours != 0; fours--)
                        {
                            x.LoadRow((float*)rowOfB, 0);
                            Step<V, R, TRows, TVectors>(a0, a7, 0 * sizeof(TRows) * sizeof(float), sizeof(float), 3 * sizeof(float), 5 * sizeof(float), in x, ref c0, ref c1, ref c2, ref c3, ref c4, ref c5, ref c6, ref c7, ref c8, ref c9, ref c10, ref c11, ref c12, ref c13);
                            x.LoadRow((float*)rowOfB, 1);
                            Step<V, R, TRows, TVectors>(a0, a7, 1 * sizeof(TRows) * sizeof(float), sizeof(float), 3 * sizeof(float), 5 * sizeof(float), in x, ref c0, ref c1, ref c2, ref c3, ref c4, ref c5, ref c6, ref c7, ref c8, ref c9, ref c10, ref c11, ref c12, ref c13);
                            x.LoadRow((float*)rowOfB, 2);
                            Step<V, R, TRows, TVectors>(a0, a7, 2 * sizeof(TRows) * sizeof(float), sizeof(float), 3 * sizeof(float), 5 * sizeof(float), in x, ref c0, ref c1, ref c2, ref c3, ref c4, ref c5, ref c6, ref c7, ref c8, ref c9, ref c10, ref c11, ref c12, ref c13);
                            x.LoadRow((float*)rowOfB, 3);
                            Step<V, R, TRows, TVectors>(a0, a7, 3 * sizeof(TRows) * sizeof(float), sizeof(float), 3 * sizeof(float), 5 * sizeof(float), in x, ref c0, ref c1, ref c2, ref c3, ref c4, ref c5, ref c6, ref c7, ref c8, ref c9, ref c10, ref c11, ref c12, ref c13);
                            a0 += 4 * stepBytes;
                            rowOfB += 4 * bytesOfB;
                        }

                        steps &= 3;
                    }
                    else if (!Tiers.HasThirtyTwoRegisters)
                    {
                        // Small tiles, of six rows at most, take two steps a turn: fetching and decoding are what they wait for while another thread is on the core. (AVX2 on Zen 3, 128 x 128 x 128: 68 to 79 GFLOP/s.)
                        for (nint pairs = steps >> 1; pairs != 0; pairs--)
                        {
                            Load<V, R, TMode, TVectors>((float*)rowOfB, ahead, last, ref rowOfPanel, ref x);
                            Step<V, R, TRows, TVectors>(a0, a7, 0, rowBytes, threeRows, fiveRows, in x, ref c0, ref c1, ref c2, ref c3, ref c4, ref c5, ref c6, ref c7, ref c8, ref c9, ref c10, ref c11, ref c12, ref c13);
                            a0 += stepBytes;
                            rowOfB += bytesOfB;
                            Load<V, R, TMode, TVectors>((float*)rowOfB, ahead, last, ref rowOfPanel, ref x);
                            Step<V, R, TRows, TVectors>(a0, a7, 0, rowBytes, threeRows, fiveRows, in x, ref c0, ref c1, ref c2, ref c3, ref c4, ref c5, ref c6, ref c7, ref c8, ref c9, ref c10, ref c11, ref c12, ref c13);
                            a0 += stepBytes;
                            rowOfB += bytesOfB;
                        }

                        steps &= 1;
                    }

                    if (!Tiers.HasThirtyTwoRegisters && steps == 0)
                        continue;
                    do
                    {
                        Load<V, R, TMode, TVectors>((float*)rowOfB, ahead, last, ref rowOfPanel, ref x);
                        Step<V, R, TRows, TVectors>(a0, a7, 0, rowBytes, threeRows, fiveRows, in x, ref c0, ref c1, ref c2, ref c3, ref c4, ref c5, ref c6, ref c7, ref c8, ref c9, ref c10, ref c11, ref c12, ref c13);
                        a0 += stepBytes;
                        if (sizeof(TRows) > 7)
                            a7 += stepBytes;
                        rowOfB += bytesOfB;
                    }
                    while (--steps != 0);
                }
                while (sizeof(TMode) % 2 == 0 && left > 0);

                c0.Finish(ref local, tileC, row, column, last);
                if (sizeof(TRows) > 1)
                    c1.Finish(ref local, tileC + (1 * ldc), row + 1, column, last);
                if (sizeof(TRows) > 2)
                    c2.Finish(ref local, tileC + (2 * ldc), row + 2, column, last);
                if (sizeof(TRows) > 3)
                    c3.Finish(ref local, tileC + (3 * ldc), row + 3, column, last);
                if (sizeof(TRows) > 4)
                    c4.Finish(ref local, tileC + (4 * ldc), row + 4, column, last);
                if (sizeof(TRows) > 5)
                    c5.Finish(ref local, tileC + (5 * ldc), row + 5, column, last);
                if (sizeof(TRows) > 6)
                    c6.Finish(ref local, tileC + (6 * ldc), row + 6, column, last);
                if (sizeof(TRows) > 7)
                    c7.Finish(ref local, tileC + (7 * ldc), row + 7, column, last);
                if (sizeof(TRows) > 8)
                    c8.Finish(ref local, tileC + (8 * ldc), row + 8, column, last);
                if (sizeof(TRows) > 9)
                    c9.Finish(ref local, tileC + (9 * ldc), row + 9, column, last);
                if (sizeof(TRows) > 10)
                    c10.Finish(ref local, tileC + (10 * ldc), row + 10, column, last);
                if (sizeof(TRows) > 11)
                    c11.Finish(ref local, tileC + (11 * ldc), row + 11, column, last);
                if (sizeof(TRows) > 12)
                    c12.Finish(ref local, tileC + (12 * ldc), row + 12, column, last);
                if (sizeof(TRows) > 13)
                    c13.Finish(ref local, tileC + (13 * ldc), row + 13, column, last);
                tileB += sizeof(TVectors) * V.Count;
                tileC += sizeof(TVectors) * V.Count;
                column += sizeof(TVectors) * V.Count;
            }
            while ((sizeof(TMode) == 3 || sizeof(TMode) == 7) && --columnTiles > 0);
            a += tiles.TileStride;
            c += sizeof(TRows) * ldc;
            row += sizeof(TRows);
        }
        while ((sizeof(TMode) == 3 || sizeof(TMode) == 7) && --rowTiles > 0);
    }

    /// <summary>Whether many tiles of so many sums in a call may ask for C: beside more of them, the JIT would not inline an epilogue any more.</summary>
    public static bool MayAskForC<TEpilogue>(int sums)
        where TEpilogue : struct, IEpilogue => typeof(TEpilogue) == typeof(NoEpilogue) || sums <= SumsOfWideTiles;

    /// <summary>Asks for rows as wide as the tile; with sixteen registers, where tiles to the left have just asked for the line that a row begins inside, not for that.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Ask<V, TRows, TVectors>(float* c, nint ldc)
        where V : struct, IVectorF32<V>
        where TRows : unmanaged
        where TVectors : unmanaged
    {
        for (nint i = 0; i < sizeof(TRows); i++, c += ldc)
        {
            for (nint j = Tiers.HasThirtyTwoRegisters ? 0 : GemmBlocking.CacheLineFloats; j < sizeof(TVectors) * V.Count; j += GemmBlocking.CacheLineFloats)
                Prefetch.Near(c + j);
            Prefetch.Near(c + (sizeof(TVectors) * V.Count) - 1);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Turn(float* rows, nint ld, float* panel, nint panelColumns) =>
        FourSteps.TransposeSixteen(rows, rows + ld, rows + (2 * ld), rows + (3 * ld), 4 * ld, panel, panelColumns);

    /// <summary>A row of B, which goes to its panel on the way if it is packed.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Load<V, R, TMode, TVectors>(float* b, nint ahead, nint last, ref float* panel, ref RowOfVectors<V, R, TVectors> x)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
        where TMode : unmanaged
        where TVectors : unmanaged
    {
        x.Load(b, 0, last);
        if ((sizeof(TMode) == 4 || sizeof(TMode) == 5) && !Tiers.HasThirtyTwoRegisters)
        {
            // Pieces of its rows lie in many pages, where no prefetcher of the CPU follows.
            Prefetch.Near(b + ahead);
            Prefetch.Near(b + ahead + last + V.Count - 1);
        }

        if (sizeof(TMode) == 4)
        {
            x.Store(panel, 0, last);
            panel += sizeof(TVectors) * V.Count;
        }
    }

    /// <summary>c_i += A[i, p] x, for rows of A that lie as x86 addresses them: base + index * scale, seven from each of two pointers, or base + constant. The step is in bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Step<V, R, TRows, TVectors>(byte* a0, byte* a7, nint step, nint row, nint threeRows, nint fiveRows, in RowOfVectors<V, R, TVectors> x,
        ref RowOfVectors<V, R, TVectors> c0, ref RowOfVectors<V, R, TVectors> c1, ref RowOfVectors<V, R, TVectors> c2, ref RowOfVectors<V, R, TVectors> c3,
        ref RowOfVectors<V, R, TVectors> c4, ref RowOfVectors<V, R, TVectors> c5, ref RowOfVectors<V, R, TVectors> c6, ref RowOfVectors<V, R, TVectors> c7,
        ref RowOfVectors<V, R, TVectors> c8, ref RowOfVectors<V, R, TVectors> c9, ref RowOfVectors<V, R, TVectors> c10, ref RowOfVectors<V, R, TVectors> c11,
        ref RowOfVectors<V, R, TVectors> c12, ref RowOfVectors<V, R, TVectors> c13)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
        where TRows : unmanaged
        where TVectors : unmanaged
    {
        c0.MultiplyAdd(V.BroadcastRegister(*(float*)(a0 + step)), in x);
        if (sizeof(TRows) > 1)
            c1.MultiplyAdd(V.BroadcastRegister(*(float*)(a0 + (step + row))), in x);
        if (sizeof(TRows) > 2)
            c2.MultiplyAdd(V.BroadcastRegister(*(float*)(a0 + (step + (2 * row)))), in x);
        if (sizeof(TRows) > 3)
            c3.MultiplyAdd(V.BroadcastRegister(*(float*)(a0 + (step + threeRows))), in x);
        if (sizeof(TRows) > 4)
            c4.MultiplyAdd(V.BroadcastRegister(*(float*)(a0 + (step + (4 * row)))), in x);
        if (sizeof(TRows) > 5)
            c5.MultiplyAdd(V.BroadcastRegister(*(float*)(a0 + (step + fiveRows))), in x);
        if (sizeof(TRows) > 6)
            c6.MultiplyAdd(V.BroadcastRegister(*(float*)(a0 + (step + (2 * threeRows)))), in x);
        if (sizeof(TRows) > 7)
            c7.MultiplyAdd(V.BroadcastRegister(*(float*)(a7 + step)), in x);
        if (sizeof(TRows) > 8)
            c8.MultiplyAdd(V.BroadcastRegister(*(float*)(a7 + (step + row))), in x);
        if (sizeof(TRows) > 9)
            c9.MultiplyAdd(V.BroadcastRegister(*(float*)(a7 + (step + (2 * row)))), in x);
        if (sizeof(TRows) > 10)
            c10.MultiplyAdd(V.BroadcastRegister(*(float*)(a7 + (step + threeRows))), in x);
        if (sizeof(TRows) > 11)
            c11.MultiplyAdd(V.BroadcastRegister(*(float*)(a7 + (step + (4 * row)))), in x);
        if (sizeof(TRows) > 12)
            c12.MultiplyAdd(V.BroadcastRegister(*(float*)(a7 + (step + fiveRows))), in x);
        if (sizeof(TRows) > 13)
            c13.MultiplyAdd(V.BroadcastRegister(*(float*)(a7 + (step + (2 * threeRows)))), in x);
    }
}
