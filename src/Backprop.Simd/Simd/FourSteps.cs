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
            Vector512<float> a = Quads512(source, 4 * ld, steps), b = Quads512(source + ld, 4 * ld, steps);
            Vector512<float> c = Quads512(source + (2 * ld), 4 * ld, steps), d = Quads512(source + (3 * ld), 4 * ld, steps);
            F32x16.TransposeFours(ref a, ref b, ref c, ref d);
            Avx512F.Store(panel, a);
            if (steps > 1)
                Avx512F.Store(panel + panelColumns, b);
            if (steps > 2)
                Avx512F.Store(panel + (2 * panelColumns), c);
            if (steps > 3)
                Avx512F.Store(panel + (3 * panelColumns), d);
        }
        else if (typeof(V) == typeof(F32x8))
        {
            Vector256<float> a = Quads256(source, 4 * ld, steps), b = Quads256(source + ld, 4 * ld, steps);
            Vector256<float> c = Quads256(source + (2 * ld), 4 * ld, steps), d = Quads256(source + (3 * ld), 4 * ld, steps);
            Transpose(a, b, c, d, steps, panel, panelColumns);
        }
        else
        {
            Vector128<float> a = Quad(source, steps), b = Quad(source + ld, steps);
            Vector128<float> c = Quad(source + (2 * ld), steps), d = Quad(source + (3 * ld), steps);
            F32x4.TransposeFours(ref a, ref b, ref c, ref d);
            *(Vector128<float>*)panel = a;
            if (steps > 1)
                *(Vector128<float>*)(panel + panelColumns) = b;
            if (steps > 2)
                *(Vector128<float>*)(panel + (2 * panelColumns)) = c;
            if (steps > 3)
                *(Vector128<float>*)(panel + (3 * panelColumns)) = d;
        }
    }

    /// <summary>Lane j of s_p = source[j * ld + p] for p in 0..3 and j in 0..V.Count - 1: four steps, which stay in registers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Turn<V, R>(float* source, nint ld, out R s0, out R s1, out R s2, out R s3)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
    {
        // In locals: turned where they are returned, the product that uses them takes 3 to 5 % longer.
        R a = Quads<V, R>(source, 4 * ld), b = Quads<V, R>(source + ld, 4 * ld), c = Quads<V, R>(source + (2 * ld), 4 * ld), d = Quads<V, R>(source + (3 * ld), 4 * ld);
        V.TransposeFours(ref a, ref b, ref c, ref d);
        s0 = a;
        s1 = b;
        s2 = c;
        s3 = d;
    }

    /// <summary>panel[p * panelColumns + j] = row j[p] for p in 0..3 and j in 0..15, by half vectors that fill one cache line of the panel after the other; the first four rows are given, the others lie in groups of four behind them.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void TransposeSixteen(float* row0, float* row1, float* row2, float* row3, nint fourRows, float* panel, nint panelColumns)
    {
        nint eightRows = 2 * fourRows;
        Transpose(Quads256(row0, fourRows, 4), Quads256(row1, fourRows, 4), Quads256(row2, fourRows, 4), Quads256(row3, fourRows, 4), 4, panel, panelColumns);
        Transpose(Quads256(row0 + eightRows, fourRows, 4), Quads256(row1 + eightRows, fourRows, 4), Quads256(row2 + eightRows, fourRows, 4), Quads256(row3 + eightRows, fourRows, 4), 4, panel + F32x8.Count, panelColumns);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Transpose(Vector256<float> a, Vector256<float> b, Vector256<float> c, Vector256<float> d, nint steps, float* panel, nint panelColumns)
    {
        F32x8.TransposeFours(ref a, ref b, ref c, ref d);
        Avx.Store(panel, a);
        if (steps > 1)
            Avx.Store(panel + panelColumns, b);
        if (steps > 2)
            Avx.Store(panel + (2 * panelColumns), c);
        if (steps > 3)
            Avx.Store(panel + (3 * panelColumns), d);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static R Quads<V, R>(float* source, nint stride)
        where V : struct
        where R : struct =>
        typeof(V) == typeof(F32x16) ? Unsafe.BitCast<Vector512<float>, R>(Quads512(source, stride, 4))
        : typeof(V) == typeof(F32x8) ? Unsafe.BitCast<Vector256<float>, R>(Quads256(source, stride, 4))
        : Unsafe.BitCast<Vector128<float>, R>(Quad(source, 4));

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
