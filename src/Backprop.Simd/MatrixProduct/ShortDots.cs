using System.Runtime.CompilerServices;
using Backprop.Simd.Internal.Simd;

namespace Backprop.Simd.Internal.MatrixProduct;

/// <summary>Order C for k of at most 16: each lane of the dot products holds one product, so that the lanes of a vector can be columns and the tree is one of vectors.</summary>
internal static unsafe class ShortDots
{
    public const int Steps = 16;

    // A panel of so many floats lies on the stack.
    private const int PanelFloats = 4096;

    /// <summary>C = epilogue(A B^T + C or 0), as many columns at a time as a panel of B^T holds.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public static void Run<V, TEpilogue>(in GemmArguments g, ref TEpilogue epilogue)
        where V : struct, IVectorF32<V>
        where TEpilogue : struct, IEpilogue
    {
        nint lanes = g.K <= FourLanes.Count ? FourLanes.Count : g.K <= EightLanes.Count ? EightLanes.Count : SixteenLanes.Count;
        nint pitch = Math.Min((g.N + V.Count - 1) / V.Count * V.Count, Math.Max(PanelFloats / lanes / V.Count, 1) * V.Count);
        float* panel = stackalloc float[(int)(lanes * pitch)];
        for (nint column = 0; column < g.N; column += pitch)
        {
            nint count = Math.Min(pitch, g.N - column);
            if (g.K == 1 && g.Ldb == 1)
                Packing.Rows<V>(g.B + column, 0, 1, count, panel, pitch);
            else
                Packing.Transposed<V>(g.B + (column * g.Ldb), g.Ldb, g.K, count, panel, pitch);
            if (lanes == FourLanes.Count)
                Rows<V, FourLanes, TEpilogue>(in g, ref epilogue, panel, pitch, column, count);
            else if (lanes == EightLanes.Count)
                Rows<V, EightLanes, TEpilogue>(in g, ref epilogue, panel, pitch, column, count);
            else
                Rows<V, SixteenLanes, TEpilogue>(in g, ref epilogue, panel, pitch, column, count);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Rows<V, TLanes, TEpilogue>(in GemmArguments g, ref TEpilogue epilogue, float* panel, nint pitch, nint column, nint columns)
        where V : struct, IVectorF32<V>
        where TLanes : struct, ILanes
        where TEpilogue : struct, IEpilogue
    {
        TEpilogue local = epilogue;
        V zero = V.Create(0f);
        int k = g.K;
        bool accumulate = g.Beta == 1;

        // Of many lanes, those that k does not reach get 0 x 0, which leaves them +0; few are asked whether it does.
        bool pads = TLanes.Count > FourLanes.Count && k < TLanes.Count;
        float* factors = stackalloc float[Steps];
        if (pads)
        {
            new Span<float>(factors, Steps).Clear();
            new Span<float>(panel + (k * pitch), (int)((TLanes.Count - k) * pitch)).Clear();
        }

        for (nint row = 0; row < g.M; row++)
        {
            float* a = g.A + (row * g.Lda), c = g.C + (row * g.Ldc) + column;
            if (pads)
            {
                for (nint lane = 0; lane < k; lane++)
                    factors[lane] = a[lane];
                a = factors;
            }

            nint j = 0;
            for (; j <= columns - V.Count; j += V.Count)
            {
                V result = local.Apply(TLanes.Tree(a, panel + j, pitch, k, accumulate ? V.Load(c + j) : zero), row, column + j, V.Count);
                if (TEpilogue.StoresC)
                    V.Store(result, c + j);
            }

            if (j < columns)
            {
                int rest = (int)(columns - j);
                V result = local.Apply(TLanes.Tree(a, panel + j, pitch, k, accumulate ? V.LoadPartial(c + j, rest) : zero), row, column + j, rest);
                if (TEpilogue.StoresC)
                    V.StorePartial(result, c + j, rest);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V Lane<V>(float* a, float* panel, nint pitch, int lane, V start)
        where V : struct, IVectorF32<V> => V.MultiplyAdd(V.Create(a[lane]), V.Load(panel + (lane * pitch)), start);

    /// <summary>The tree over the lanes; lane 0 begins with <c>start</c>.</summary>
    private interface ILanes
    {
        /// <summary>Lanes that may be other than +0: a JIT constant.</summary>
        static abstract int Count { get; }

        static abstract V Tree<V>(float* a, float* panel, nint pitch, int k, V start)
            where V : struct, IVectorF32<V>;
    }

    // Adding +0 once is as good as at each level: it only turns -0 into +0.
    private readonly struct FourLanes : ILanes
    {
        public static int Count => 4;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static V Tree<V>(float* a, float* panel, nint pitch, int k, V start)
            where V : struct, IVectorF32<V>
        {
            V zero = V.Create(0f);
            V first = Lane(a, panel, pitch, 0, start) + zero, second = (k > 1 ? Lane(a, panel, pitch, 1, zero) : zero) + zero;
            return (first + ((k > 2 ? Lane(a, panel, pitch, 2, zero) : zero) + zero)) + (second + ((k > 3 ? Lane(a, panel, pitch, 3, zero) : zero) + zero));
        }
    }

    private readonly struct EightLanes : ILanes
    {
        public static int Count => 8;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static V Tree<V>(float* a, float* panel, nint pitch, int k, V start)
            where V : struct, IVectorF32<V> => Half(a, panel, pitch, 0, start) + Half(a, panel, pitch, 1, V.Create(0f));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static V Half<V>(float* a, float* panel, nint pitch, int lane, V start)
            where V : struct, IVectorF32<V>
        {
            V zero = V.Create(0f);
            V first = (Lane(a, panel, pitch, lane, start) + zero) + (Lane(a, panel, pitch, lane + 4, zero) + zero), second = (Lane(a, panel, pitch, lane + 2, zero) + zero) + (Lane(a, panel, pitch, lane + 6, zero) + zero);
            return first + second;
        }
    }

    private readonly struct SixteenLanes : ILanes
    {
        public static int Count => Steps;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static V Tree<V>(float* a, float* panel, nint pitch, int k, V start)
            where V : struct, IVectorF32<V> => Half(a, panel, pitch, 0, start) + Half(a, panel, pitch, 1, V.Create(0f));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static V Half<V>(float* a, float* panel, nint pitch, int lane, V start)
            where V : struct, IVectorF32<V>
        {
            V zero = V.Create(0f);
            V first = Lane(a, panel, pitch, lane, start) + Lane(a, panel, pitch, lane + 8, zero), second = Lane(a, panel, pitch, lane + 4, zero) + Lane(a, panel, pitch, lane + 12, zero);
            V third = Lane(a, panel, pitch, lane + 2, zero) + Lane(a, panel, pitch, lane + 10, zero), fourth = Lane(a, panel, pitch, lane + 6, zero) + Lane(a, panel, pitch, lane + 14, zero);
            return (first + second) + (third + fourth);
        }
    }
}
