using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace Backprop.Simd.Internal.Simd;

/// <summary>Work that is written once for every vector width: a struct that holds its operands.</summary>
internal interface IVectorAction
{
    void Invoke<V>()
        where V : struct, IVectorF32<V>;
}

/// <summary>Work that needs raw registers beside the vocabulary: the matrix product.</summary>
internal interface IRegisterAction
{
    void Invoke<V, R>()
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct;
}

/// <summary>The one place that picks the vector width. Every test below is a JIT constant, so a dispatch folds to one direct call.</summary>
/// <remarks>
/// The tests ask for IsHardwareAccelerated, not for instruction sets: <c>DOTNET_PreferredVectorBitWidth</c> caps only the former.
/// Adding a width is its file plus one line in each method here.
/// </remarks>
internal static class Tiers
{
    public static SimdTier Best
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Vector512.IsHardwareAccelerated ? SimdTier.Vector512
            : Vector256.IsHardwareAccelerated ? SimdTier.Vector256
            : Vector128.IsHardwareAccelerated ? SimdTier.Vector128
            : SimdTier.Portable;
    }

    /// <summary>Whether the widest accelerated vector has 16 lanes.</summary>
    public static bool HasSixteenLanes
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Vector512.IsHardwareAccelerated;
    }

    /// <summary>Whether the vector registers are 32, as with AVX-512 at any width and on Arm64, and not 16.</summary>
    public static bool HasThirtyTwoRegisters
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Avx512F.VL.IsSupported || (!X86Base.IsSupported && HasAdvSimd);
    }

    // Apart: what the JIT sees it loads, and AdvSimd is large.
    private static bool HasAdvSimd
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => AdvSimd.IsSupported;
    }

    /// <summary>Runs the work on the widest accelerated vector.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Dispatch<TAction>(ref TAction action)
        where TAction : struct, IVectorAction
    {
        if (Vector512.IsHardwareAccelerated)
            action.Invoke<F32x16>();
        else if (Vector256.IsHardwareAccelerated)
            action.Invoke<F32x8>();
        else if (Vector128.IsHardwareAccelerated)
            action.Invoke<F32x4>();
        else
            action.Invoke<F32xN>();
    }

    /// <summary>Runs the work on exactly 16 lanes: the layout in which rows are summed, equal on every tier.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void DispatchSixteenLanes<TAction>(ref TAction action)
        where TAction : struct, IVectorAction
    {
        if (Vector512.IsHardwareAccelerated)
            action.Invoke<F32x16>();
        else if (Vector256.IsHardwareAccelerated)
            action.Invoke<Pair<F32x8>>();
        else
            action.Invoke<Pair<Pair<F32x4>>>();
    }

    /// <summary>Whether there is a vector of half of V's lanes that is worth its code: what <see cref="DispatchHalf"/> runs on.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool HasHalf<V>()
        where V : struct, IVectorF32<V> => typeof(V) == typeof(F32x16);

    /// <summary>Runs the work on 8 lanes, for a caller on 16.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void DispatchHalf<TAction>(ref TAction action)
        where TAction : struct, IRegisterAction, allows ref struct => action.Invoke<F32x8, Vector256<float>>();

    /// <summary>Runs the work on the widest accelerated vector and its raw register.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void DispatchRegisters<TAction>(ref TAction action)
        where TAction : struct, IRegisterAction, allows ref struct
    {
        if (Vector512.IsHardwareAccelerated)
            action.Invoke<F32x16, Vector512<float>>();
        else if (Vector256.IsHardwareAccelerated)
            action.Invoke<F32x8, Vector256<float>>();
        else if (Vector128.IsHardwareAccelerated)
            action.Invoke<F32x4, Vector128<float>>();
        else
            action.Invoke<F32xN, System.Numerics.Vector<float>>();
    }
}
