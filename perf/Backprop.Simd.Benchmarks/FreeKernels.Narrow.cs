using System.Runtime.CompilerServices;
using Backprop.Simd.Internal.Simd;

namespace Backprop.Simd.Benchmarks;

/// <content>Several rows, one vector of columns.</content>
internal static unsafe partial class FreeKernels
{
    /// <summary>12 rows, one vector of columns, one chain.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Rows12Chains1<V, R>(float* a, nint rowStride, nint stepStride, nint k, float* b, nint ldb, float* c, nint ldc, int count)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
    {
        R s000 = default, s100 = default, s200 = default, s300 = default;
        R s400 = default, s500 = default, s600 = default, s700 = default;
        R s800 = default, s900 = default, sa00 = default, sb00 = default;
        for (nint i = 0; i < k; i += 1)
        {
            R b00 = V.LoadRegister(b);
            R a00 = V.BroadcastRegister(a[0]);
            s000 = V.MultiplyAddRegister(a00, b00, s000);
            R a01 = V.BroadcastRegister(a[rowStride]);
            s100 = V.MultiplyAddRegister(a01, b00, s100);
            R a02 = V.BroadcastRegister(a[(2 * rowStride)]);
            s200 = V.MultiplyAddRegister(a02, b00, s200);
            R a03 = V.BroadcastRegister(a[(3 * rowStride)]);
            s300 = V.MultiplyAddRegister(a03, b00, s300);
            R a04 = V.BroadcastRegister(a[(4 * rowStride)]);
            s400 = V.MultiplyAddRegister(a04, b00, s400);
            R a05 = V.BroadcastRegister(a[(5 * rowStride)]);
            s500 = V.MultiplyAddRegister(a05, b00, s500);
            R a06 = V.BroadcastRegister(a[(6 * rowStride)]);
            s600 = V.MultiplyAddRegister(a06, b00, s600);
            R a07 = V.BroadcastRegister(a[(7 * rowStride)]);
            s700 = V.MultiplyAddRegister(a07, b00, s700);
            R a08 = V.BroadcastRegister(a[(8 * rowStride)]);
            s800 = V.MultiplyAddRegister(a08, b00, s800);
            R a09 = V.BroadcastRegister(a[(9 * rowStride)]);
            s900 = V.MultiplyAddRegister(a09, b00, s900);
            R a0a = V.BroadcastRegister(a[(10 * rowStride)]);
            sa00 = V.MultiplyAddRegister(a0a, b00, sa00);
            R a0b = V.BroadcastRegister(a[(11 * rowStride)]);
            sb00 = V.MultiplyAddRegister(a0b, b00, sb00);
            a += stepStride;
            b += ldb;
        }

        V.StorePartial(V.Wrap(s000), c, count);
        V.StorePartial(V.Wrap(s100), c + ldc, count);
        V.StorePartial(V.Wrap(s200), c + (2 * ldc), count);
        V.StorePartial(V.Wrap(s300), c + (3 * ldc), count);
        V.StorePartial(V.Wrap(s400), c + (4 * ldc), count);
        V.StorePartial(V.Wrap(s500), c + (5 * ldc), count);
        V.StorePartial(V.Wrap(s600), c + (6 * ldc), count);
        V.StorePartial(V.Wrap(s700), c + (7 * ldc), count);
        V.StorePartial(V.Wrap(s800), c + (8 * ldc), count);
        V.StorePartial(V.Wrap(s900), c + (9 * ldc), count);
        V.StorePartial(V.Wrap(sa00), c + (10 * ldc), count);
        V.StorePartial(V.Wrap(sb00), c + (11 * ldc), count);
    }

