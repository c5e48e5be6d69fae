using System.Runtime.CompilerServices;
using Backprop.Simd.Internal.Elementwise;
using Backprop.Simd.Internal.MatrixProduct;
using Backprop.Simd.Internal.Simd;
using Backprop.Simd.Internal.Threading;

namespace Backprop.Simd.Internal.Layers;

/// <summary>Weight gradient and update in one pass over the weights as they lie, for batches so small that memory is the limit: dW[i, j] = sum over rows of x[row, i] dz[row, j].</summary>
/// <remarks>
/// Order A of docs/summation-orders.md: one chain in ascending row, from +0. The gradient is never stored. Of a single row the same pass gives the input gradient,
/// dx[i] = sum over j of dz[j] W[i, j] with the old weights, in order C, so that the weights are read once.
/// </remarks>
internal static unsafe class FewRowsUpdate
{
    /// <summary>Beyond, tiles of registers win: each row of dz is read once more for every row of weights (AMD Zen 5).</summary>
    public const int MaxRows = 4;

    // As for the optimizer's own pass. (256 x 256 over two threads: a worker that has to be woken takes five times as long as the whole step.)
    private const int WeightsWorthAThread = 256 * 1024;

    /// <summary>Updates <paramref name="inputs"/> x <paramref name="outputs"/> weights, whose states begin at <paramref name="states"/>, <paramref name="stateLength"/> apart.</summary>
    public static void Run<TOperation>(TOperation operation, float* weights, float* states, int stateLength, float* x, float* dz, float* dx, int rows, int inputs, int outputs, WorkerPool? workers)
        where TOperation : struct, IUpdateOperation
    {
        bool meets = GemmBlocking.MeetsUpdates(weights, dz, rows, outputs);
        float* memory = stackalloc float[meets ? (rows * outputs) + GemmBlocking.FloatsBesidePlace : 0];
        if (meets)
        {
            float* copy = GemmBlocking.InPageAs(weights + GemmBlocking.FloatsAfterUpdates, memory);
            new ReadOnlySpan<float>(dz, rows * outputs).CopyTo(new Span<float>(copy, rows * outputs));
            dz = copy;
        }

        int parts = workers is null ? 1 : (int)Math.Clamp((long)inputs * outputs / WeightsWorthAThread, 1, workers.Threads);
        var pass = new Pass<TOperation>(operation, weights, states, states + stateLength, x, dz, dx, rows, inputs, outputs, parts);
        if (parts == 1)
            pass.Execute(0);
        else
            workers!.Run(ref pass, parts);
    }

    private readonly struct Pass<TOperation>(TOperation operation, float* weights, float* one, float* two, float* x, float* dz, float* dx, int rows, int inputs, int outputs, int parts) : IJob
        where TOperation : struct, IUpdateOperation
    {
        public void Execute(int part)
        {
            int first = (int)((long)inputs * part / parts), last = (int)((long)inputs * (part + 1) / parts);
            nint at = (nint)first * outputs;
            if (dx is not null)
            {
                var both = new OneRowLoop<TOperation>(operation, weights + at, one + at, two + at, x + first, dz, dx + first, outputs, last - first);
                Tiers.DispatchSixteenLanes(ref both);
                return;
            }

            var loop = new Loop<TOperation>(operation, weights + at, one + at, two + at, x + first, dz, rows, inputs, outputs, last - first);
            Tiers.Dispatch(ref loop);
        }
    }

