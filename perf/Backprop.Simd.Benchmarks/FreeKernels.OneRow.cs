using System.Runtime.CompilerServices;
using Backprop.Simd.Internal.Simd;

namespace Backprop.Simd.Benchmarks;

/// <content>One row, several vectors of columns.</content>
internal static unsafe partial class FreeKernels
{
    /// <summary>One row, 4 vectors of columns, chains by k mod 4.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Row1Vectors4Chains4<V, R>(float* a, nint rowStride, nint stepStride, nint k, float* b, nint ldb, float* c, nint ldc, int count)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
    {
        R s000 = default, s001 = default, s002 = default, s003 = default;
        R s010 = default, s011 = default, s012 = default, s013 = default;
        R s020 = default, s021 = default, s022 = default, s023 = default;
        R s030 = default, s031 = default, s032 = default, s033 = default;
        for (nint i = 0; i < k; i += 4)
        {
            R b00 = V.LoadRegister(b);
            R b01 = V.LoadRegister(b + V.Count);
            R b02 = V.LoadRegister(b + (2 * V.Count));
            R b03 = V.LoadRegister(b + (3 * V.Count));
            R a00 = V.BroadcastRegister(a[0]);
            s000 = V.MultiplyAddRegister(a00, b00, s000);
            s010 = V.MultiplyAddRegister(a00, b01, s010);
            s020 = V.MultiplyAddRegister(a00, b02, s020);
            s030 = V.MultiplyAddRegister(a00, b03, s030);
            R b10 = V.LoadRegister(b + ldb);
            R b11 = V.LoadRegister(b + ldb + V.Count);
            R b12 = V.LoadRegister(b + ldb + (2 * V.Count));
            R b13 = V.LoadRegister(b + ldb + (3 * V.Count));
            R a10 = V.BroadcastRegister(a[stepStride]);
            s001 = V.MultiplyAddRegister(a10, b10, s001);
            s011 = V.MultiplyAddRegister(a10, b11, s011);
            s021 = V.MultiplyAddRegister(a10, b12, s021);
            s031 = V.MultiplyAddRegister(a10, b13, s031);
            R b20 = V.LoadRegister(b + (2 * ldb));
            R b21 = V.LoadRegister(b + (2 * ldb) + V.Count);
            R b22 = V.LoadRegister(b + (2 * ldb) + (2 * V.Count));
            R b23 = V.LoadRegister(b + (2 * ldb) + (3 * V.Count));
            R a20 = V.BroadcastRegister(a[(2 * stepStride)]);
            s002 = V.MultiplyAddRegister(a20, b20, s002);
            s012 = V.MultiplyAddRegister(a20, b21, s012);
            s022 = V.MultiplyAddRegister(a20, b22, s022);
            s032 = V.MultiplyAddRegister(a20, b23, s032);
            R b30 = V.LoadRegister(b + (3 * ldb));
            R b31 = V.LoadRegister(b + (3 * ldb) + V.Count);
            R b32 = V.LoadRegister(b + (3 * ldb) + (2 * V.Count));
            R b33 = V.LoadRegister(b + (3 * ldb) + (3 * V.Count));
            R a30 = V.BroadcastRegister(a[(3 * stepStride)]);
            s003 = V.MultiplyAddRegister(a30, b30, s003);
            s013 = V.MultiplyAddRegister(a30, b31, s013);
            s023 = V.MultiplyAddRegister(a30, b32, s023);
            s033 = V.MultiplyAddRegister(a30, b33, s033);
            a += 4 * stepStride;
            b += 4 * ldb;
        }

        V.Store((V.Wrap(s000) + V.Wrap(s002)) + (V.Wrap(s001) + V.Wrap(s003)), c);
        V.Store((V.Wrap(s010) + V.Wrap(s012)) + (V.Wrap(s011) + V.Wrap(s013)), c + V.Count);
        V.Store((V.Wrap(s020) + V.Wrap(s022)) + (V.Wrap(s021) + V.Wrap(s023)), c + (2 * V.Count));
        V.Store((V.Wrap(s030) + V.Wrap(s032)) + (V.Wrap(s031) + V.Wrap(s033)), c + (3 * V.Count));
    }

