using System.Runtime.CompilerServices;
using Backprop.Simd.Internal.Elementwise;
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

    /// <summary>Updates <paramref name="inputs"/> x <paramref name="outputs"/> weights with a formula that already knows where they lie.</summary>
    public static void Run<TOperation>(UpdateEpilogue<TOperation> update, float* x, float* dz, float* dx, int rows, int inputs, int outputs, WorkerPool? workers)
        where TOperation : struct, IUpdateOperation
    {
        int parts = workers is null ? 1 : (int)Math.Clamp((long)inputs * outputs / WeightsWorthAThread, 1, workers.Threads);
        var pass = new Pass<TOperation>(update, x, dz, dx, rows, inputs, outputs, parts);
        if (parts == 1)
            pass.Execute(0);
        else
            workers!.Run(ref pass, parts);
    }

    private readonly struct Pass<TOperation>(UpdateEpilogue<TOperation> update, float* x, float* dz, float* dx, int rows, int inputs, int outputs, int parts) : IJob
        where TOperation : struct, IUpdateOperation
    {
        public void Execute(int part)
        {
            int first = (int)((long)inputs * part / parts), last = (int)((long)inputs * (part + 1) / parts);
            if (dx is not null)
            {
                var both = new OneRowLoop<TOperation>(update, x, dz, dx, outputs, first, last);
                Tiers.DispatchSixteenLanes(ref both);
                return;
            }

            var loop = new Loop<TOperation>(update, x, dz, rows, inputs, outputs, first, last);
            Tiers.Dispatch(ref loop);
        }
    }

    internal readonly struct OneRowLoop<TOperation>(UpdateEpilogue<TOperation> update, float* x, float* dz, float* dx, int outputs, int first, int last) : IVectorAction
        where TOperation : struct, IUpdateOperation
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
        public void Invoke<V>()
            where V : struct, IVectorF32<V>
        {
            int fours = (last - first) & ~3;
            FourRows<V>(first, first + fours);
            SingleRows<V>(first + fours, last);
        }

        // Four rows of weights at a time: none waits for the additions of another, and dz is read once for all.
        // Methods of their own, since all together would exceed what the JIT inlines.
        [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
        private void FourRows<V>(int from, int to)
            where V : struct, IVectorF32<V>
        {
            UpdateEpilogue<TOperation> apply = update;
            V zero = V.Create(0f);
            nint stride = outputs;
            int whole = outputs - (outputs % V.Count), rest = outputs - whole;
            for (int i = from; i < to; i += 4)
            {
                float* w0 = apply.Parameters(i), w1 = apply.Parameters(i + 1), w2 = apply.Parameters(i + 2), w3 = apply.Parameters(i + 3);
                V s0 = V.Create(x[i]), s1 = V.Create(x[i + 1]), s2 = V.Create(x[i + 2]), s3 = V.Create(x[i + 3]);
                V lanes0 = zero, lanes1 = zero, lanes2 = zero, lanes3 = zero;
                nint at = i * stride;
                for (int j = 0; j < whole; j += V.Count, at += V.Count)
                {
                    V d = V.Load(dz + j);
                    V old0 = V.Load(w0 + j);
                    lanes0 = V.MultiplyAdd(d, old0, lanes0);
                    apply.Apply(old0, V.MultiplyAdd(s0, d, zero), at);
                    V old1 = V.Load(w1 + j);
                    lanes1 = V.MultiplyAdd(d, old1, lanes1);
                    apply.Apply(old1, V.MultiplyAdd(s1, d, zero), at + stride);
                    V old2 = V.Load(w2 + j);
                    lanes2 = V.MultiplyAdd(d, old2, lanes2);
                    apply.Apply(old2, V.MultiplyAdd(s2, d, zero), at + (2 * stride));
                    V old3 = V.Load(w3 + j);
                    lanes3 = V.MultiplyAdd(d, old3, lanes3);
                    apply.Apply(old3, V.MultiplyAdd(s3, d, zero), at + (3 * stride));
                }

                if (rest > 0)
                {
                    lanes0 = Rest(i, lanes0);
                    lanes1 = Rest(i + 1, lanes1);
                    lanes2 = Rest(i + 2, lanes2);
                    lanes3 = Rest(i + 3, lanes3);
                }

                V.SumHalves(lanes0, lanes1, lanes2, lanes3, dx + i);
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
        private void SingleRows<V>(int from, int to)
            where V : struct, IVectorF32<V>
        {
            UpdateEpilogue<TOperation> apply = update;
            V zero = V.Create(0f);
            nint stride = outputs;
            int whole = outputs - (outputs % V.Count);
            for (int i = from; i < to; i++)
            {
                float* w = apply.Parameters(i);
                V s = V.Create(x[i]), lanes = zero;
                for (int j = 0; j < whole; j += V.Count)
                {
                    V d = V.Load(dz + j);
                    V old = V.Load(w + j);
                    lanes = V.MultiplyAdd(d, old, lanes);
                    apply.Apply(old, V.MultiplyAdd(s, d, zero), (i * stride) + j);
                }

                if (whole < outputs)
                    lanes = Rest(i, lanes);
                dx[i] = V.SumHalves(lanes);
            }
        }

        // The columns after the last whole vector.
        [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
        private V Rest<V>(int row, V lanes)
            where V : struct, IVectorF32<V>
        {
            int rest = outputs % V.Count, whole = outputs - rest;
            UpdateEpilogue<TOperation> apply = update;
            V d = V.LoadPartial(dz + whole, rest);
            V sum = V.Select(V.LessThanInt(V.IndicesInt, V.CreateInt(rest)), V.MultiplyAdd(d, V.LoadPartial(apply.Parameters(row) + whole, rest), lanes), lanes);
            apply.Apply(V.MultiplyAdd(V.Create(x[row]), d, V.Create(0f)), row, whole, rest);
            return sum;
        }
    }

    internal readonly struct Loop<TOperation>(UpdateEpilogue<TOperation> update, float* x, float* dz, int rows, int inputs, int outputs, int first, int last) : IVectorAction
        where TOperation : struct, IUpdateOperation
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
        public void Invoke<V>()
            where V : struct, IVectorF32<V>
        {
            UpdateEpilogue<TOperation> apply = update;
            nint stride = outputs;
            V zero = V.Create(0f);
            for (int i = first; i < last; i++)
            {
                float* at = x + i;
                V s0 = V.Create(at[0]), s1 = rows > 1 ? V.Create(at[inputs]) : zero;
                V s2 = rows > 2 ? V.Create(at[2 * (nint)inputs]) : zero, s3 = rows > 3 ? V.Create(at[3 * (nint)inputs]) : zero;
                int j = 0;
                if (rows == 1)
                {
                    for (; j <= outputs - V.Count; j += V.Count)
                        apply.Apply(V.MultiplyAdd(s0, V.Load(dz + j), zero), i, j, V.Count);
                }

                for (; j < outputs; j += V.Count)
                {
                    int count = Math.Min(V.Count, outputs - j);
                    float* from = dz + j;
                    V sum = V.MultiplyAdd(s0, V.LoadPartial(from, count), zero);
                    if (rows > 1)
                        sum = V.MultiplyAdd(s1, V.LoadPartial(from + stride, count), sum);
                    if (rows > 2)
                        sum = V.MultiplyAdd(s2, V.LoadPartial(from + (2 * stride), count), sum);
                    if (rows > 3)
                        sum = V.MultiplyAdd(s3, V.LoadPartial(from + (3 * stride), count), sum);
                    apply.Apply(sum, i, j, count);
                }
            }
        }
    }
}