    /// <summary>8 rows, one vector of columns, chains by k mod 2.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Rows8Chains2<V, R>(float* a, nint rowStride, nint stepStride, nint k, float* b, nint ldb, float* c, nint ldc, int count)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
    {
        R s000 = default, s001 = default, s100 = default, s101 = default;
        R s200 = default, s201 = default, s300 = default, s301 = default;
        R s400 = default, s401 = default, s500 = default, s501 = default;
        R s600 = default, s601 = default, s700 = default, s701 = default;
        for (nint i = 0; i < k; i += 2)
        {
            R b00 = V.LoadRegister(b);
            R a00 = V.BroadcastRegister(a[0]);
            s000 = V.MultiplyAddRegister(a00, b00, s000);
            R a01 = V.BroadcastRegister(a[rowStride]);
            s100 = V.MultiplyAddRegister(a01, b00, s100);
            R a02 = V.BroadcastRegister(a[(2 * rowStride)]);
            s200 = V.MultiplyAddRegister(a02, b00, s200);
            R a03 = V.BroadcastRegister(a[(3 * rowStride)]);
            s300 = V.MultiplyAddRegister(a03, b00, s300);
            R a04 = V.BroadcastRegister(a[(4 * rowStride)]);
            s400 = V.MultiplyAddRegister(a04, b00, s400);
            R a05 = V.BroadcastRegister(a[(5 * rowStride)]);
            s500 = V.MultiplyAddRegister(a05, b00, s500);
            R a06 = V.BroadcastRegister(a[(6 * rowStride)]);
            s600 = V.MultiplyAddRegister(a06, b00, s600);
            R a07 = V.BroadcastRegister(a[(7 * rowStride)]);
            s700 = V.MultiplyAddRegister(a07, b00, s700);
            R b10 = V.LoadRegister(b + ldb);
            R a10 = V.BroadcastRegister(a[stepStride]);
            s001 = V.MultiplyAddRegister(a10, b10, s001);
            R a11 = V.BroadcastRegister(a[rowStride + stepStride]);
            s101 = V.MultiplyAddRegister(a11, b10, s101);
            R a12 = V.BroadcastRegister(a[(2 * rowStride) + stepStride]);
            s201 = V.MultiplyAddRegister(a12, b10, s201);
            R a13 = V.BroadcastRegister(a[(3 * rowStride) + stepStride]);
            s301 = V.MultiplyAddRegister(a13, b10, s301);
            R a14 = V.BroadcastRegister(a[(4 * rowStride) + stepStride]);
            s401 = V.MultiplyAddRegister(a14, b10, s401);
            R a15 = V.BroadcastRegister(a[(5 * rowStride) + stepStride]);
            s501 = V.MultiplyAddRegister(a15, b10, s501);
            R a16 = V.BroadcastRegister(a[(6 * rowStride) + stepStride]);
            s601 = V.MultiplyAddRegister(a16, b10, s601);
            R a17 = V.BroadcastRegister(a[(7 * rowStride) + stepStride]);
            s701 = V.MultiplyAddRegister(a17, b10, s701);
            a += 2 * stepStride;
            b += 2 * ldb;
        }

        V.StorePartial(V.Wrap(s000) + V.Wrap(s001), c, count);
        V.StorePartial(V.Wrap(s100) + V.Wrap(s101), c + ldc, count);
        V.StorePartial(V.Wrap(s200) + V.Wrap(s201), c + (2 * ldc), count);
        V.StorePartial(V.Wrap(s300) + V.Wrap(s301), c + (3 * ldc), count);
        V.StorePartial(V.Wrap(s400) + V.Wrap(s401), c + (4 * ldc), count);
        V.StorePartial(V.Wrap(s500) + V.Wrap(s501), c + (5 * ldc), count);
        V.StorePartial(V.Wrap(s600) + V.Wrap(s601), c + (6 * ldc), count);
        V.StorePartial(V.Wrap(s700) + V.Wrap(s701), c + (7 * ldc), count);
    }

