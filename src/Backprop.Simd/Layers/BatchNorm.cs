using System.Globalization;
using System.Runtime.CompilerServices;
using Backprop.Simd.Internal.Simd;

namespace Backprop.Simd.Internal.Layers;

/// <summary>
/// Column by column: h = (x - mean) / sqrt(variance + 1e-5), y = h scale + shift, with the batch's mean and variance in training and the running ones
/// otherwise (S. Ioffe, C. Szegedy 2015). Training moves the running mean, and the running variance (of the sample: rows / (rows - 1)), by momentum towards the batch's.
/// Backward, with g = dy scale: dx = (g - mean(g) - h mean(g h)) / sqrt(variance + 1e-5); dscale += sum of dy h; dshift += sum of dy. Sums over rows are one chain in ascending row.
/// </summary>
internal sealed unsafe partial class BatchNorm(int size, double momentum) : Layer(size, size)
{
    private const float Epsilon = LayerNorm.Epsilon;

    public double Momentum { get; } = momentum;

    public override int WeightCount => InputSize;

    public override int BiasCount => InputSize;

    /// <summary>Running mean, then running variance.</summary>
    public override int StatisticsCount => checked(2 * InputSize);

    /// <summary>Batches seen.</summary>
    public override int CounterCount => 1;

    public override int MinimumTrainingRows => 2;

    /// <summary>Mean and 1 / sqrt(variance + epsilon) of each column: two rows, which a batch of at least two always has room for.</summary>
    public override int SavedPerRow => InputSize;

    public override string Description =>
        string.Create(CultureInfo.InvariantCulture, $"BatchNorm({InputSize},{BitConverter.DoubleToInt64Bits(Momentum):x16})");

    public override LayerTensor[] Tensors =>
    [
        new("weight", TensorPlace.Parameters, 0, [InputSize]),
        new("bias", TensorPlace.Parameters, WeightCount, [InputSize]),
        new("running_mean", TensorPlace.Statistics, 0, [InputSize]),
        new("running_var", TensorPlace.Statistics, InputSize, [InputSize]),
        new("num_batches_tracked", TensorPlace.Counters, 0, []),
    ];

    public override void Initialize(Span<float> parameters, ulong key)
    {
        parameters[..WeightCount].Fill(1);
        parameters[WeightCount..].Clear();
    }

    public override void InitializeStatistics(Span<float> statistics)
    {
        statistics[..InputSize].Clear();
        statistics[InputSize..].Fill(1);
    }

    public override void Forward(in LayerPass pass)
    {
        if (pass.Training)
        {
            var columns = new TrainingColumns(pass, InputSize, (float)Momentum);
            Tiers.Dispatch(ref columns);
            pass.Counters[0]++;
        }
        else
        {
            var columns = new InferenceColumns(pass, InputSize);
            Tiers.Dispatch(ref columns);
        }
    }

    public override void Backward(in LayerPass pass)
    {
        if (!pass.AddsGradients)
            new Span<float>(pass.Gradients, ParameterCount).Clear();
        var columns = new BackwardColumns(pass, InputSize);
        Tiers.Dispatch(ref columns);
    }

    internal struct TrainingColumns(LayerPass pass, int size, float momentum) : IVectorAction, IColumns
    {
        public void Invoke<V>()
            where V : struct, IVectorF32<V> => ColumnGroups.Each<V, TrainingColumns>(ref this, size);

        [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
        public readonly void Invoke<V, P>(nint column, int count)
            where V : struct, IVectorF32<V>
            where P : struct, IPart
        {
            float* x = pass.Input + column, y = pass.Output + column, parameters = pass.Parameters + column;
            nint stride = size, end = pass.Rows * stride;
            V sum = V.Create(0f), squares = V.Create(0f), rows = V.Create(pass.Rows);
            for (nint at = 0; at < end; at += stride)
                sum += P.Load<V>(x + at, count);
            V mean = sum / rows;
            for (nint at = 0; at < end; at += stride)
            {
                V difference = P.Load<V>(x + at, count) - mean;
                squares = V.MultiplyAdd(difference, difference, squares);
            }

            V inverse = V.Create(1f) / V.Sqrt((squares / rows) + V.Create(Epsilon));
            P.Store(mean, pass.Saved + column, count);
            P.Store(inverse, pass.Saved + size + column, count);
            Move<V, P>(pass.Statistics + column, mean, count);
            Move<V, P>(pass.Statistics + size + column, squares / V.Create(pass.Rows - 1), count);
            V scale = P.Load<V>(parameters, count), shift = P.Load<V>(parameters + size, count);
            for (nint at = 0; at < end; at += stride)
                P.Store(V.MultiplyAdd((P.Load<V>(x + at, count) - mean) * inverse, scale, shift), y + at, count);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private readonly void Move<V, P>(float* running, V seen, int count)
            where V : struct, IVectorF32<V>
            where P : struct, IPart
        {
            V old = P.Load<V>(running, count);
            P.Store(V.MultiplyAdd(V.Create(momentum), seen - old, old), running, count);
        }
    }

    internal struct InferenceColumns(LayerPass pass, int size) : IVectorAction, IColumns
    {
        public void Invoke<V>()
            where V : struct, IVectorF32<V> => ColumnGroups.Each<V, InferenceColumns>(ref this, size);

        [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
        public readonly void Invoke<V, P>(nint column, int count)
            where V : struct, IVectorF32<V>
            where P : struct, IPart
        {
            float* x = pass.Input + column, y = pass.Output + column, parameters = pass.Parameters + column, statistics = pass.Statistics + column;
            V mean = P.Load<V>(statistics, count), inverse = V.Create(1f) / V.Sqrt(P.Load<V>(statistics + size, count) + V.Create(Epsilon));
            V scale = P.Load<V>(parameters, count), shift = P.Load<V>(parameters + size, count);
            nint stride = size, end = pass.Rows * stride;
            for (nint at = 0; at < end; at += stride)
                P.Store(V.MultiplyAdd((P.Load<V>(x + at, count) - mean) * inverse, scale, shift), y + at, count);
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
            float* x = pass.Input + column, dy = pass.OutputGradient + column;
            V mean = P.Load<V>(pass.Saved + column, count), inverse = P.Load<V>(pass.Saved + size + column, count);
            V sum = V.Create(0f), projection = V.Create(0f), rows = V.Create(pass.Rows);
            nint stride = size, end = pass.Rows * stride;
            for (nint at = 0; at < end; at += stride)
            {
                V d = P.Load<V>(dy + at, count);
                sum += d;
                projection = V.MultiplyAdd(d, (P.Load<V>(x + at, count) - mean) * inverse, projection);
            }

            float* scaleGradient = pass.Gradients + column, shiftGradient = pass.Gradients + size + column;
            P.Store(P.Load<V>(scaleGradient, count) + projection, scaleGradient, count);
            P.Store(P.Load<V>(shiftGradient, count) + sum, shiftGradient, count);
            if (pass.InputGradient is null)
                return;
            float* dx = pass.InputGradient + column;
            V factor = P.Load<V>(pass.Parameters + column, count) * inverse, meanGradient = sum / rows, meanProjection = projection / rows;
            for (nint at = 0; at < end; at += stride)
            {
                V normal = (P.Load<V>(x + at, count) - mean) * inverse;
                P.Store(factor * (P.Load<V>(dy + at, count) - V.MultiplyAdd(normal, meanProjection, meanGradient)), dx + at, count);
            }
        }
    }
}
