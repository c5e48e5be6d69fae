using System.Runtime.CompilerServices;
using Backprop.Simd.Internal.Simd;

namespace Backprop.Simd.Internal.MatrixProduct;

/// <summary>Order C for k of at most 16: each lane of the dot products holds one product, so that the lanes of a vector can be columns and the tree is one of vectors.</summary>
internal static unsafe class ShortDots
{
    public const int Steps = 16;

    /// <summary>C[.., column..] = epilogue(A B^T + C or 0); <paramref name="panel"/> holds these columns of B^T, V.Count apart, and has room for <see cref="Steps"/> rows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public static void Run<V, TEpilogue>(in GemmArguments g, ref TEpilogue epilogue, float* panel, nint column, int count)
        where V : struct, IVectorF32<V>
        where TEpilogue : struct, IEpilogue
    {
        if (g.K <= FourLanes.Count)
            Rows<V, FourLanes, TEpilogue>(in g, ref epilogue, panel, column, count);
        else if (g.K <= EightLanes.Count)
            Rows<V, EightLanes, TEpilogue>(in g, ref epilogue, panel, column, count);
        else
            Rows<V, SixteenLanes, TEpilogue>(in g, ref epilogue, panel, column, count);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Rows<V, TLanes, TEpilogue>(in GemmArguments g, ref TEpilogue epilogue, float* panel, nint column, int count)
        where V : struct, IVectorF32<V>
        where TLanes : struct, ILanes
        where TEpilogue : struct, IEpilogue
    {
        TEpilogue local = epilogue;
        V zero = V.Create(0f);

        // Of many lanes, those that k does not reach get 0 x 0, which leaves them +0; few are asked whether it does.
        bool pads = TLanes.Count > FourLanes.Count && g.K < TLanes.Count;
        float* factors = stackalloc float[Steps];
        if (pads)
        {
            new Span<float>(factors, Steps).Clear();
            for (nint lane = g.K; lane < TLanes.Count; lane++)
                V.Store(zero, panel + (lane * V.Count));
        }

        for (nint row = 0; row < g.M; row++)
        {
            float* a = g.A + (row * g.Lda), c = g.C + (row * g.Ldc) + column;
            if (pads)
            {
                for (nint lane = 0; lane < g.K; lane++)
                    factors[lane] = a[lane];
                a = factors;
            }

            V result = local.Apply(TLanes.Tree(a, panel, g.K, g.Beta == 1 ? V.LoadPartial(c, count) : zero), row, column, count);
            if (TEpilogue.StoresC)
                V.StorePartial(result, c, count);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V Lane<V>(float* a, float* panel, int lane, V start)
        where V : struct, IVectorF32<V> => V.MultiplyAdd(V.Create(a[lane]), V.Load(panel + (lane * V.Count)), start);

    /// <summary>The tree over the lanes; lane 0 begins with <c>start</c>.</summary>
    private interface ILanes
    {
        /// <summary>Lanes that may be other than +0: a JIT constant.</summary>
        static abstract int Count { get; }

        static abstract V Tree<V>(float* a, float* panel, int k, V start)
            where V : struct, IVectorF32<V>;
    }

    // Adding +0 once is as good as at each level: it only turns -0 into +0.
    private readonly struct FourLanes : ILanes
    {
        public static int Count => 4;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static V Tree<V>(float* a, float* panel, int k, V start)
            where V : struct, IVectorF32<V>
        {
            V zero = V.Create(0f);
            V first = Lane(a, panel, 0, start) + zero, second = (k > 1 ? Lane(a, panel, 1, zero) : zero) + zero;
            return (first + ((k > 2 ? Lane(a, panel, 2, zero) : zero) + zero)) + (second + ((k > 3 ? Lane(a, panel, 3, zero) : zero) + zero));
        }
    }

    private readonly struct EightLanes : ILanes
    {
        public static int Count => 8;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static V Tree<V>(float* a, float* panel, int k, V start)
            where V : struct, IVectorF32<V> => Half(a, panel, 0, start) + Half(a, panel, 1, V.Create(0f));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static V Half<V>(float* a, float* panel, int lane, V start)
            where V : struct, IVectorF32<V>
        {
            V zero = V.Create(0f);
            V first = (Lane(a, panel, lane, start) + zero) + (Lane(a, panel, lane + 4, zero) + zero), second = (Lane(a, panel, lane + 2, zero) + zero) + (Lane(a, panel, lane + 6, zero) + zero);
            return first + second;
        }
    }

    private readonly struct SixteenLanes : ILanes
    {
        public static int Count => Steps;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static V Tree<V>(float* a, float* panel, int k, V start)
            where V : struct, IVectorF32<V> => Half(a, panel, 0, start) + Half(a, panel, 1, V.Create(0f));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static V Half<V>(float* a, float* panel, int lane, V start)
            where V : struct, IVectorF32<V>
        {
            V zero = V.Create(0f);
            V first = Lane(a, panel, lane, start) + Lane(a, panel, lane + 8, zero), second = Lane(a, panel, lane + 4, zero) + Lane(a, panel, lane + 12, zero);
            V third = Lane(a, panel, lane + 2, zero) + Lane(a, panel, lane + 10, zero), fourth = Lane(a, panel, lane + 6, zero) + Lane(a, panel, lane + 14, zero);
            return (first + second) + (third + fourth);
        }
    }
}
