using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace Backprop.Simd.Internal.Simd;

/// <summary>Rearranges four steps of V.Count rows into four vectors: with <see cref="Fours"/> the one place where shuffles differ between CPUs.</summary>
/// <remarks>
/// A register takes four floats of each of every fourth row, 0 4 8 12 | 1 5 9 13 | ..., so that all shuffles stay inside 128-bit lanes:
/// <code>
///   rows 0 4 8 12:  a0 a1 a2 a3 | e0 e1 e2 e3 | ...        step 0:  a0 b0 c0 d0 | e0 f0 g0 h0 | ...
///   rows 1 5 9 13:  b0 b1 b2 b3 | f0 f1 f2 f3 | ...   ->   step 1:  a1 b1 c1 d1 | e1 f1 g1 h1 | ...
/// </code>
/// </remarks>
internal static unsafe class FourSteps
{
    // Pairs of floats: those of doubles do the same, but need the vectors of double. Each type that the JIT meets in a branch that it does not leave out
    // at once costs milliseconds of the first step: so widths are asked for by type, whose tests fold before the branch is looked at, and nothing is generic.
    public const byte LowPairsOf = 0b01_00_01_00;
    public const byte HighPairsOf = 0b11_10_11_10;

    /// <summary>Whether this CPU has the shuffles for a width.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsSupported<V>()
        where V : struct, IVectorF32<V> =>
        typeof(V) == typeof(F32x16) ? Avx512F.IsSupported
        : typeof(V) == typeof(F32x8) ? Avx.IsSupported
        : typeof(V) == typeof(F32x4) && (Sse.IsSupported || AdvSimd.Arm64.IsSupported);

