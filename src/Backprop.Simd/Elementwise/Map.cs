using System.Runtime.CompilerServices;
using Backprop.Simd.Internal.Simd;

namespace Backprop.Simd.Internal.Elementwise;

/// <summary>The loops that apply a formula to arrays. Outputs may be the inputs themselves; partial overlap is not checked here.</summary>
/// <remarks>
/// Two or four vectors at a time where the registers suffice: one need not wait for the other, and a constant is loaded once for all of them.
/// The rest is apart, since the JIT inlines only so much into one method.
/// </remarks>
internal static unsafe class Map
{
    /// <summary>y[i] = operation(x[i]).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Unary<TOperation>(TOperation operation, float* x, float* y, nint length)
        where TOperation : struct, IUnaryOperation
    {
        var loop = new UnaryLoop<TOperation>(operation, x, y, length);
        Tiers.Dispatch(ref loop);
    }

    /// <summary>z[i] = operation(x[i], y[i]).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Binary<TOperation>(TOperation operation, float* x, float* y, float* z, nint length)
        where TOperation : struct, IBinaryOperation
    {
        var loop = new BinaryLoop<TOperation>(operation, x, y, z, length);
        Tiers.Dispatch(ref loop);
    }

    internal readonly struct UnaryLoop<TOperation>(TOperation operation, float* x, float* y, nint length) : IVectorAction
        where TOperation : struct, IUnaryOperation
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Invoke<V>()
            where V : struct, IVectorF32<V>
        {
            if (!Tiers.HasThirtyTwoRegisters)
                OneByOne<V>(0);
            else if (TOperation.TakesFour)
                InFours<V>();
            else
                InPairs<V>();
        }

        // Apart, since what is not taken would use up what the JIT inlines.
        [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
        private void InFours<V>()
            where V : struct, IVectorF32<V>
        {
            TOperation op = operation;
            float* from = x, to = y;
            nint i = 0, count = length;
            for (; i <= count - Quad<V>.Count; i += Quad<V>.Count)
                Quad<V>.Store(op.Invoke(Quad<V>.Load(from + i)), to + i);
            if (i < count)
                OneByOne<V>(i);
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
        private void InPairs<V>()
            where V : struct, IVectorF32<V>
        {
            TOperation op = operation;
            float* from = x, to = y;
            nint i = 0, count = length;
            for (; i <= count - Pair<V>.Count; i += Pair<V>.Count)
                Pair<V>.Store(op.Invoke(Pair<V>.Load(from + i)), to + i);
            if (i < count)
                OneByOne<V>(i);
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
        private void OneByOne<V>(nint i)
            where V : struct, IVectorF32<V>
        {
            TOperation op = operation;
            float* from = x, to = y;
            nint count = length;
            for (; i <= count - V.Count; i += V.Count)
                V.Store(op.Invoke(V.Load(from + i)), to + i);
            if (i < count)
            {
                int rest = (int)(count - i);
                V.StorePartial(op.Invoke(V.LoadPartial(from + i, rest)), to + i, rest);
            }
        }
    }

    internal readonly struct BinaryLoop<TOperation>(TOperation operation, float* x, float* y, float* z, nint length) : IVectorAction
        where TOperation : struct, IBinaryOperation
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Invoke<V>()
            where V : struct, IVectorF32<V>
        {
            if (Tiers.HasThirtyTwoRegisters)
                InPairs<V>();
            else
                OneByOne<V>(0);
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
        private void InPairs<V>()
            where V : struct, IVectorF32<V>
        {
            TOperation op = operation;
            float* left = x, right = y, to = z;
            nint i = 0, count = length;
            for (; i <= count - Pair<V>.Count; i += Pair<V>.Count)
                Pair<V>.Store(op.Invoke(Pair<V>.Load(left + i), Pair<V>.Load(right + i)), to + i);
            if (i < count)
                OneByOne<V>(i);
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
        private void OneByOne<V>(nint i)
            where V : struct, IVectorF32<V>
        {
            TOperation op = operation;
            float* left = x, right = y, to = z;
            nint count = length;
            for (; i <= count - V.Count; i += V.Count)
                V.Store(op.Invoke(V.Load(left + i), V.Load(right + i)), to + i);
            if (i < count)
            {
                int rest = (int)(count - i);
                V.StorePartial(op.Invoke(V.LoadPartial(left + i, rest), V.LoadPartial(right + i, rest)), to + i, rest);
            }
        }
    }
}
