using System.Runtime.CompilerServices;
using Backprop.Simd.Internal.Simd;

namespace Backprop.Simd.Internal.MatrixProduct;

/// <summary>One to four vectors side by side. RyuJIT keeps the fields of a struct in registers, if they are at most four.</summary>
internal unsafe struct RowOfVectors<V, R, TVectors>
    where V : struct, IVectorF32<V>, IRegisters<V, R>
    where R : struct
    where TVectors : unmanaged
{
    private R _0;
    private R _1;
    private R _2;
    private R _3;

    /// <param name="from">A vector before the second one.</param>
    /// <param name="first">Where the first one begins, which may share columns with the second.</param>
    /// <param name="last">Where the last one begins, if there are several.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Load(float* from, nint first, nint last)
    {
        _0 = V.LoadRegister(from + first);
        if (sizeof(TVectors) == 2)
            _1 = V.LoadRegister(from + last);
        if (sizeof(TVectors) > 2)
            _1 = V.LoadRegister(from + V.Count);
        if (sizeof(TVectors) == 3)
            _2 = V.LoadRegister(from + last);
        if (sizeof(TVectors) > 3)
            _2 = V.LoadRegister(from + (2 * V.Count));
        if (sizeof(TVectors) > 3)
            _3 = V.LoadRegister(from + last);
    }

    /// <summary>One row of a panel, whose places are constants if its number is.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void LoadRow(float* panel, nint row)
    {
        _0 = V.LoadRegister(panel + (row * sizeof(TVectors) * V.Count));
        if (sizeof(TVectors) > 1)
            _1 = V.LoadRegister(panel + (((row * sizeof(TVectors)) + 1) * V.Count));
        if (sizeof(TVectors) > 2)
            _2 = V.LoadRegister(panel + (((row * sizeof(TVectors)) + 2) * V.Count));
        if (sizeof(TVectors) > 3)
            _3 = V.LoadRegister(panel + (((row * sizeof(TVectors)) + 3) * V.Count));
    }

    /// <summary>Lane j of s_p = source[j * ld + p]: four steps of one to three vectors of rows, turned; the last of several vectors begins at last.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Turn(float* source, float* last, nint ld, out RowOfVectors<V, R, TVectors> s0, out RowOfVectors<V, R, TVectors> s1, out RowOfVectors<V, R, TVectors> s2, out RowOfVectors<V, R, TVectors> s3)
    {
        s0 = s1 = s2 = s3 = default;
        FourSteps.Turn<V, R>(source, ld, out s0._0, out s1._0, out s2._0, out s3._0);
        if (sizeof(TVectors) > 1)
            FourSteps.Turn<V, R>(sizeof(TVectors) == 2 ? last : source + (V.Count * ld), ld, out s0._1, out s1._1, out s2._1, out s3._1);
        if (sizeof(TVectors) > 2)
            FourSteps.Turn<V, R>(last, ld, out s0._2, out s1._2, out s2._2, out s3._2);
    }

    /// <summary>A row of one vector.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static RowOfVectors<V, R, TVectors> Of(R only) => new() { _0 = only };

    /// <summary>this += factor x.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void MultiplyAdd(float factor, in RowOfVectors<V, R, TVectors> x) => MultiplyAdd(V.BroadcastRegister(factor), in x);

    /// <summary>this += s x, vector by vector.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void MultiplyAdd(R s, in RowOfVectors<V, R, TVectors> x)
    {
        _0 = V.MultiplyAddRegister(s, x._0, _0);
        if (sizeof(TVectors) > 1)
            _1 = V.MultiplyAddRegister(s, x._1, _1);
        if (sizeof(TVectors) > 2)
            _2 = V.MultiplyAddRegister(s, x._2, _2);
        if (sizeof(TVectors) > 3)
            _3 = V.MultiplyAddRegister(s, x._3, _3);
    }

    /// <summary>this += x.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(in RowOfVectors<V, R, TVectors> x)
    {
        _0 = V.Unwrap(V.Wrap(_0) + V.Wrap(x._0));
        if (sizeof(TVectors) > 1)
            _1 = V.Unwrap(V.Wrap(_1) + V.Wrap(x._1));
        if (sizeof(TVectors) > 2)
            _2 = V.Unwrap(V.Wrap(_2) + V.Wrap(x._2));
        if (sizeof(TVectors) > 3)
            _3 = V.Unwrap(V.Wrap(_3) + V.Wrap(x._3));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void Store(float* to, nint first, nint last)
    {
        V.StoreRegister(_0, to + first);
        if (sizeof(TVectors) == 2)
            V.StoreRegister(_1, to + last);
        if (sizeof(TVectors) > 2)
            V.StoreRegister(_1, to + V.Count);
        if (sizeof(TVectors) == 3)
            V.StoreRegister(_2, to + last);
        if (sizeof(TVectors) > 3)
            V.StoreRegister(_2, to + (2 * V.Count));
        if (sizeof(TVectors) > 3)
            V.StoreRegister(_3, to + last);
    }

    /// <summary>Stores what the epilogue makes of the sums.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void Finish<TEpilogue>(ref TEpilogue epilogue, float* to, nint row, nint column, nint last)
        where TEpilogue : struct, IEpilogue
    {
        if (typeof(TEpilogue) == typeof(NoEpilogue))
        {
            Store(to, 0, last);
            return;
        }

        epilogue.Store(V.Wrap(_0), row, column, to);
        if (sizeof(TVectors) == 2)
            epilogue.Store(V.Wrap(_1), row, column + last, to + last);
        if (sizeof(TVectors) > 2)
            epilogue.Store(V.Wrap(_1), row, column + V.Count, to + V.Count);
        if (sizeof(TVectors) == 3)
            epilogue.Store(V.Wrap(_2), row, column + last, to + last);
        if (sizeof(TVectors) > 3)
            epilogue.Store(V.Wrap(_2), row, column + (2 * V.Count), to + (2 * V.Count));
        if (sizeof(TVectors) > 3)
            epilogue.Store(V.Wrap(_3), row, column + last, to + last);
    }
}
