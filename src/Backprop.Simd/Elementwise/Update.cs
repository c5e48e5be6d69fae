using System.Runtime.CompilerServices;
using Backprop.Simd.Internal.Simd;
using Backprop.Simd.Internal.Threading;

namespace Backprop.Simd.Internal.Elementwise;

/// <summary>An optimizer's formula: from a parameter, its gradient and up to two values of state to the new parameter and state.</summary>
internal interface IUpdateOperation
{
    /// <summary>Values of state per parameter, 0 to 2; a JIT constant.</summary>
    static abstract int States { get; }

    /// <summary>Returns the new parameter; states beyond <see cref="States"/> are not kept.</summary>
    V Update<V>(V parameter, V gradient, ref V first, ref V second)
        where V : struct, IVectorF32<V>;
}

/// <summary>The optimizer's one pass over the flat parameters: reads each gradient once, writes parameter and state, and may leave the gradient +0.</summary>
internal static unsafe class Update
{
    // The caller wrote the gradients and will read the parameters: a share of them that lies in its caches moves to the other core and back, which takes
    // longer than updating it (0.3 ns a float against 0.1 to 0.2, measured). What does not fit there comes from farther away for any thread.
    private const int FloatsWorthAThread = 256 * 1024;

    /// <summary>Updates <paramref name="length"/> parameters; the arrays of state begin at <paramref name="states"/>, <paramref name="stateLength"/> apart.</summary>
    public static void Run<TOperation>(TOperation operation, float* parameters, float* gradients, float* states, int stateLength, int length, bool clear, WorkerPool? workers)
        where TOperation : struct, IUpdateOperation
    {
        if (workers is null || length < 2 * FloatsWorthAThread)
            Part(operation, parameters, gradients, states, stateLength, 0, length, clear);
        else
            Shared(operation, parameters, gradients, states, stateLength, length, clear, workers);
    }

    // Apart, so that a small update does not pay for its frame.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Shared<TOperation>(TOperation operation, float* parameters, float* gradients, float* states, int stateLength, int length, bool clear, WorkerPool workers)
        where TOperation : struct, IUpdateOperation
    {
        int parts = Math.Min(length / FloatsWorthAThread, workers.Threads);
        var pass = new Pass<TOperation>(operation, parameters, gradients, states, stateLength, length, clear, parts);
        workers.Run(ref pass, parts);
    }

    private static void Part<TOperation>(TOperation operation, float* parameters, float* gradients, float* states, int stateLength, nint start, nint end, bool clear)
        where TOperation : struct, IUpdateOperation
    {
        float* first = TOperation.States > 0 ? states + start : null;
        float* second = TOperation.States > 1 ? states + stateLength + start : null;
        var loop = new UpdateLoop<TOperation>(operation, parameters + start, gradients + start, first, second, end - start, clear);
        Tiers.Dispatch(ref loop);
    }

    private readonly struct Pass<TOperation>(TOperation operation, float* parameters, float* gradients, float* states, int stateLength, int length, bool clear, int parts) : IJob
        where TOperation : struct, IUpdateOperation
    {
        public void Execute(int part)
        {
            nint share = ((length / parts) + 15) & ~15;
            nint start = Math.Min(part * share, length);
            nint end = part == parts - 1 ? length : Math.Min(start + share, length);
            Part(operation, parameters, gradients, states, stateLength, start, end, clear);
        }
    }

    internal readonly struct UpdateLoop<TOperation>(TOperation operation, float* parameters, float* gradients, float* first, float* second, nint length, bool clear) : IVectorAction
        where TOperation : struct, IUpdateOperation
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
        public void Invoke<V>()
            where V : struct, IVectorF32<V>
        {
            TOperation op = operation;
            float* p = parameters, g = gradients, s = first, t = second;
            nint count = length, i = 0;
            bool clears = clear;
            V zero = V.Create(0f);
            Pair<V> none = new(zero, zero);

            // Two vectors at a time, as in Map.
            for (; Tiers.HasThirtyTwoRegisters && i <= count - Pair<V>.Count; i += Pair<V>.Count)
            {
                Pair<V> one = TOperation.States > 0 ? Pair<V>.Load(s + i) : none;
                Pair<V> two = TOperation.States > 1 ? Pair<V>.Load(t + i) : none;
                Pair<V>.Store(op.Update(Pair<V>.Load(p + i), Pair<V>.Load(g + i), ref one, ref two), p + i);
                if (clears)
                    Pair<V>.Store(none, g + i);
                if (TOperation.States > 0)
                    Pair<V>.Store(one, s + i);
                if (TOperation.States > 1)
                    Pair<V>.Store(two, t + i);
            }

            for (; i <= count - V.Count; i += V.Count)
            {
                V one = TOperation.States > 0 ? V.Load(s + i) : zero;
                V two = TOperation.States > 1 ? V.Load(t + i) : zero;
                V.Store(op.Update(V.Load(p + i), V.Load(g + i), ref one, ref two), p + i);
                if (clears)
                    V.Store(zero, g + i);
                if (TOperation.States > 0)
                    V.Store(one, s + i);
                if (TOperation.States > 1)
                    V.Store(two, t + i);
            }

            if (i < count)
            {
                int rest = (int)(count - i);
                V one = TOperation.States > 0 ? V.LoadPartial(s + i, rest) : zero;
                V two = TOperation.States > 1 ? V.LoadPartial(t + i, rest) : zero;
                V.StorePartial(op.Update(V.LoadPartial(p + i, rest), V.LoadPartial(g + i, rest), ref one, ref two), p + i, rest);
                if (clears)
                    V.StorePartial(zero, g + i, rest);
                if (TOperation.States > 0)
                    V.StorePartial(one, s + i, rest);
                if (TOperation.States > 1)
                    V.StorePartial(two, t + i, rest);
            }
        }
    }
}