    /// <summary>Whether fewer than four steps can be rearranged, too: that takes loads with a mask.</summary>
    public static bool TakesFewer
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Avx.IsSupported;
    }

    /// <summary>panel[p * panelColumns + j] = source[j * ld + p] for p in 0..steps - 1 and j in 0..V.Count - 1; 1 to 4 steps, the constant 4 unless <see cref="TakesFewer"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Transpose<V>(float* source, nint ld, nint steps, float* panel, nint panelColumns)
        where V : struct, IVectorF32<V>
    {
        if (typeof(V) == typeof(F32x16))
        {
            Turn(source, ld, steps, out Vector512<float> s0, out Vector512<float> s1, out Vector512<float> s2, out Vector512<float> s3);
            Avx512F.Store(panel, s0);
            if (steps > 1)
                Avx512F.Store(panel + panelColumns, s1);
            if (steps > 2)
                Avx512F.Store(panel + (2 * panelColumns), s2);
            if (steps > 3)
                Avx512F.Store(panel + (3 * panelColumns), s3);
        }
        else if (typeof(V) == typeof(F32x8))
        {
            Turn(Quads256(source, 4 * ld, steps), Quads256(source + ld, 4 * ld, steps), Quads256(source + (2 * ld), 4 * ld, steps), Quads256(source + (3 * ld), 4 * ld, steps), steps, panel, panelColumns);
        }
        else
        {
            Turn(source, ld, steps, out Vector128<float> s0, out Vector128<float> s1, out Vector128<float> s2, out Vector128<float> s3);
            *(Vector128<float>*)panel = s0;
            if (steps > 1)
                *(Vector128<float>*)(panel + panelColumns) = s1;
            if (steps > 2)
                *(Vector128<float>*)(panel + (2 * panelColumns)) = s2;
            if (steps > 3)
                *(Vector128<float>*)(panel + (3 * panelColumns)) = s3;
        }
    }

    /// <summary>Lane j of s_p = source[j * ld + p] for p in 0..3 and j in 0..V.Count - 1, in the registers of the width; of four steps.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Turn<V, R>(float* source, nint ld, out R s0, out R s1, out R s2, out R s3)
        where V : struct, IVectorF32<V>
        where R : struct
    {
        if (typeof(V) == typeof(F32x16))
        {
            Turn(source, ld, 4, out Vector512<float> t0, out Vector512<float> t1, out Vector512<float> t2, out Vector512<float> t3);
            s0 = Unsafe.BitCast<Vector512<float>, R>(t0);
            s1 = Unsafe.BitCast<Vector512<float>, R>(t1);
            s2 = Unsafe.BitCast<Vector512<float>, R>(t2);
            s3 = Unsafe.BitCast<Vector512<float>, R>(t3);
        }
        else if (typeof(V) == typeof(F32x8))
        {
            Turn(Quads256(source, 4 * ld, 4), Quads256(source + ld, 4 * ld, 4), Quads256(source + (2 * ld), 4 * ld, 4), Quads256(source + (3 * ld), 4 * ld, 4),
                out Vector256<float> t0, out Vector256<float> t1, out Vector256<float> t2, out Vector256<float> t3);
            s0 = Unsafe.BitCast<Vector256<float>, R>(t0);
            s1 = Unsafe.BitCast<Vector256<float>, R>(t1);
            s2 = Unsafe.BitCast<Vector256<float>, R>(t2);
            s3 = Unsafe.BitCast<Vector256<float>, R>(t3);
        }
        else
        {
            Turn(source, ld, 4, out Vector128<float> t0, out Vector128<float> t1, out Vector128<float> t2, out Vector128<float> t3);
            s0 = Unsafe.BitCast<Vector128<float>, R>(t0);
            s1 = Unsafe.BitCast<Vector128<float>, R>(t1);
            s2 = Unsafe.BitCast<Vector128<float>, R>(t2);
            s3 = Unsafe.BitCast<Vector128<float>, R>(t3);
        }
    }

    /// <summary>panel[p * panelColumns + j] = row j[p] for p in 0..3 and j in 0..15, by half vectors that fill one cache line of the panel after the other; the first four rows are given, the others lie in groups of four behind them.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void TransposeSixteen(float* row0, float* row1, float* row2, float* row3, nint fourRows, float* panel, nint panelColumns)
    {
        nint eightRows = 2 * fourRows;
        Turn(Quads256(row0, fourRows, 4), Quads256(row1, fourRows, 4), Quads256(row2, fourRows, 4), Quads256(row3, fourRows, 4), 4, panel, panelColumns);
        Turn(Quads256(row0 + eightRows, fourRows, 4), Quads256(row1 + eightRows, fourRows, 4), Quads256(row2 + eightRows, fourRows, 4), Quads256(row3 + eightRows, fourRows, 4), 4, panel + F32x8.Count, panelColumns);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Turn(Vector256<float> a, Vector256<float> b, Vector256<float> c, Vector256<float> d, nint steps, float* panel, nint panelColumns)
    {
        Turn(a, b, c, d, out Vector256<float> s0, out Vector256<float> s1, out Vector256<float> s2, out Vector256<float> s3);
        Avx.Store(panel, s0);
        if (steps > 1)
            Avx.Store(panel + panelColumns, s1);
        if (steps > 2)
            Avx.Store(panel + (2 * panelColumns), s2);
        if (steps > 3)
            Avx.Store(panel + (3 * panelColumns), s3);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Turn(float* source, nint ld, nint steps, out Vector512<float> s0, out Vector512<float> s1, out Vector512<float> s2, out Vector512<float> s3)
    {
        Vector512<float> a = Quads512(source, 4 * ld, steps), b = Quads512(source + ld, 4 * ld, steps);
        Vector512<float> c = Quads512(source + (2 * ld), 4 * ld, steps), d = Quads512(source + (3 * ld), 4 * ld, steps);
        Vector512<float> abLow = Avx512F.UnpackLow(a, b), abHigh = Avx512F.UnpackHigh(a, b);
        Vector512<float> cdLow = Avx512F.UnpackLow(c, d), cdHigh = Avx512F.UnpackHigh(c, d);
        s0 = Avx512F.Shuffle(abLow, cdLow, LowPairsOf);
        s1 = Avx512F.Shuffle(abLow, cdLow, HighPairsOf);
        s2 = Avx512F.Shuffle(abHigh, cdHigh, LowPairsOf);
        s3 = Avx512F.Shuffle(abHigh, cdHigh, HighPairsOf);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Turn(Vector256<float> a, Vector256<float> b, Vector256<float> c, Vector256<float> d, out Vector256<float> s0, out Vector256<float> s1, out Vector256<float> s2, out Vector256<float> s3)
    {
        Vector256<float> abLow = Avx.UnpackLow(a, b), abHigh = Avx.UnpackHigh(a, b);
        Vector256<float> cdLow = Avx.UnpackLow(c, d), cdHigh = Avx.UnpackHigh(c, d);
        s0 = Avx.Shuffle(abLow, cdLow, LowPairsOf);
        s1 = Avx.Shuffle(abLow, cdLow, HighPairsOf);
        s2 = Avx.Shuffle(abHigh, cdHigh, LowPairsOf);
        s3 = Avx.Shuffle(abHigh, cdHigh, HighPairsOf);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Turn(float* source, nint ld, nint steps, out Vector128<float> s0, out Vector128<float> s1, out Vector128<float> s2, out Vector128<float> s3)
    {
        Vector128<float> a = Quad(source, steps), b = Quad(source + ld, steps);
        Vector128<float> c = Quad(source + (2 * ld), steps), d = Quad(source + (3 * ld), steps);
        Vector128<float> abLow = ZipLow(a, b), abHigh = ZipHigh(a, b), cdLow = ZipLow(c, d), cdHigh = ZipHigh(c, d);
        s0 = LowPairs(abLow, cdLow);
        s1 = HighPairs(abLow, cdLow);
        s2 = LowPairs(abHigh, cdHigh);
        s3 = HighPairs(abHigh, cdHigh);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Quads512(float* source, nint stride, nint steps)
    {
        Vector512<float> quads = steps == 4 ? Avx512F.BroadcastVector128ToVector512(source) : Quad(source, steps).ToVector256Unsafe().ToVector512Unsafe();
        quads = Avx512F.InsertVector128(quads, Quad(source + stride, steps), 1);
        quads = Avx512F.InsertVector128(quads, Quad(source + (2 * stride), steps), 2);
        return Avx512F.InsertVector128(quads, Quad(source + (3 * stride), steps), 3);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Quads256(float* source, nint stride, nint steps) =>
        Avx.InsertVector128(steps == 4 ? Avx.BroadcastVector128ToVector256(source) : Quad(source, steps).ToVector256Unsafe(), Quad(source + stride, steps), 1);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> Quad(float* source, nint steps) =>
        steps == 4 || !Avx.IsSupported ? *(Vector128<float>*)source
        : Avx.MaskLoad(source, Vector128.LessThan(Vector128.Create(0, 1, 2, 3), Vector128.Create((int)steps)).AsSingle());

    /// <summary>x0 y0 x1 y1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> ZipLow(Vector128<float> left, Vector128<float> right) =>
        Sse.IsSupported ? Sse.UnpackLow(left, right) : AdvSimd.Arm64.ZipLow(left, right);

    /// <summary>x2 y2 x3 y3.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> ZipHigh(Vector128<float> left, Vector128<float> right) =>
        Sse.IsSupported ? Sse.UnpackHigh(left, right) : AdvSimd.Arm64.ZipHigh(left, right);

    /// <summary>x0 x1 y0 y1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> LowPairs(Vector128<float> left, Vector128<float> right) =>
        Sse.IsSupported ? Sse.Shuffle(left, right, LowPairsOf) : AdvSimd.Arm64.ZipLow(left.AsDouble(), right.AsDouble()).AsSingle();

    /// <summary>x2 x3 y2 y3.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> HighPairs(Vector128<float> left, Vector128<float> right) =>
        Sse.IsSupported ? Sse.Shuffle(left, right, HighPairsOf) : AdvSimd.Arm64.ZipHigh(left.AsDouble(), right.AsDouble()).AsSingle();
}
