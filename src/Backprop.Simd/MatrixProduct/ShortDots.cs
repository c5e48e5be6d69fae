using System.Runtime.CompilerServices;
using Backprop.Simd.Internal.Simd;

namespace Backprop.Simd.Internal.MatrixProduct;

/// <summary>Order C for k of at most 16: each lane of the dot products holds one product, so that the lanes of a vector can be columns and the tree is one of vectors.</summary>
internal static unsafe class ShortDots
{
    public const int Steps = 16;

    /// <summary>C[.., column..] = epilogue(A B^T + C or 0); <paramref name="panel"/> holds these columns of B^T, V.Count apart.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public static void Run<V, TEpilogue>(in GemmArguments g, ref TEpilogue epilogue, float* panel, nint column, int count)
        where V : struct, IVectorF32<V>
        where TEpilogue : struct, IEpilogue
    {
        if (g.K <= FewLanes.Most)
            Rows<V, FewLanes, TEpilogue>(in g, ref epilogue, panel, column, count);
        else
            Rows<V, ManyLanes, TEpilogue>(in g, ref epilogue, panel, column, count);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Rows<V, TLanes, TEpilogue>(in GemmArguments g, ref TEpilogue epilogue, float* panel, nint column, int count)
        where V : struct, IVectorF32<V>
        where TLanes : struct, ILanes
        where TEpilogue : struct, IEpilogue
    {
        TEpilogue local = epilogue;
        int k = g.K;
        for (nint row = 0; row < g.M; row++)
        {
            float* a = g.A + (row * g.Lda), c = g.C + (row * g.Ldc) + column;
            V start = g.Beta == 1 ? V.LoadPartial(c, count) : V.Create(0f);
            V sums = TLanes.Every(a, panel, k, 0, start) + TLanes.Every(a, panel, k, 1, V.Create(0f));
            V result = local.Apply(sums, row, column, count);
            if (TEpilogue.StoresC)
                V.StorePartial(result, c, count);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V Lane<V>(float* a, float* panel, int k, int lane, V start)
        where V : struct, IVectorF32<V> => lane < k ? V.MultiplyAdd(V.Create(a[lane]), V.Load(panel + (lane * V.Count)), start) : start;

    /// <summary>The tree over every second of the lanes, those that k does not reach being +0.</summary>
    private interface ILanes
    {
        static abstract V Every<V>(float* a, float* panel, int k, int lane, V start)
            where V : struct, IVectorF32<V>;
    }

    // Adding +0 once is as good as at each level: it only turns -0 into +0.
    private readonly struct FewLanes : ILanes
    {
        public const int Most = 4;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static V Every<V>(float* a, float* panel, int k, int lane, V start)
            where V : struct, IVectorF32<V> => (Lane(a, panel, k, lane, start) + V.Create(0f)) + (Lane(a, panel, k, lane + 2, V.Create(0f)) + V.Create(0f));
    }

    private readonly struct ManyLanes : ILanes
    {
        [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
        public static V Every<V>(float* a, float* panel, int k, int lane, V start)
            where V : struct, IVectorF32<V>
        {
            V zero = V.Create(0f);
            V first = Lane(a, panel, k, lane, start) + Lane(a, panel, k, lane + 8, zero), second = Lane(a, panel, k, lane + 4, zero) + Lane(a, panel, k, lane + 12, zero);
            V third = Lane(a, panel, k, lane + 2, zero) + Lane(a, panel, k, lane + 10, zero), fourth = Lane(a, panel, k, lane + 6, zero) + Lane(a, panel, k, lane + 14, zero);
            return (first + second) + (third + fourth);
        }
    }
}
