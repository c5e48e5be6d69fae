using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace Backprop.Simd.Internal.Simd;

/// <summary>Rearranges four steps of V.Count rows into four vectors: the one place where shuffles differ between CPUs.</summary>
/// <remarks>
/// A register takes four floats of each of every fourth row, 0 4 8 12 | 1 5 9 13 | ..., so that all shuffles stay inside 128-bit lanes:
/// <code>
///   rows 0 4 8 12:  a0 a1 a2 a3 | e0 e1 e2 e3 | ...        step 0:  a0 b0 c0 d0 | e0 f0 g0 h0 | ...
///   rows 1 5 9 13:  b0 b1 b2 b3 | f0 f1 f2 f3 | ...   ->   step 1:  a1 b1 c1 d1 | e1 f1 g1 h1 | ...
/// </code>
/// </remarks>
internal static unsafe class FourSteps
{
    /// <summary>Whether this CPU has the shuffles for a width.</summary>
    public static bool IsSupported<V>()
        where V : struct, IVectorF32<V> => V.Count switch
        {
            16 => Avx512F.IsSupported,
            8 => Avx.IsSupported,
            4 => Sse2.IsSupported || AdvSimd.Arm64.IsSupported,
            _ => false,
        };

    /// <summary>panel[p * panelColumns + j] = source[j * ld + p] for p in 0..3 and j in 0..V.Count - 1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Transpose<V>(float* source, nint ld, float* panel, nint panelColumns)
        where V : struct, IVectorF32<V>
    {
        if (V.Count == 16)
        {
            Vector512<float> a = Quads512(source, 4 * ld), b = Quads512(source + ld, 4 * ld);
            Vector512<float> c = Quads512(source + (2 * ld), 4 * ld), d = Quads512(source + (3 * ld), 4 * ld);
            Vector512<double> abLow = Avx512F.UnpackLow(a, b).AsDouble(), abHigh = Avx512F.UnpackHigh(a, b).AsDouble();
            Vector512<double> cdLow = Avx512F.UnpackLow(c, d).AsDouble(), cdHigh = Avx512F.UnpackHigh(c, d).AsDouble();
            Avx512F.UnpackLow(abLow, cdLow).AsSingle().Store(panel);
            Avx512F.UnpackHigh(abLow, cdLow).AsSingle().Store(panel + panelColumns);
            Avx512F.UnpackLow(abHigh, cdHigh).AsSingle().Store(panel + (2 * panelColumns));
            Avx512F.UnpackHigh(abHigh, cdHigh).AsSingle().Store(panel + (3 * panelColumns));
        }
        else if (V.Count == 8)
        {
            Vector256<float> a = Quads256(source, 4 * ld), b = Quads256(source + ld, 4 * ld);
            Vector256<float> c = Quads256(source + (2 * ld), 4 * ld), d = Quads256(source + (3 * ld), 4 * ld);
            Vector256<double> abLow = Avx.UnpackLow(a, b).AsDouble(), abHigh = Avx.UnpackHigh(a, b).AsDouble();
            Vector256<double> cdLow = Avx.UnpackLow(c, d).AsDouble(), cdHigh = Avx.UnpackHigh(c, d).AsDouble();
            Avx.UnpackLow(abLow, cdLow).AsSingle().Store(panel);
            Avx.UnpackHigh(abLow, cdLow).AsSingle().Store(panel + panelColumns);
            Avx.UnpackLow(abHigh, cdHigh).AsSingle().Store(panel + (2 * panelColumns));
            Avx.UnpackHigh(abHigh, cdHigh).AsSingle().Store(panel + (3 * panelColumns));
        }
        else
        {
            Vector128<float> a = Vector128.Load(source), b = Vector128.Load(source + ld);
            Vector128<float> c = Vector128.Load(source + (2 * ld)), d = Vector128.Load(source + (3 * ld));
            Vector128<double> abLow = ZipLow(a, b).AsDouble(), abHigh = ZipHigh(a, b).AsDouble();
            Vector128<double> cdLow = ZipLow(c, d).AsDouble(), cdHigh = ZipHigh(c, d).AsDouble();
            ZipLow(abLow, cdLow).AsSingle().Store(panel);
            ZipHigh(abLow, cdLow).AsSingle().Store(panel + panelColumns);
            ZipLow(abHigh, cdHigh).AsSingle().Store(panel + (2 * panelColumns));
            ZipHigh(abHigh, cdHigh).AsSingle().Store(panel + (3 * panelColumns));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Quads512(float* source, nint stride) =>
        Vector512.Create(Quads256(source, stride), Quads256(source + (2 * stride), stride));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Quads256(float* source, nint stride) =>
        Vector256.Create(Vector128.Load(source), Vector128.Load(source + stride));

    /// <summary>x0 y0 x1 y1 of floats, x0 y0 of doubles.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> ZipLow<T>(Vector128<T> left, Vector128<T> right) => typeof(T) == typeof(float)
        ? (Sse.IsSupported ? Sse.UnpackLow(left.AsSingle(), right.AsSingle()) : AdvSimd.Arm64.ZipLow(left.AsSingle(), right.AsSingle())).As<float, T>()
        : (Sse2.IsSupported ? Sse2.UnpackLow(left.AsDouble(), right.AsDouble()) : AdvSimd.Arm64.ZipLow(left.AsDouble(), right.AsDouble())).As<double, T>();

    /// <summary>x2 y2 x3 y3 of floats, x1 y1 of doubles.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> ZipHigh<T>(Vector128<T> left, Vector128<T> right) => typeof(T) == typeof(float)
        ? (Sse.IsSupported ? Sse.UnpackHigh(left.AsSingle(), right.AsSingle()) : AdvSimd.Arm64.ZipHigh(left.AsSingle(), right.AsSingle())).As<float, T>()
        : (Sse2.IsSupported ? Sse2.UnpackHigh(left.AsDouble(), right.AsDouble()) : AdvSimd.Arm64.ZipHigh(left.AsDouble(), right.AsDouble())).As<double, T>();
}
