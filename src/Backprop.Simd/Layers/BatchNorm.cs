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

    internal readonly struct TrainingColumns(LayerPass pass, int size, float momentum) : IVectorAction
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
        public void Invoke<V>()
            where V : struct, IVectorF32<V>
        {
            V rows = V.Create(pass.Rows), sampleRows = V.Create(pass.Rows - 1), weight = V.Create(momentum);
            for (nint column = 0; column < size; column += V.Count)
            {
                int count = (int)Math.Min(size - column, V.Count);
                float* x = pass.Input + column, y = pass.Output + column;
                V sum = V.Create(0f), squares = V.Create(0f);
                for (nint row = 0; row < pass.Rows; row++)
                    sum += V.LoadPartial(x + (row * size), count);
                V mean = sum / rows;
                for (nint row = 0; row < pass.Rows; row++)
                {
                    V difference = V.LoadPartial(x + (row * size), count) - mean;
                    squares = V.MultiplyAdd(difference, difference, squares);
                }

                V inverse = V.Create(1f) / V.Sqrt((squares / rows) + V.Create(Epsilon));
                V.StorePartial(mean, pass.Saved + column, count);
                V.StorePartial(inverse, pass.Saved + size + column, count);
                Move(pass.Statistics + column, mean, weight, count);
                Move(pass.Statistics + size + column, squares / sampleRows, weight, count);
                V scale = V.LoadPartial(pass.Parameters + column, count), shift = V.LoadPartial(pass.Parameters + size + column, count);
                for (nint row = 0; row < pass.Rows; row++)
                {
                    V normal = (V.LoadPartial(x + (row * size), count) - mean) * inverse;
                    V.StorePartial(V.MultiplyAdd(normal, scale, shift), y + (row * size), count);
                }
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static void Move<V>(float* running, V seen, V weight, int count)
            where V : struct, IVectorF32<V>
        {
            V old = V.LoadPartial(running, count);
            V.StorePartial(V.MultiplyAdd(weight, seen - old, old), running, count);
        }
    }

    internal readonly struct InferenceColumns(LayerPass pass, int size) : IVectorAction
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
        public void Invoke<V>()
            where V : struct, IVectorF32<V>
        {
            for (nint column = 0; column < size; column += V.Count)
            {
                int count = (int)Math.Min(size - column, V.Count);
                V mean = V.LoadPartial(pass.Statistics + column, count);
                V inverse = V.Create(1f) / V.Sqrt(V.LoadPartial(pass.Statistics + size + column, count) + V.Create(Epsilon));
                V scale = V.LoadPartial(pass.Parameters + column, count), shift = V.LoadPartial(pass.Parameters + size + column, count);
                for (nint row = 0; row < pass.Rows; row++)
                {
                    nint at = (row * size) + column;
                    V normal = (V.LoadPartial(pass.Input + at, count) - mean) * inverse;
                    V.StorePartial(V.MultiplyAdd(normal, scale, shift), pass.Output + at, count);
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
            V rows = V.Create(pass.Rows);
            for (nint column = 0; column < size; column += V.Count)
            {
                int count = (int)Math.Min(size - column, V.Count);
                V mean = V.LoadPartial(pass.Saved + column, count), inverse = V.LoadPartial(pass.Saved + size + column, count);
                V sum = V.Create(0f), projection = V.Create(0f);
                for (nint row = 0; row < pass.Rows; row++)
                {
                    nint at = (row * size) + column;
                    V d = V.LoadPartial(pass.OutputGradient + at, count);
                    V normal = (V.LoadPartial(pass.Input + at, count) - mean) * inverse;
                    sum += d;
                    projection = V.MultiplyAdd(d, normal, projection);
                }

                float* scaleGradient = pass.Gradients + column, shiftGradient = pass.Gradients + size + column;
                V.StorePartial(V.LoadPartial(scaleGradient, count) + projection, scaleGradient, count);
                V.StorePartial(V.LoadPartial(shiftGradient, count) + sum, shiftGradient, count);
                if (pass.InputGradient is null)
                    continue;
                V factor = V.LoadPartial(pass.Parameters + column, count) * inverse;
                V meanGradient = sum / rows, meanProjection = projection / rows;
                for (nint row = 0; row < pass.Rows; row++)
                {
                    nint at = (row * size) + column;
                    V normal = (V.LoadPartial(pass.Input + at, count) - mean) * inverse;
                    V g = V.LoadPartial(pass.OutputGradient + at, count) - V.MultiplyAdd(normal, meanProjection, meanGradient);
                    V.StorePartial(factor * g, pass.InputGradient + at, count);
                }
            }
        }
    }
}
