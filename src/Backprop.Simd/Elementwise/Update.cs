using System.Runtime.CompilerServices;
using Backprop.Simd.Internal.Simd;
using Backprop.Simd.Internal.Threading;

namespace Backprop.Simd.Internal.Elementwise;

/// <summary>An optimizer's formula: from a parameter, its gradient and up to two values of state to the new parameter and state.</summary>
internal interface IUpdateOperation
{
    /// <summary>Values of state per parameter, 0 to 2; a JIT constant.</summary>
    static abstract int States { get; }

    /// <summary>Whether two vectors at a time are faster than one; a JIT constant. With sixteen registers only where they hold the constants besides. (AVX2 on Zen 3, 65,536 parameters: with momentum 20.4 to 14.6 us; Adam 38 to 42.5, RMSprop 28.4 to 30.)</summary>
    static virtual bool TakesPairs => Tiers.HasThirtyTwoRegisters;

    /// <summary>Returns the new parameter; states beyond <see cref="States"/> are not kept. Of many vectors, <see cref="InLanes"/>.</summary>
    V Update<V>(V parameter, V gradient, ref V first, ref V second)
        where V : struct, IVectorF32<V>;

    /// <summary>Calls the action with the form for many vectors of one width.</summary>
    void InLanes<V, TAction>(ref TAction action)
        where V : struct, IVectorF32<V>
        where TAction : struct, IUpdateLanesAction<V>;
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

    /// <summary>Updates a vector of parameters that is loaded already, and its states.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Apply<V, TOperation, TLanes>(in TLanes lanes, V parameter, V gradient, float* to, float* first, float* second)
        where V : struct, IVectorF32<V>
        where TOperation : struct, IUpdateOperation
        where TLanes : struct, IUpdateLanes<TLanes, TOperation, V>
    {
        V one = TOperation.States > 0 ? V.Load(first) : V.Create(0f), two = TOperation.States > 1 ? V.Load(second) : V.Create(0f);
        V.Store(lanes.Update(parameter, gradient, ref one, ref two), to);
        if (TOperation.States > 0)
            V.Store(one, first);
        if (TOperation.States > 1)
            V.Store(two, second);
    }

    /// <summary>The first <paramref name="count"/> of a vector, 0 to Count.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void ApplyPartial<V, TOperation, TLanes>(in TLanes lanes, V parameter, V gradient, float* to, float* first, float* second, int count)
        where V : struct, IVectorF32<V>
        where TOperation : struct, IUpdateOperation
        where TLanes : struct, IUpdateLanes<TLanes, TOperation, V>
    {
        V one = TOperation.States > 0 ? V.LoadPartial(first, count) : V.Create(0f), two = TOperation.States > 1 ? V.LoadPartial(second, count) : V.Create(0f);
        V.StorePartial(lanes.Update(parameter, gradient, ref one, ref two), to, count);
        if (TOperation.States > 0)
            V.StorePartial(one, first, count);
        if (TOperation.States > 1)
            V.StorePartial(two, second, count);
    }

    internal readonly struct UpdateLoop<TOperation>(TOperation operation, float* parameters, float* gradients, float* first, float* second, nint length, bool clear) : IVectorAction
        where TOperation : struct, IUpdateOperation
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
        public void Invoke<V>()
            where V : struct, IVectorF32<V>
        {
            if (TOperation.TakesPairs)
            {
                var pairs = new Lanes<Pair<V>>(parameters, gradients, first, second, length, clear);
                operation.InLanes<Pair<V>, Lanes<Pair<V>>>(ref pairs);
            }
            else
            {
                var vectors = new Lanes<V>(parameters, gradients, first, second, length, clear);
                operation.InLanes<V, Lanes<V>>(ref vectors);
            }
        }
    }

    private readonly struct Lanes<V>(float* parameters, float* gradients, float* first, float* second, nint length, bool clear) : IUpdateLanesAction<V>
        where V : struct, IVectorF32<V>
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
        public void Invoke<TOperation, TLanes>(in TOperation operation)
            where TOperation : struct, IUpdateOperation
            where TLanes : struct, IUpdateLanes<TLanes, TOperation, V>
        {
            var lanes = TLanes.Of(in operation);
            float* p = parameters, g = gradients, s = first, t = second;
            nint count = length, i = 0;
            bool clears = clear;
            V zero = V.Create(0f);
            for (; i <= count - V.Count; i += V.Count)
            {
                Apply<V, TOperation, TLanes>(in lanes, V.Load(p + i), V.Load(g + i), p + i, s + i, t + i);
                if (clears)
                    V.Store(zero, g + i);
            }

            if (i < count)
            {
                int rest = (int)(count - i);
                ApplyPartial<V, TOperation, TLanes>(in lanes, V.LoadPartial(p + i, rest), V.LoadPartial(g + i, rest), p + i, s + i, t + i, rest);
                if (clears)
                    V.StorePartial(zero, g + i, rest);
            }
        }
    }
}
