using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Backprop.Simd.Kernels;
using TorchSharp;

namespace Backprop.Simd.Peers;

/// <summary>The three products of a dense layer, X W, dY W^T and X^T dY, at every shape of the table.</summary>
internal static unsafe class GemmContest
{
    private static readonly (int M, int K, int N)[] s_shapes =
    [
        (8, 8, 8), (16, 16, 16), (32, 32, 32), (48, 48, 48), (64, 64, 64), (96, 96, 96), (128, 128, 128), (192, 192, 192), (256, 256, 256), (384, 384, 384), (512, 512, 512),
        (768, 768, 768), (1024, 1024, 1024), (2048, 2048, 2048),
        (1, 784, 128), (1, 1024, 1024), (2, 256, 256), (4, 256, 256), (8, 784, 128), (16, 784, 128), (32, 784, 128), (64, 784, 256), (128, 784, 512), (256, 512, 512), (64, 1024, 1024),
        (32, 64, 64), (128, 256, 10), (64, 128, 10), (64, 17, 256), (37, 101, 53), (100, 300, 300), (1000, 7, 3),
    ];

    private static readonly (string Name, bool TransA, bool TransB)[] s_forms = [("X W", false, false), ("dY W^T", false, true), ("X^T dY", true, false)];

    /// <summary>Cells whose "MxKxN product" begins with a part of <paramref name="only"/> (parts apart by commas), if it is given, and shapes MxKxN in it that the table lacks; with more threads, ours on them against ours on one.</summary>
    /// <returns>Each cell with the time of the best peer over ours.</returns>
    public static List<(string Name, double Ratio)> Run(List<Blas> peers, bool torchIsThere, string? only, int threads, double seconds, List<string> markdown)
    {
        using WorkerPool? workers = threads > 1 ? new WorkerPool(threads) : null;
        if (workers is not null)
            (peers, torchIsThere) = ([], false);
        var names = new List<string> { "ours" };
        names.AddRange(peers.Select(peer => peer.Name));
        if (torchIsThere)
            names.Add("torch.mm");
        if (workers is not null)
            names.Add($"on {threads} threads");
        markdown.Add($"| shape m x k x n, product | {string.Join(" | ", names)} | ours / best | FMA peak | ours / peak | ours / stream |");
        markdown.Add($"|---|{string.Concat(Enumerable.Repeat("---|", names.Count))}---|---|---|---|");
        Console.WriteLine(markdown[^2]);
        string[] wanted = only?.Split(',') ?? [];
        var ratios = new List<(string Name, double Ratio)>();
        bool streamed = false;
        foreach ((int m, int k, int n) in s_shapes.Union(wanted.Select(Shape).OfType<(int, int, int)>()))
        {
            foreach ((string form, bool transA, bool transB) in s_forms)
            {
                string name = $"{m}x{k}x{n} {form}";
                if (wanted.Length > 0 && !wanted.Any(part => name.StartsWith(part, StringComparison.Ordinal)))
                    continue;
                (int rows, int columns, int depth) = transB ? (m, k, n) : transA ? (k, n, m) : (m, n, k);
                using var cell = new Cell(transA, transB, rows, columns, depth, torchIsThere);
                var actions = new List<Action> { () => cell.Ours(null) };
                actions.AddRange(peers.Select<Blas, Action>(peer => () => cell.Native(peer)));
                if (torchIsThere)
                    actions.Add(cell.Torch);
                if (workers is not null)
                    actions.Add(() => cell.Ours(workers));
                bool streams = m <= 4;
                if (streams)
                    actions.Add(cell.Stream);
                // Each shape may take paths of ours that none before did. What is around the peers, and the stream, is the same for all.
                bool isNew = ratios.Count < 12 || wanted.Length > 0, isFirstStream = streams && !streamed;
                streamed |= streams;
                double[] times = Contest.Run([.. actions], seconds, i => i == 0 || isNew || isFirstStream);
                foreach (Blas wrong in peers.Where(peer => !cell.Agrees(peer)))
                {
                    Console.WriteLine($"{name}: {wrong.Name} computes another result, and does not count");
                    times[1 + peers.IndexOf(wrong)] = double.PositiveInfinity;
                }

                double peak = Cli.FmaPeak.MeasureGFlops(TimeSpan.FromMilliseconds(10));
                double flops = 2.0 * rows * columns * depth;
                double best = times.Skip(1).SkipLast(streams ? 1 : 0).DefaultIfEmpty(double.NaN).Min();
                ratios.Add((name, best / times[0]));
                string line = string.Create(CultureInfo.InvariantCulture,
                    $"| {name} | {string.Join(" | ", times.Take(names.Count).Select(t => (flops / t / 1e3).ToString("f1", CultureInfo.InvariantCulture)))} | {best / times[0]:f2} | {peak:f0} | {flops / times[0] / 1e3 / peak:p0} | {(streams ? $"{times[^1] / times[0]:p0}" : "")} |");
                markdown.Add(line);
                Console.WriteLine(line);
            }
        }

        markdown.Add("");
        markdown.Add(string.Create(CultureInfo.InvariantCulture, $"{ratios.Count} cells: geometric mean of ours / best {Math.Exp(ratios.Average(cell => Math.Log(cell.Ratio))):f3}"));
        Console.WriteLine(markdown[^1]);
        return ratios;
    }

