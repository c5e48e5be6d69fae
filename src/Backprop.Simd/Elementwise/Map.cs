using System.Runtime.CompilerServices;
using Backprop.Simd.Internal.Simd;

namespace Backprop.Simd.Internal.Elementwise;

/// <summary>The loops that apply a formula to arrays. Outputs may be the inputs themselves; partial overlap is not checked here.</summary>
/// <remarks>
/// Two vectors at a time: one need not wait for the other. With 32 registers the first vector goes before the loop, and not for its result alone: RyuJIT loads
/// a constant of a loop again for each use, but keeps it in a register if what comes before the loop has used it too. (Zen 4, 65,536 values: exp 12.8 to 10.7 us,
/// sigmoid 15.4 to 14.0, tanh 19.4 to 17.7, GELU 32.8 to 27.7.) With sixteen there is no register for it, and long formulas would no longer be inlined; both vectors use what is loaded.
/// (AVX2 on Zen 3: exp 38 to 34 us, log 67 to 57, SiLU' 71 to 62; formulas with tables: <see cref="BytePlanes"/>.) The rest is apart, since the JIT inlines only so much into one method.
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
            if (!TOperation.TakesPairs || length < V.Count + Pair<V>.Count)
                OneByOne<V>(0);
            else if (TOperation.HasStages && Tiers.HasThirtyTwoRegisters)
                InStages<V, Pair<V>>();
            else if (TOperation.HasStages)
                InStages<V, V>();
            else if (Tiers.HasThirtyTwoRegisters)
                InPairs<V>();
            else
                InPairsAlone<V>();
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
        private void InPairs<V>()
            where V : struct, IVectorF32<V>
        {
            TOperation op = operation;
            float* from = x, to = y;
            V.Store(op.Invoke(V.Load(from)), to);
            nint i = V.Count, count = length;
            for (; i <= count - Pair<V>.Count; i += Pair<V>.Count)
                Pair<V>.Store(op.Invoke(Pair<V>.Load(from + i)), to + i);
            if (i < count)
                OneByOne<V>(i);
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
        private void InPairsAlone<V>()
            where V : struct, IVectorF32<V>
        {
            TOperation op = operation;
            float* from = x, to = y;
            nint i = 0, step = Pair<V>.Count, last = length - step;
            for (; i <= last; i += step)
                Pair<V>.Store(op.Invoke(Pair<V>.Load(from + i)), to + i);
            if (i < length)
                OneByOne<V>(i);
        }

        // The second stage of one or two vectors beside the first of the next: one after the other, half of the time is waiting. (Zen 4, GELU: 27.7 to 21.6 us, tanh 19.6 to 18.2. AVX2 on Zen 3, one vector: erf 67 to 62.)
        [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
        private void InStages<V, W>()
            where V : struct, IVectorF32<V>
            where W : struct, IVectorF32<W>
        {
            float* from = x, to = y;
            V first = V.Load(from), firstState = TOperation.FirstStage(first, out V firstOther);
            V.Store(TOperation.SecondStage(first, firstState, firstOther), to);
            W value = default, state = default, other = default;
            if (typeof(V) == typeof(W))
                (value, state, other) = ((W)(object)first, (W)(object)firstState, (W)(object)firstOther);
            nint i = V.Count - W.Count, count = length, last = count - W.Count, ahead = V.Count;
            do
            {
                W next = W.Load(from + ahead);
                W nextState = TOperation.FirstStage(next, out W nextOther);
                if (typeof(V) == typeof(W) || i > 0)
                    W.Store(TOperation.SecondStage(value, state, other), to + i);
                (value, state, other) = (next, nextState, nextOther);
                i += W.Count;

                // After the last ones the last again, for nothing.
                ahead += W.Count;
                if (ahead > last)
                    ahead = last;
            }
            while (i <= last);

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
            if (length < V.Count + Pair<V>.Count)
                OneByOne<V>(0);
            else if (!Tiers.HasThirtyTwoRegisters)
                InPairsAlone<V>();
            else
                InPairs<V>();
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
        private void InPairs<V>()
            where V : struct, IVectorF32<V>
        {
            TOperation op = operation;
            float* left = x, right = y, to = z;
            V.Store(op.Invoke(V.Load(left), V.Load(right)), to);
            nint i = V.Count, count = length;
            for (; i <= count - Pair<V>.Count; i += Pair<V>.Count)
                Pair<V>.Store(op.Invoke(Pair<V>.Load(left + i), Pair<V>.Load(right + i)), to + i);
            if (i < count)
                OneByOne<V>(i);
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
        private void InPairsAlone<V>()
            where V : struct, IVectorF32<V>
        {
            TOperation op = operation;
            float* left = x, right = y, to = z;
            nint i = 0, step = Pair<V>.Count, last = length - step;
            for (; i <= last; i += step)
                Pair<V>.Store(op.Invoke(Pair<V>.Load(left + i), Pair<V>.Load(right + i)), to + i);
            if (i < length)
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
