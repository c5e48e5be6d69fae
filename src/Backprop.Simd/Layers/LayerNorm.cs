using System.Runtime.CompilerServices;
using Backprop.Simd.Internal.Simd;

namespace Backprop.Simd.Internal.Layers;

/// <summary>
/// Row by row: h = (x - mean) / sqrt(variance + 1e-5), y = h scale + shift (J. Ba, J. Kiros, G. Hinton 2016). Backward, with g = dy scale:
/// dx = (g - mean(g) - h mean(g h)) / sqrt(variance + 1e-5); dscale += sum over rows of dy h; dshift += sum over rows of dy.
/// </summary>
internal sealed unsafe partial class LayerNorm(int size) : Layer(size, size)
{
    public const float Epsilon = 1e-5f;

    public override int WeightCount => InputSize;

    public override int BiasCount => InputSize;

    /// <summary>Mean and 1 / sqrt(variance + epsilon).</summary>
    public override int SavedPerRow => 2;

    public override string Description => $"LayerNorm({InputSize})";

    public override LayerTensor[] Tensors =>
    [
        new("weight", TensorPlace.Parameters, 0, [InputSize]),
        new("bias", TensorPlace.Parameters, WeightCount, [InputSize]),
    ];

    public override void Initialize(Span<float> parameters, ulong key)
    {
        parameters[..WeightCount].Fill(1);
        parameters[WeightCount..].Clear();
    }

    public override void Forward(in LayerPass pass)
    {
        var rows = new ForwardRows(pass, InputSize);
        Tiers.DispatchSixteenLanes(ref rows);
    }

    public override void Backward(in LayerPass pass)
    {
        if (!pass.AddsGradients)
            new Span<float>(pass.Gradients, ParameterCount).Clear();
        var rows = new BackwardRows(pass, InputSize);
        Tiers.DispatchSixteenLanes(ref rows);
    }

    internal readonly struct ForwardRows(LayerPass pass, int size) : IVectorAction
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
        public void Invoke<V>()
            where V : struct, IVectorF32<V>
        {
            float* scale = pass.Parameters, shift = scale + size;
            for (int row = 0; row < pass.Rows; row++)
            {
                float* x = pass.Input + ((nint)row * size), y = pass.Output + ((nint)row * size);
                V sum = V.Create(0f);
                for (int i = 0; i < size; i += V.Count)
                    sum += V.LoadPartial(x + i, Math.Min(size - i, V.Count));
                float mean = V.SumHalves(sum) / size;

                V means = V.Create(mean), squares = V.Create(0f);
                for (int i = 0; i < size; i += V.Count)
                {
                    int count = Math.Min(size - i, V.Count);
                    V difference = V.LoadPartial(x + i, count) - means;
                    V present = V.LessThanInt(V.IndicesInt, V.CreateInt(count));
                    difference = V.Select(present, difference, V.Create(0f));
                    squares = V.MultiplyAdd(difference, difference, squares);
                }

                float inverse = 1f / MathF.Sqrt((V.SumHalves(squares) / size) + Epsilon);
                V inverses = V.Create(inverse);
                for (int i = 0; i < size; i += V.Count)
                {
                    int count = Math.Min(size - i, V.Count);
                    V normal = (V.LoadPartial(x + i, count) - means) * inverses;
                    V.StorePartial(V.MultiplyAdd(normal, V.LoadPartial(scale + i, count), V.LoadPartial(shift + i, count)), y + i, count);
                }

                if (pass.Saved is not null)
                {
                    pass.Saved[2 * (nint)row] = mean;
                    pass.Saved[(2 * (nint)row) + 1] = inverse;
                }
            }
        }
    }

    internal readonly struct BackwardRows(LayerPass pass, int size) : IVectorAction
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
        public void Invoke<V>()
            where V : struct, IVectorF32<V>
        {
            float* scale = pass.Parameters, scaleGradient = pass.Gradients, shiftGradient = scaleGradient + size;
            for (int row = 0; row < pass.Rows; row++)
            {
                float* x = pass.Input + ((nint)row * size), dy = pass.OutputGradient + ((nint)row * size);
                V means = V.Create(pass.Saved[2 * (nint)row]), inverses = V.Create(pass.Saved[(2 * (nint)row) + 1]);
                V sum = V.Create(0f), projection = V.Create(0f);
                for (int i = 0; i < size; i += V.Count)
                {
                    // Lanes beyond the row hold dy = 0 and so add nothing.
                    int count = Math.Min(size - i, V.Count);
                    V d = V.LoadPartial(dy + i, count);
                    V normal = (V.LoadPartial(x + i, count) - means) * inverses;
                    V g = d * V.LoadPartial(scale + i, count);
                    sum += g;
                    projection = V.MultiplyAdd(g, normal, projection);
                    V.StorePartial(V.MultiplyAdd(d, normal, V.LoadPartial(scaleGradient + i, count)), scaleGradient + i, count);
                    V.StorePartial(V.LoadPartial(shiftGradient + i, count) + d, shiftGradient + i, count);
                }

                if (pass.InputGradient is null)
                    continue;
                float* dx = pass.InputGradient + ((nint)row * size);
                V meanGradient = V.Create(V.SumHalves(sum) / size), meanProjection = V.Create(V.SumHalves(projection) / size);
                for (int i = 0; i < size; i += V.Count)
                {
                    int count = Math.Min(size - i, V.Count);
                    V normal = (V.LoadPartial(x + i, count) - means) * inverses;
                    V g = V.LoadPartial(dy + i, count) * V.LoadPartial(scale + i, count);
                    V.StorePartial(inverses * (g - V.MultiplyAdd(normal, meanProjection, meanGradient)), dx + i, count);
                }
            }
        }
    }
}