    /// <summary>2 rows, one vector of columns, chains by k mod 8.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Rows2Chains8<V, R>(float* a, nint rowStride, nint stepStride, nint k, float* b, nint ldb, float* c, nint ldc, int count)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
    {
        R s000 = default, s001 = default, s002 = default, s003 = default;
        R s004 = default, s005 = default, s006 = default, s007 = default;
        R s100 = default, s101 = default, s102 = default, s103 = default;
        R s104 = default, s105 = default, s106 = default, s107 = default;
        for (nint i = 0; i < k; i += 8)
        {
            R b00 = V.LoadRegister(b);
            R a00 = V.BroadcastRegister(a[0]);
            s000 = V.MultiplyAddRegister(a00, b00, s000);
            R a01 = V.BroadcastRegister(a[rowStride]);
            s100 = V.MultiplyAddRegister(a01, b00, s100);
            R b10 = V.LoadRegister(b + ldb);
            R a10 = V.BroadcastRegister(a[stepStride]);
            s001 = V.MultiplyAddRegister(a10, b10, s001);
            R a11 = V.BroadcastRegister(a[rowStride + stepStride]);
            s101 = V.MultiplyAddRegister(a11, b10, s101);
            R b20 = V.LoadRegister(b + (2 * ldb));
            R a20 = V.BroadcastRegister(a[(2 * stepStride)]);
            s002 = V.MultiplyAddRegister(a20, b20, s002);
            R a21 = V.BroadcastRegister(a[rowStride + (2 * stepStride)]);
            s102 = V.MultiplyAddRegister(a21, b20, s102);
            R b30 = V.LoadRegister(b + (3 * ldb));
            R a30 = V.BroadcastRegister(a[(3 * stepStride)]);
            s003 = V.MultiplyAddRegister(a30, b30, s003);
            R a31 = V.BroadcastRegister(a[rowStride + (3 * stepStride)]);
            s103 = V.MultiplyAddRegister(a31, b30, s103);
            R b40 = V.LoadRegister(b + (4 * ldb));
            R a40 = V.BroadcastRegister(a[(4 * stepStride)]);
            s004 = V.MultiplyAddRegister(a40, b40, s004);
            R a41 = V.BroadcastRegister(a[rowStride + (4 * stepStride)]);
            s104 = V.MultiplyAddRegister(a41, b40, s104);
            R b50 = V.LoadRegister(b + (5 * ldb));
            R a50 = V.BroadcastRegister(a[(5 * stepStride)]);
            s005 = V.MultiplyAddRegister(a50, b50, s005);
            R a51 = V.BroadcastRegister(a[rowStride + (5 * stepStride)]);
            s105 = V.MultiplyAddRegister(a51, b50, s105);
            R b60 = V.LoadRegister(b + (6 * ldb));
            R a60 = V.BroadcastRegister(a[(6 * stepStride)]);
            s006 = V.MultiplyAddRegister(a60, b60, s006);
            R a61 = V.BroadcastRegister(a[rowStride + (6 * stepStride)]);
            s106 = V.MultiplyAddRegister(a61, b60, s106);
            R b70 = V.LoadRegister(b + (7 * ldb));
            R a70 = V.BroadcastRegister(a[(7 * stepStride)]);
            s007 = V.MultiplyAddRegister(a70, b70, s007);
            R a71 = V.BroadcastRegister(a[rowStride + (7 * stepStride)]);
            s107 = V.MultiplyAddRegister(a71, b70, s107);
            a += 8 * stepStride;
            b += 8 * ldb;
        }

        V.StorePartial(((V.Wrap(s000) + V.Wrap(s004)) + (V.Wrap(s002) + V.Wrap(s006))) + ((V.Wrap(s001) + V.Wrap(s005)) + (V.Wrap(s003) + V.Wrap(s007))), c, count);
        V.StorePartial(((V.Wrap(s100) + V.Wrap(s104)) + (V.Wrap(s102) + V.Wrap(s106))) + ((V.Wrap(s101) + V.Wrap(s105)) + (V.Wrap(s103) + V.Wrap(s107))), c + ldc, count);
    }

