using Backprop.Simd.Internal.Simd;
using Xunit;

namespace Backprop.Simd.Tests;

/// <summary>Every vector type that a kernel may be compiled for. All of them run on every machine, accelerated or not.</summary>
public enum Width
{
    F32x1,
    F32x4,
    F32x8,
    F32x16,
    F32xN,
    PairOfF32x1,
    PairOfF32x4,
    PairOfF32x8,
    PairOfPairOfF32x4,
    SixteenScalars,
}

/// <summary>Runs generic work on a width chosen at run time, so that one process tests all widths.</summary>
internal static class Widths
{
    public static TheoryData<Width> All => new(Enum.GetValues<Width>());

    /// <summary>The widths that have raw registers: those that the matrix product runs on.</summary>
    public static TheoryData<Width> WithRegisters => [Width.F32x1, Width.F32x4, Width.F32x8, Width.F32x16, Width.F32xN];

    /// <summary>The types that serve as the 16 lanes of row statistics.</summary>
    public static TheoryData<Width> SixteenLanes => [Width.F32x16, Width.PairOfF32x8, Width.PairOfPairOfF32x4, Width.SixteenScalars];

    public static void Invoke<TAction>(Width width, ref TAction action)
        where TAction : struct, IVectorAction
    {
        switch (width)
        {
            case Width.F32x1:
                action.Invoke<F32x1>();
                break;
            case Width.F32x4:
                action.Invoke<F32x4>();
                break;
            case Width.F32x8:
                action.Invoke<F32x8>();
                break;
            case Width.F32x16:
                action.Invoke<F32x16>();
                break;
            case Width.F32xN:
                action.Invoke<F32xN>();
                break;
            case Width.PairOfF32x1:
                action.Invoke<Pair<F32x1>>();
                break;
            case Width.PairOfF32x4:
                action.Invoke<Pair<F32x4>>();
                break;
            case Width.PairOfF32x8:
                action.Invoke<Pair<F32x8>>();
                break;
            case Width.PairOfPairOfF32x4:
                action.Invoke<Pair<Pair<F32x4>>>();
                break;
            case Width.SixteenScalars:
                action.Invoke<Pair<Pair<Pair<Pair<F32x1>>>>>();
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(width), width, "No such width.");
        }
    }

    public static void InvokeRegisters<TAction>(Width width, ref TAction action)
        where TAction : struct, IRegisterAction
    {
        switch (width)
        {
            case Width.F32x1:
                action.Invoke<F32x1, float>();
                break;
            case Width.F32x4:
                action.Invoke<F32x4, System.Runtime.Intrinsics.Vector128<float>>();
                break;
            case Width.F32x8:
                action.Invoke<F32x8, System.Runtime.Intrinsics.Vector256<float>>();
                break;
            case Width.F32x16:
                action.Invoke<F32x16, System.Runtime.Intrinsics.Vector512<float>>();
                break;
            case Width.F32xN:
                action.Invoke<F32xN, System.Numerics.Vector<float>>();
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(width), width, "This width has no registers.");
        }
    }

    public static int LanesOf(Width width)
    {
        var count = default(CountLanes);
        Invoke(width, ref count);
        return count.Lanes;
    }

    private struct CountLanes : IVectorAction
    {
        public int Lanes;

        public void Invoke<V>()
            where V : struct, IVectorF32<V> => Lanes = V.Count;
    }
}