    private static (int M, int K, int N)? Shape(string text) =>
        text.Split(' ')[0].Split('x') is [var m, var k, var n] && int.TryParse(m, out int rows) && int.TryParse(k, out int fanIn) && int.TryParse(n, out int fanOut) && Math.Min(Math.Min(rows, fanIn), fanOut) > 0
            ? (rows, fanIn, fanOut) : null;

    private sealed class Cell : IDisposable
    {
        private readonly bool _transA;
        private readonly bool _transB;
        private readonly int _m;
        private readonly int _n;
        private readonly int _k;
        private readonly float[] _a;
        private readonly float[] _b;
        private readonly float[] _c;
        private float _sum;
        private readonly torch.Tensor? _torchA;
        private readonly torch.Tensor? _torchB;

        public Cell(bool transA, bool transB, int m, int n, int k, bool torchIsThere)
        {
            (_transA, _transB, _m, _n, _k) = (transA, transB, m, n, k);
            _a = Numbers(m * k);
            _b = Numbers(k * n);
            _c = GC.AllocateArray<float>(m * n, pinned: true);
            if (!torchIsThere)
                return;
            _torchA = transA ? torch.tensor(_a, k, m).t() : torch.tensor(_a, m, k);
            _torchB = transB ? torch.tensor(_b, n, k).t() : torch.tensor(_b, k, n);
        }

        private int Lda => _transA ? _m : _k;

        private int Ldb => _transB ? _k : _n;

        private float[] Largest => (long)_m * _n > (long)_k * _n && _k <= 4 ? _c : _b;

        public void Ours(WorkerPool? workers) => Gemm.Multiply(_transA ? Transpose.Yes : Transpose.No, _transB ? Transpose.Yes : Transpose.No, _m, _n, _k, 1f, _a, Lda, _b, Ldb, 0f, _c, _n, workers);

        public void Native(Blas peer)
        {
            fixed (float* a = _a, b = _b, c = _c)
                peer.Multiply(_transA, _transB, _m, _n, _k, a, Lda, b, Ldb, 0f, c, _n);
        }

        /// <summary>Whether the peer's result is within the error bound that each order of summation keeps, gamma_k |A| |B|, of ours.</summary>
        public bool Agrees(Blas peer)
        {
            Native(peer);
            float[] theirs = [.. _c], bounds = new float[_c.Length];
            Ours(null);
            Gemm.Multiply(_transA ? Transpose.Yes : Transpose.No, _transB ? Transpose.Yes : Transpose.No, _m, _n, _k, 1f, Array.ConvertAll(_a, MathF.Abs), Lda, Array.ConvertAll(_b, MathF.Abs), Ldb, 0f, bounds, _n);

            // Both differ from the exact sum by k u of it at most, and so does the sum of absolute values.
            float twice = 2 * _k * MathF.ScaleB(1f, -24) * 1.01f;
            for (int i = 0; i < _c.Length; i++)
            {
                if (!(MathF.Abs(theirs[i] - _c[i]) <= twice * bounds[i]))
                    return false;
            }

            return true;
        }

        /// <summary>Reads what the product mostly reads or writes, once: what the caches let through.</summary>
        public void Stream()
        {
            Vector512<float> s0 = default, s1 = default, s2 = default, s3 = default;
            ref float first = ref MemoryMarshal.GetArrayDataReference(Largest);
            int step = Vector512<float>.Count;
            for (nuint i = 0; i + (4 * (nuint)step) <= (nuint)Largest.Length; i += 4 * (nuint)step)
            {
                s0 += Vector512.LoadUnsafe(ref first, i);
                s1 += Vector512.LoadUnsafe(ref first, i + (nuint)step);
                s2 += Vector512.LoadUnsafe(ref first, i + (2 * (nuint)step));
                s3 += Vector512.LoadUnsafe(ref first, i + (3 * (nuint)step));
            }

            _sum += Vector512.Sum((s0 + s1) + (s2 + s3));
        }

        public void Torch()
        {
            using torch.Tensor c = torch.mm(_torchA!, _torchB!);
        }

        public void Dispose()
        {
            _torchA?.Dispose();
            _torchB?.Dispose();
        }

        private static float[] Numbers(int count)
        {
            var random = new Random(count);
            float[] values = GC.AllocateArray<float>(count, pinned: true);
            for (int i = 0; i < count; i++)
                values[i] = (2 * random.NextSingle()) - 1;
            return values;
        }
    }
}
