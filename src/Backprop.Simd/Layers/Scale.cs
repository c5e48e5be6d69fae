using System.Globalization;
using System.Runtime.CompilerServices;
using Backprop.Simd.Internal.Simd;

namespace Backprop.Simd.Internal.Layers;

/// <summary>y = (x - shift) factor + offset, column by column, each operation rounded as in InputScaler.Apply; dx = dy factor. Nothing here is trained: the values are statistics.</summary>
/// <param name="size">Values of one example.</param>
/// <param name="values">Shifts, factors, offsets: what the statistics start with; null: 0, 1, 0.</param>
internal sealed unsafe partial class Scale(int size, float[]? values = null) : Layer(size, size)
{
    public override int StatisticsCount => checked(3 * InputSize);

    public override string Description => string.Create(CultureInfo.InvariantCulture, $"Scale({InputSize})");

    public override LayerTensor[] Tensors =>
    [
        new("shift", TensorPlace.Statistics, 0, [InputSize]),
        new("factor", TensorPlace.Statistics, InputSize, [InputSize]),
        new("offset", TensorPlace.Statistics, 2 * InputSize, [InputSize]),
    ];

    public override void InitializeStatistics(Span<float> statistics)
    {
        statistics.Clear();
        statistics.Slice(InputSize, InputSize).Fill(1);
        values?.CopyTo(statistics);
    }

    public override void Forward(in LayerPass pass)
    {
        var columns = new ForwardColumns(pass, InputSize);
        Tiers.Dispatch(ref columns);
    }

    public override void Backward(in LayerPass pass)
    {
        if (pass.InputGradient is null)
            return;
        var columns = new BackwardColumns(pass, InputSize);
        Tiers.Dispatch(ref columns);
    }

    internal struct ForwardColumns(LayerPass pass, int size) : IVectorAction, IColumns
    {
        public void Invoke<V>()
            where V : struct, IVectorF32<V> => ColumnGroups.Each<V, ForwardColumns>(ref this, size);

        [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
        public readonly void Invoke<V, P>(nint column, int count)
            where V : struct, IVectorF32<V>
            where P : struct, IPart
        {
            float* x = pass.Input + column, y = pass.Output + column, statistics = pass.Statistics + column;
            V shift = P.Load<V>(statistics, count), factor = P.Load<V>(statistics + size, count), offset = P.Load<V>(statistics + (2 * (nint)size), count);
            nint stride = size, end = pass.Rows * stride;
            for (nint at = 0; at < end; at += stride)
                P.Store(((P.Load<V>(x + at, count) - shift) * factor) + offset, y + at, count);
        }
    }

    internal struct BackwardColumns(LayerPass pass, int size) : IVectorAction, IColumns
    {
        public void Invoke<V>()
            where V : struct, IVectorF32<V> => ColumnGroups.Each<V, BackwardColumns>(ref this, size);

        [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
        public readonly void Invoke<V, P>(nint column, int count)
            where V : struct, IVectorF32<V>
            where P : struct, IPart
        {
            float* dy = pass.OutputGradient + column, dx = pass.InputGradient + column;
            V factor = P.Load<V>(pass.Statistics + size + column, count);
            nint stride = size, end = pass.Rows * stride;
            for (nint at = 0; at < end; at += stride)
                P.Store(P.Load<V>(dy + at, count) * factor, dx + at, count);
        }
    }
}