    /// <summary>6 rows, one vector of columns, chains by k mod 4: order B.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Rows6Chains4<V, R>(float* a, nint rowStride, nint stepStride, nint k, float* b, nint ldb, float* c, nint ldc, int count)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
    {
        R s000 = default, s001 = default, s002 = default, s003 = default;
        R s100 = default, s101 = default, s102 = default, s103 = default;
        R s200 = default, s201 = default, s202 = default, s203 = default;
        R s300 = default, s301 = default, s302 = default, s303 = default;
        R s400 = default, s401 = default, s402 = default, s403 = default;
        R s500 = default, s501 = default, s502 = default, s503 = default;
        for (nint i = 0; i < k; i += 4)
        {
            R b00 = V.LoadRegister(b);
            R a00 = V.BroadcastRegister(a[0]);
            s000 = V.MultiplyAddRegister(a00, b00, s000);
            R a01 = V.BroadcastRegister(a[rowStride]);
            s100 = V.MultiplyAddRegister(a01, b00, s100);
            R a02 = V.BroadcastRegister(a[(2 * rowStride)]);
            s200 = V.MultiplyAddRegister(a02, b00, s200);
            R a03 = V.BroadcastRegister(a[(3 * rowStride)]);
            s300 = V.MultiplyAddRegister(a03, b00, s300);
            R a04 = V.BroadcastRegister(a[(4 * rowStride)]);
            s400 = V.MultiplyAddRegister(a04, b00, s400);
            R a05 = V.BroadcastRegister(a[(5 * rowStride)]);
            s500 = V.MultiplyAddRegister(a05, b00, s500);
            R b10 = V.LoadRegister(b + ldb);
            R a10 = V.BroadcastRegister(a[stepStride]);
            s001 = V.MultiplyAddRegister(a10, b10, s001);
            R a11 = V.BroadcastRegister(a[rowStride + stepStride]);
            s101 = V.MultiplyAddRegister(a11, b10, s101);
            R a12 = V.BroadcastRegister(a[(2 * rowStride) + stepStride]);
            s201 = V.MultiplyAddRegister(a12, b10, s201);
            R a13 = V.BroadcastRegister(a[(3 * rowStride) + stepStride]);
            s301 = V.MultiplyAddRegister(a13, b10, s301);
            R a14 = V.BroadcastRegister(a[(4 * rowStride) + stepStride]);
            s401 = V.MultiplyAddRegister(a14, b10, s401);
            R a15 = V.BroadcastRegister(a[(5 * rowStride) + stepStride]);
            s501 = V.MultiplyAddRegister(a15, b10, s501);
            R b20 = V.LoadRegister(b + (2 * ldb));
            R a20 = V.BroadcastRegister(a[(2 * stepStride)]);
            s002 = V.MultiplyAddRegister(a20, b20, s002);
            R a21 = V.BroadcastRegister(a[rowStride + (2 * stepStride)]);
            s102 = V.MultiplyAddRegister(a21, b20, s102);
            R a22 = V.BroadcastRegister(a[(2 * rowStride) + (2 * stepStride)]);
            s202 = V.MultiplyAddRegister(a22, b20, s202);
            R a23 = V.BroadcastRegister(a[(3 * rowStride) + (2 * stepStride)]);
            s302 = V.MultiplyAddRegister(a23, b20, s302);
            R a24 = V.BroadcastRegister(a[(4 * rowStride) + (2 * stepStride)]);
            s402 = V.MultiplyAddRegister(a24, b20, s402);
            R a25 = V.BroadcastRegister(a[(5 * rowStride) + (2 * stepStride)]);
            s502 = V.MultiplyAddRegister(a25, b20, s502);
            R b30 = V.LoadRegister(b + (3 * ldb));
            R a30 = V.BroadcastRegister(a[(3 * stepStride)]);
            s003 = V.MultiplyAddRegister(a30, b30, s003);
            R a31 = V.BroadcastRegister(a[rowStride + (3 * stepStride)]);
            s103 = V.MultiplyAddRegister(a31, b30, s103);
            R a32 = V.BroadcastRegister(a[(2 * rowStride) + (3 * stepStride)]);
            s203 = V.MultiplyAddRegister(a32, b30, s203);
            R a33 = V.BroadcastRegister(a[(3 * rowStride) + (3 * stepStride)]);
            s303 = V.MultiplyAddRegister(a33, b30, s303);
            R a34 = V.BroadcastRegister(a[(4 * rowStride) + (3 * stepStride)]);
            s403 = V.MultiplyAddRegister(a34, b30, s403);
            R a35 = V.BroadcastRegister(a[(5 * rowStride) + (3 * stepStride)]);
            s503 = V.MultiplyAddRegister(a35, b30, s503);
            a += 4 * stepStride;
            b += 4 * ldb;
        }

        V.StorePartial((V.Wrap(s000) + V.Wrap(s002)) + (V.Wrap(s001) + V.Wrap(s003)), c, count);
        V.StorePartial((V.Wrap(s100) + V.Wrap(s102)) + (V.Wrap(s101) + V.Wrap(s103)), c + ldc, count);
        V.StorePartial((V.Wrap(s200) + V.Wrap(s202)) + (V.Wrap(s201) + V.Wrap(s203)), c + (2 * ldc), count);
        V.StorePartial((V.Wrap(s300) + V.Wrap(s302)) + (V.Wrap(s301) + V.Wrap(s303)), c + (3 * ldc), count);
        V.StorePartial((V.Wrap(s400) + V.Wrap(s402)) + (V.Wrap(s401) + V.Wrap(s403)), c + (4 * ldc), count);
        V.StorePartial((V.Wrap(s500) + V.Wrap(s502)) + (V.Wrap(s501) + V.Wrap(s503)), c + (5 * ldc), count);
    }
}