    internal readonly struct OneRowLoop<TOperation>(TOperation operation, float* weights, float* one, float* two, float* x, float* dz, float* dx, int outputs, int count) : IVectorAction
        where TOperation : struct, IUpdateOperation
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
        public void Invoke<V>()
            where V : struct, IVectorF32<V>
        {
            var rows = new OneRow<V>(weights, one, two, x, dz, dx, outputs, count);
            operation.InLanes<V, OneRow<V>>(ref rows);
        }
    }

    private readonly struct OneRow<V>(float* weights, float* one, float* two, float* x, float* dz, float* dx, int outputs, int count) : IUpdateLanesAction<V>
        where V : struct, IVectorF32<V>
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
        public void Invoke<TOperation, TLanes>(in TOperation operation)
            where TOperation : struct, IUpdateOperation
            where TLanes : struct, IUpdateLanes<TLanes, TOperation, V>
        {
            // Row after row, in the order of memory (four side by side took 25 % longer: 256 x 256, Zen 5); the lanes of four are added up together.
            bool partial = outputs % V.Count > 0;
            int i = 0;
            for (; i <= count - 4; i += 4)
            {
                V lanes0 = Whole<TOperation, TLanes>(in operation, i), lanes1 = Whole<TOperation, TLanes>(in operation, i + 1);
                V lanes2 = Whole<TOperation, TLanes>(in operation, i + 2), lanes3 = Whole<TOperation, TLanes>(in operation, i + 3);
                if (partial)
                {
                    lanes0 = Rest<TOperation, TLanes>(in operation, i, lanes0);
                    lanes1 = Rest<TOperation, TLanes>(in operation, i + 1, lanes1);
                    lanes2 = Rest<TOperation, TLanes>(in operation, i + 2, lanes2);
                    lanes3 = Rest<TOperation, TLanes>(in operation, i + 3, lanes3);
                }

                V.SumHalves(lanes0, lanes1, lanes2, lanes3, dx + i);
            }

            for (; i < count; i++)
            {
                V lanes = Whole<TOperation, TLanes>(in operation, i);
                dx[i] = V.SumHalves(partial ? Rest<TOperation, TLanes>(in operation, i, lanes) : lanes);
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
        private V Whole<TOperation, TLanes>(in TOperation operation, int row)
            where TOperation : struct, IUpdateOperation
            where TLanes : struct, IUpdateLanes<TLanes, TOperation, V>
        {
            var formula = TLanes.Of(in operation);
            nint at = row * (nint)outputs, whole = outputs - (outputs % V.Count);
            float* w = weights + at, s = one + at, t = two + at, from = dz;
            V zero = V.Create(0f), factor = V.Create(x[row]), lanes = zero;
            for (nint j = 0; j < whole; j += V.Count)
            {
                V d = V.Load(from + j), old = V.Load(w + j);
                lanes = V.MultiplyAdd(d, old, lanes);
                Update.Apply<V, TOperation, TLanes>(in formula, old, V.MultiplyAdd(factor, d, zero), w + j, s + j, t + j);
            }

            return lanes;
        }

        // The columns after the last whole vector.
        [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
        private V Rest<TOperation, TLanes>(in TOperation operation, int row, V lanes)
            where TOperation : struct, IUpdateOperation
            where TLanes : struct, IUpdateLanes<TLanes, TOperation, V>
        {
            var formula = TLanes.Of(in operation);
            int rest = outputs % V.Count, whole = outputs - rest;
            nint at = (row * (nint)outputs) + whole;
            V d = V.LoadPartial(dz + whole, rest), old = V.LoadPartial(weights + at, rest);
            Update.ApplyPartial<V, TOperation, TLanes>(in formula, old, V.MultiplyAdd(V.Create(x[row]), d, V.Create(0f)), weights + at, one + at, two + at, rest);
            return V.Select(V.LessThanInt(V.IndicesInt, V.CreateInt(rest)), V.MultiplyAdd(d, old, lanes), lanes);
        }
    }

    internal readonly struct Loop<TOperation>(TOperation operation, float* weights, float* one, float* two, float* x, float* dz, int rows, int inputs, int outputs, int count) : IVectorAction
        where TOperation : struct, IUpdateOperation
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
        public void Invoke<V>()
            where V : struct, IVectorF32<V>
        {
            var some = new SomeRows<V>(weights, one, two, x, dz, rows, inputs, outputs, count);
            operation.InLanes<V, SomeRows<V>>(ref some);
        }
    }

    private readonly struct SomeRows<V>(float* weights, float* one, float* two, float* x, float* dz, int rows, int inputs, int outputs, int count) : IUpdateLanesAction<V>
        where V : struct, IVectorF32<V>
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
        public void Invoke<TOperation, TLanes>(in TOperation operation)
            where TOperation : struct, IUpdateOperation
            where TLanes : struct, IUpdateLanes<TLanes, TOperation, V>
        {
            var formula = TLanes.Of(in operation);
            nint stride = outputs, whole = outputs - (outputs % V.Count);
            int rest = outputs % V.Count;
            float* w = weights, s = one, t = two;
            V zero = V.Create(0f);
            for (int i = 0; i < count; i++)
            {
                float* at = x + i;
                V s0 = V.Create(at[0]), s1 = rows > 1 ? V.Create(at[inputs]) : zero;
                V s2 = rows > 2 ? V.Create(at[2 * (nint)inputs]) : zero, s3 = rows > 3 ? V.Create(at[3 * (nint)inputs]) : zero;
                for (nint j = 0; j < whole; j += V.Count)
                {
                    V sum = Gradient(dz + j, V.Count, s0, s1, s2, s3);
                    Update.Apply<V, TOperation, TLanes>(in formula, V.Load(w + j), sum, w + j, s + j, t + j);
                }

                if (rest > 0)
                {
                    V sum = Gradient(dz + whole, rest, s0, s1, s2, s3);
                    Update.ApplyPartial<V, TOperation, TLanes>(in formula, V.LoadPartial(w + whole, rest), sum, w + whole, s + whole, t + whole, rest);
                }

                w += stride;
                s += stride;
                t += stride;
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private V Gradient(float* from, int columns, V s0, V s1, V s2, V s3)
        {
            nint stride = outputs;
            V sum = V.MultiplyAdd(s0, Load(from, columns), V.Create(0f));
            if (rows > 1)
                sum = V.MultiplyAdd(s1, Load(from + stride, columns), sum);
            if (rows > 2)
                sum = V.MultiplyAdd(s2, Load(from + (2 * stride), columns), sum);
            if (rows > 3)
                sum = V.MultiplyAdd(s3, Load(from + (3 * stride), columns), sum);
            return sum;
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static V Load(float* from, int columns) => columns == V.Count ? V.Load(from) : V.LoadPartial(from, columns);
    }
}
