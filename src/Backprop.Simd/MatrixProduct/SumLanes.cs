using System.Runtime.CompilerServices;
using Backprop.Simd.Internal.Simd;

namespace Backprop.Simd.Internal.MatrixProduct;

/// <summary>The lanes that a sum is spread over by k, in one, two or four vectors; or as many values of a row that they are multiplied with.</summary>
internal unsafe struct SumLanes<V, R, TVectors>
    where V : struct, IVectorF32<V>, IRegisters<V, R>
    where R : struct
    where TVectors : unmanaged
{
    private R _0;
    private R _1;
    private R _2;
    private R _3;

    public static int Count
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => sizeof(TVectors) * V.Count;
    }

    /// <summary>Lane 0 as the sum was; the others stay +0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void StartFrom(float* sum) => _0 = V.Unwrap(V.LoadPartial(sum, 1));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Load(float* from)
    {
        _0 = V.LoadRegister(from);
        if (sizeof(TVectors) > 1)
            _1 = V.LoadRegister(from + V.Count);
        if (sizeof(TVectors) > 2)
            _2 = V.LoadRegister(from + (2 * V.Count));
        if (sizeof(TVectors) > 2)
            _3 = V.LoadRegister(from + (3 * V.Count));
    }

    /// <summary>So many of the first lanes of each vector; -0 in the others, from <paramref name="beyond"/>: their products with +0, added, change nothing, not even a -0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void LoadPart(float* from, float* beyond, int of0, int of1, int of2, int of3)
    {
        _0 = Part(from, beyond, of0);
        if (sizeof(TVectors) > 1)
            _1 = Part(from + V.Count, beyond + V.Count, of1);
        if (sizeof(TVectors) > 2)
            _2 = Part(from + (2 * V.Count), beyond + (2 * V.Count), of2);
        if (sizeof(TVectors) > 2)
            _3 = Part(from + (3 * V.Count), beyond + (3 * V.Count), of3);
    }

    /// <summary>So many of the last lanes of the only vector, the first ones +0; the order turns the lanes so.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void LoadHead(float* from, int lanes, R order) => _0 = V.PermuteRegister(V.Unwrap(V.LoadPartial(from, lanes)), order);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static R Part(float* from, float* beyond, int lanes) => V.Unwrap(V.LoadPartial(from, lanes) | V.Load(beyond));

    /// <summary>this += a x, a read where it lies: a register that an operand of a multiply-add needs only once is one too many.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void MultiplyAdd(float* a, in SumLanes<V, R, TVectors> x)
    {
        _0 = V.MultiplyAddRegister(V.LoadRegister(a), x._0, _0);
        if (sizeof(TVectors) > 1)
            _1 = V.MultiplyAddRegister(V.LoadRegister(a + V.Count), x._1, _1);
        if (sizeof(TVectors) > 2)
            _2 = V.MultiplyAddRegister(V.LoadRegister(a + (2 * V.Count)), x._2, _2);
        if (sizeof(TVectors) > 2)
            _3 = V.MultiplyAddRegister(V.LoadRegister(a + (3 * V.Count)), x._3, _3);
    }

    /// <summary>this += a x.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void MultiplyAdd(in SumLanes<V, R, TVectors> a, in SumLanes<V, R, TVectors> x)
    {
        _0 = V.MultiplyAddRegister(a._0, x._0, _0);
        if (sizeof(TVectors) > 1)
            _1 = V.MultiplyAddRegister(a._1, x._1, _1);
        if (sizeof(TVectors) > 2)
            _2 = V.MultiplyAddRegister(a._2, x._2, _2);
        if (sizeof(TVectors) > 2)
            _3 = V.MultiplyAddRegister(a._3, x._3, _3);
    }

    /// <summary>Halves added until one vector is left.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly V Folded() =>
        sizeof(TVectors) == 1 ? V.Wrap(_0)
        : sizeof(TVectors) == 2 ? V.Wrap(_0) + V.Wrap(_1)
        : (V.Wrap(_0) + V.Wrap(_2)) + (V.Wrap(_1) + V.Wrap(_3));
}
