using System.Runtime.CompilerServices;
using Backprop.Simd.Internal.Simd;
using Backprop.Simd.Internal.Threading;

namespace Backprop.Simd.Internal.Elementwise;

/// <summary>sums[j] = sum over rows of x[row, j]: one chain of additions in ascending row, starting from +0 or from what sums holds.</summary>
internal static unsafe class ColumnSum
{
    // Worth a hand-over to a worker that is awake, and whose caches may hold its share of x: products write columns in shares, too.
    private const int FloatsWorthAThread = 16 * 1024;

    private const int ColumnsTogether = 32;

    /// <summary>Adds the column sums of <paramref name="x"/> (rows x columns) to <paramref name="sums"/>, or overwrites it.</summary>
    public static void Run(float* x, int rows, int columns, float* sums, bool add, WorkerPool? workers = null)
    {
        if (workers is not null && (long)rows * columns >= 2 * FloatsWorthAThread && workers.IsAwake)
        {
            Shared(x, rows, columns, sums, add, workers);
            return;
        }

        var loop = new Loop(x, rows, columns, columns, sums, add);
        Tiers.Dispatch(ref loop);
    }

    // Apart, so that a small sum does not pay for its frame.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Shared(float* x, int rows, int columns, float* sums, bool add, WorkerPool workers)
    {
        int parts = (int)Math.Min((long)rows * columns / FloatsWorthAThread, workers.Threads);
        var pass = new Pass(x, rows, columns, sums, add, parts);
        workers.Run(ref pass, parts);
    }

    private readonly struct Pass(float* x, int rows, int columns, float* sums, bool add, int parts) : IJob
    {
        public void Execute(int part)
        {
            int share = ((columns / parts) + ColumnsTogether - 1) / ColumnsTogether * ColumnsTogether;
            int first = Math.Min(part * share, columns), last = part == parts - 1 ? columns : Math.Min(first + share, columns);
            var loop = new Loop(x + first, rows, last - first, columns, sums + first, add);
            Tiers.Dispatch(ref loop);
        }
    }

    internal readonly struct Loop(float* x, int rows, int columns, nint stride, float* sums, bool add) : IVectorAction
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
        public void Invoke<V>()
            where V : struct, IVectorF32<V>
        {
            nint column = 0;
            V zero = V.Create(0f);

            // Four vectors of columns at a time: an addition waits for the one before it, its neighbours do not.
            for (; column <= columns - (4 * V.Count); column += 4 * V.Count)
            {
                float* at = x + column, to = sums + column;
                V s0 = zero, s1 = zero, s2 = zero, s3 = zero;
                if (add)
                    (s0, s1, s2, s3) = (V.Load(to), V.Load(to + V.Count), V.Load(to + (2 * V.Count)), V.Load(to + (3 * V.Count)));
                for (int row = 0; row < rows; row++, at += stride)
                {
                    s0 += V.Load(at);
                    s1 += V.Load(at + V.Count);
                    s2 += V.Load(at + (2 * V.Count));
                    s3 += V.Load(at + (3 * V.Count));
                }

                V.Store(s0, to);
                V.Store(s1, to + V.Count);
                V.Store(s2, to + (2 * V.Count));
                V.Store(s3, to + (3 * V.Count));
            }

            for (; column < columns; column += V.Count)
            {
                int valid = (int)Math.Min(columns - column, V.Count);
                float* at = x + column;
                V sum = add ? V.LoadPartial(sums + column, valid) : zero;
                for (int row = 0; row < rows; row++, at += stride)
                    sum += V.LoadPartial(at, valid);
                V.StorePartial(sum, sums + column, valid);
            }
        }
    }
}
