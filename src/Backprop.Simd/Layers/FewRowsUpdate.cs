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
            // Row after row, in the order of memory (four side by side took 25 % longer: 256 x 256, Zen 5); the lanes of four are added up together.
            bool partial = outputs % V.Count > 0;
            int i = first;
            for (; i <= last - 4; i += 4)
            {
                V lanes0 = Whole<V>(i), lanes1 = Whole<V>(i + 1), lanes2 = Whole<V>(i + 2), lanes3 = Whole<V>(i + 3);
                if (partial)
                {
                    lanes0 = Rest(i, lanes0);
                    lanes1 = Rest(i + 1, lanes1);
                    lanes2 = Rest(i + 2, lanes2);
                    lanes3 = Rest(i + 3, lanes3);
                }

                V.SumHalves(lanes0, lanes1, lanes2, lanes3, dx + i);
            }

            for (; i < last; i++)
            {
                V lanes = Whole<V>(i);
                dx[i] = V.SumHalves(partial ? Rest(i, lanes) : lanes);
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
        private V Whole<V>(int row)
            where V : struct, IVectorF32<V>
        {
            UpdateEpilogue<TOperation> apply = update;
            V zero = V.Create(0f);
            float* w = apply.Parameters(row), from = dz;
            nint at = row * (nint)outputs, whole = outputs - (outputs % V.Count);
            V s = V.Create(x[row]), lanes = zero;
            for (nint j = 0; j < whole; j += V.Count)
            {
                V d = V.Load(from + j);
                V old = V.Load(w + j);
                lanes = V.MultiplyAdd(d, old, lanes);
                apply.Apply(old, V.MultiplyAdd(s, d, zero), at + j);
            }

            return lanes;
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
