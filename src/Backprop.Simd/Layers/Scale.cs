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

    internal readonly struct ForwardColumns(LayerPass pass, int size) : IVectorAction
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
        public void Invoke<V>()
            where V : struct, IVectorF32<V>
        {
            for (nint column = 0; column < size; column += V.Count)
            {
                int count = (int)Math.Min(size - column, V.Count);
                float* statistics = pass.Statistics + column;
                V shift = V.LoadPartial(statistics, count), factor = V.LoadPartial(statistics + size, count), offset = V.LoadPartial(statistics + (2 * (nint)size), count);
                for (nint row = 0; row < pass.Rows; row++)
                {
                    nint at = (row * size) + column;
                    V.StorePartial(((V.LoadPartial(pass.Input + at, count) - shift) * factor) + offset, pass.Output + at, count);
                }
            }
        }
    }

    internal readonly struct BackwardColumns(LayerPass pass, int size) : IVectorAction
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
        public void Invoke<V>()
            where V : struct, IVectorF32<V>
        {
            for (nint column = 0; column < size; column += V.Count)
            {
                int count = (int)Math.Min(size - column, V.Count);
                V factor = V.LoadPartial(pass.Statistics + size + column, count);
                for (nint row = 0; row < pass.Rows; row++)
                {
                    nint at = (row * size) + column;
                    V.StorePartial(V.LoadPartial(pass.OutputGradient + at, count) * factor, pass.InputGradient + at, count);
                }
            }
        }
    }
}