    /// <summary>One row, 8 vectors of columns, chains by k mod 2.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Row1Vectors8Chains2<V, R>(float* a, nint rowStride, nint stepStride, nint k, float* b, nint ldb, float* c, nint ldc, int count)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
    {
        R s000 = default, s001 = default, s010 = default, s011 = default;
        R s020 = default, s021 = default, s030 = default, s031 = default;
        R s040 = default, s041 = default, s050 = default, s051 = default;
        R s060 = default, s061 = default, s070 = default, s071 = default;
        for (nint i = 0; i < k; i += 2)
        {
            R b00 = V.LoadRegister(b);
            R b01 = V.LoadRegister(b + V.Count);
            R b02 = V.LoadRegister(b + (2 * V.Count));
            R b03 = V.LoadRegister(b + (3 * V.Count));
            R b04 = V.LoadRegister(b + (4 * V.Count));
            R b05 = V.LoadRegister(b + (5 * V.Count));
            R b06 = V.LoadRegister(b + (6 * V.Count));
            R b07 = V.LoadRegister(b + (7 * V.Count));
            R a00 = V.BroadcastRegister(a[0]);
            s000 = V.MultiplyAddRegister(a00, b00, s000);
            s010 = V.MultiplyAddRegister(a00, b01, s010);
            s020 = V.MultiplyAddRegister(a00, b02, s020);
            s030 = V.MultiplyAddRegister(a00, b03, s030);
            s040 = V.MultiplyAddRegister(a00, b04, s040);
            s050 = V.MultiplyAddRegister(a00, b05, s050);
            s060 = V.MultiplyAddRegister(a00, b06, s060);
            s070 = V.MultiplyAddRegister(a00, b07, s070);
            R b10 = V.LoadRegister(b + ldb);
            R b11 = V.LoadRegister(b + ldb + V.Count);
            R b12 = V.LoadRegister(b + ldb + (2 * V.Count));
            R b13 = V.LoadRegister(b + ldb + (3 * V.Count));
            R b14 = V.LoadRegister(b + ldb + (4 * V.Count));
            R b15 = V.LoadRegister(b + ldb + (5 * V.Count));
            R b16 = V.LoadRegister(b + ldb + (6 * V.Count));
            R b17 = V.LoadRegister(b + ldb + (7 * V.Count));
            R a10 = V.BroadcastRegister(a[stepStride]);
            s001 = V.MultiplyAddRegister(a10, b10, s001);
            s011 = V.MultiplyAddRegister(a10, b11, s011);
            s021 = V.MultiplyAddRegister(a10, b12, s021);
            s031 = V.MultiplyAddRegister(a10, b13, s031);
            s041 = V.MultiplyAddRegister(a10, b14, s041);
            s051 = V.MultiplyAddRegister(a10, b15, s051);
            s061 = V.MultiplyAddRegister(a10, b16, s061);
            s071 = V.MultiplyAddRegister(a10, b17, s071);
            a += 2 * stepStride;
            b += 2 * ldb;
        }

        V.Store(V.Wrap(s000) + V.Wrap(s001), c);
        V.Store(V.Wrap(s010) + V.Wrap(s011), c + V.Count);
        V.Store(V.Wrap(s020) + V.Wrap(s021), c + (2 * V.Count));
        V.Store(V.Wrap(s030) + V.Wrap(s031), c + (3 * V.Count));
        V.Store(V.Wrap(s040) + V.Wrap(s041), c + (4 * V.Count));
        V.Store(V.Wrap(s050) + V.Wrap(s051), c + (5 * V.Count));
        V.Store(V.Wrap(s060) + V.Wrap(s061), c + (6 * V.Count));
        V.Store(V.Wrap(s070) + V.Wrap(s071), c + (7 * V.Count));
    }

    /// <summary>One row, 4 vectors of columns, one chain: order A.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Row1Vectors4Chains1<V, R>(float* a, nint rowStride, nint stepStride, nint k, float* b, nint ldb, float* c, nint ldc, int count)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
    {
        R s000 = default, s010 = default, s020 = default, s030 = default;
        for (nint i = 0; i < k; i++)
        {
            R b00 = V.LoadRegister(b);
            R b01 = V.LoadRegister(b + V.Count);
            R b02 = V.LoadRegister(b + (2 * V.Count));
            R b03 = V.LoadRegister(b + (3 * V.Count));
            R a00 = V.BroadcastRegister(a[0]);
            s000 = V.MultiplyAddRegister(a00, b00, s000);
            s010 = V.MultiplyAddRegister(a00, b01, s010);
            s020 = V.MultiplyAddRegister(a00, b02, s020);
            s030 = V.MultiplyAddRegister(a00, b03, s030);
            a += stepStride;
            b += ldb;
        }

        V.Store(V.Wrap(s000), c);
        V.Store(V.Wrap(s010), c + V.Count);
        V.Store(V.Wrap(s020), c + (2 * V.Count));
        V.Store(V.Wrap(s030), c + (3 * V.Count));
    }

    /// <summary>One row, 8 vectors of columns, one chain: order A.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Row1Vectors8Chains1<V, R>(float* a, nint rowStride, nint stepStride, nint k, float* b, nint ldb, float* c, nint ldc, int count)
        where V : struct, IVectorF32<V>, IRegisters<V, R>
        where R : struct
    {
        R s000 = default, s010 = default, s020 = default, s030 = default;
        R s040 = default, s050 = default, s060 = default, s070 = default;
        for (nint i = 0; i < k; i++)
        {
            R b00 = V.LoadRegister(b);
            R b01 = V.LoadRegister(b + V.Count);
            R b02 = V.LoadRegister(b + (2 * V.Count));
            R b03 = V.LoadRegister(b + (3 * V.Count));
            R b04 = V.LoadRegister(b + (4 * V.Count));
            R b05 = V.LoadRegister(b + (5 * V.Count));
            R b06 = V.LoadRegister(b + (6 * V.Count));
            R b07 = V.LoadRegister(b + (7 * V.Count));
            R a00 = V.BroadcastRegister(a[0]);
            s000 = V.MultiplyAddRegister(a00, b00, s000);
            s010 = V.MultiplyAddRegister(a00, b01, s010);
            s020 = V.MultiplyAddRegister(a00, b02, s020);
            s030 = V.MultiplyAddRegister(a00, b03, s030);
            s040 = V.MultiplyAddRegister(a00, b04, s040);
            s050 = V.MultiplyAddRegister(a00, b05, s050);
            s060 = V.MultiplyAddRegister(a00, b06, s060);
            s070 = V.MultiplyAddRegister(a00, b07, s070);
            a += stepStride;
            b += ldb;
        }

        V.Store(V.Wrap(s000), c);
        V.Store(V.Wrap(s010), c + V.Count);
        V.Store(V.Wrap(s020), c + (2 * V.Count));
        V.Store(V.Wrap(s030), c + (3 * V.Count));
        V.Store(V.Wrap(s040), c + (4 * V.Count));
        V.Store(V.Wrap(s050), c + (5 * V.Count));
        V.Store(V.Wrap(s060), c + (6 * V.Count));
        V.Store(V.Wrap(s070), c + (7 * V.Count));
    }
}
