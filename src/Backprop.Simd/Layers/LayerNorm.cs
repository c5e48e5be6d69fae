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

    // A row's sums are chains (docs/summation-orders.md) that wait for themselves but not for other rows: so four rows at a time where one vector holds all 16 lanes.
    private static void Each<V, TRows>(ref TRows work, int rows)
        where V : struct, IVectorF32<V>
        where TRows : struct, IRows
    {
        nint row = 0;
        for (; typeof(V) == typeof(F32x16) && row <= rows - 4; row += 4)
            work.FourRows<V>(row);
        for (; row < rows; row++)
            work.OneRow<V>(row);
    }

    private interface IRows
    {
        void FourRows<V>(nint row)
            where V : struct, IVectorF32<V>;

        void OneRow<V>(nint row)
            where V : struct, IVectorF32<V>;
    }

    internal struct ForwardRows(LayerPass pass, int size) : IVectorAction, IRows
    {
        public void Invoke<V>()
            where V : struct, IVectorF32<V> => Each<V, ForwardRows>(ref this, pass.Rows);

        [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
        public readonly void FourRows<V>(nint row)
            where V : struct, IVectorF32<V>
        {
            int whole = size & -V.Count, rest = size - whole;
            nint stride = size;
            float* x = pass.Input + (row * stride), y = pass.Output + (row * stride);
            V sum0 = V.Create(0f), sum1 = sum0, sum2 = sum0, sum3 = sum0;
            for (nint i = 0; i < whole; i += V.Count)
            {
                sum0 += V.Load(x + i);
                sum1 += V.Load(x + i + stride);
                sum2 += V.Load(x + i + (2 * stride));
                sum3 += V.Load(x + i + (3 * stride));
            }

            if (rest > 0)
            {
                sum0 += V.LoadPartial(x + whole, rest);
                sum1 += V.LoadPartial(x + whole + stride, rest);
                sum2 += V.LoadPartial(x + whole + (2 * stride), rest);
                sum3 += V.LoadPartial(x + whole + (3 * stride), rest);
            }

            float* means = stackalloc float[4], inverses = stackalloc float[4];
            V.SumHalves(sum0, sum1, sum2, sum3, means);
            for (int i = 0; i < 4; i++)
                means[i] /= size;
            V mean0 = V.Create(means[0]), mean1 = V.Create(means[1]), mean2 = V.Create(means[2]), mean3 = V.Create(means[3]);
            V squares0 = V.Create(0f), squares1 = squares0, squares2 = squares0, squares3 = squares0;
            for (nint i = 0; i < whole; i += V.Count)
            {
                squares0 = AddSquare(V.Load(x + i) - mean0, squares0);
                squares1 = AddSquare(V.Load(x + i + stride) - mean1, squares1);
                squares2 = AddSquare(V.Load(x + i + (2 * stride)) - mean2, squares2);
                squares3 = AddSquare(V.Load(x + i + (3 * stride)) - mean3, squares3);
            }

            if (rest > 0)
            {
                V present = Present<V>(rest);
                squares0 = AddSquare(present & (V.LoadPartial(x + whole, rest) - mean0), squares0);
                squares1 = AddSquare(present & (V.LoadPartial(x + whole + stride, rest) - mean1), squares1);
                squares2 = AddSquare(present & (V.LoadPartial(x + whole + (2 * stride), rest) - mean2), squares2);
                squares3 = AddSquare(present & (V.LoadPartial(x + whole + (3 * stride), rest) - mean3), squares3);
            }

            V.SumHalves(squares0, squares1, squares2, squares3, inverses);
            for (int i = 0; i < 4; i++)
                inverses[i] = Inverse(inverses[i], size);
            V inverse0 = V.Create(inverses[0]), inverse1 = V.Create(inverses[1]), inverse2 = V.Create(inverses[2]), inverse3 = V.Create(inverses[3]);
            float* scales = pass.Parameters, shifts = scales + size;
            for (nint i = 0; i < whole; i += V.Count)
            {
                V scale = V.Load(scales + i), shift = V.Load(shifts + i);
                Normalize<V, WholeVector>(x + i, mean0, inverse0, scale, shift, y + i, V.Count);
                Normalize<V, WholeVector>(x + i + stride, mean1, inverse1, scale, shift, y + i + stride, V.Count);
                Normalize<V, WholeVector>(x + i + (2 * stride), mean2, inverse2, scale, shift, y + i + (2 * stride), V.Count);
                Normalize<V, WholeVector>(x + i + (3 * stride), mean3, inverse3, scale, shift, y + i + (3 * stride), V.Count);
            }

            if (rest > 0)
            {
                V scale = V.LoadPartial(scales + whole, rest), shift = V.LoadPartial(shifts + whole, rest);
                Normalize<V, PartialVector>(x + whole, mean0, inverse0, scale, shift, y + whole, rest);
                Normalize<V, PartialVector>(x + whole + stride, mean1, inverse1, scale, shift, y + whole + stride, rest);
                Normalize<V, PartialVector>(x + whole + (2 * stride), mean2, inverse2, scale, shift, y + whole + (2 * stride), rest);
                Normalize<V, PartialVector>(x + whole + (3 * stride), mean3, inverse3, scale, shift, y + whole + (3 * stride), rest);
            }

            for (int i = 0; i < 4; i++)
                Save(row + i, means[i], inverses[i]);
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
        public readonly void OneRow<V>(nint row)
            where V : struct, IVectorF32<V>
        {
            int whole = size & -V.Count, rest = size - whole;
            float* x = pass.Input + (row * size), y = pass.Output + (row * size);
            V sum = V.Create(0f);
            for (nint i = 0; i < whole; i += V.Count)
                sum += V.Load(x + i);
            if (rest > 0)
                sum += V.LoadPartial(x + whole, rest);
            float mean = V.SumHalves(sum) / size;

            V means = V.Create(mean), squares = V.Create(0f);
            for (nint i = 0; i < whole; i += V.Count)
                squares = AddSquare(V.Load(x + i) - means, squares);
            if (rest > 0)
                squares = AddSquare(Present<V>(rest) & (V.LoadPartial(x + whole, rest) - means), squares);

            float inverse = Inverse(V.SumHalves(squares), size);
            V inverses = V.Create(inverse);
            float* scale = pass.Parameters, shift = scale + size;
            for (nint i = 0; i < whole; i += V.Count)
                Normalize<V, WholeVector>(x + i, means, inverses, V.Load(scale + i), V.Load(shift + i), y + i, V.Count);
            if (rest > 0)
                Normalize<V, PartialVector>(x + whole, means, inverses, V.LoadPartial(scale + whole, rest), V.LoadPartial(shift + whole, rest), y + whole, rest);
            Save(row, mean, inverse);
        }

        private readonly void Save(nint row, float mean, float inverse)
        {
            if (pass.Saved is null)
                return;
            pass.Saved[2 * row] = mean;
            pass.Saved[(2 * row) + 1] = inverse;
        }

        private static float Inverse(float squares, int size) => 1f / MathF.Sqrt((squares / size) + Epsilon);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static V AddSquare<V>(V difference, V squares)
            where V : struct, IVectorF32<V> => V.MultiplyAdd(difference, difference, squares);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static V Present<V>(int count)
            where V : struct, IVectorF32<V> => V.LessThanInt(V.IndicesInt, V.CreateInt(count));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static void Normalize<V, P>(float* x, V mean, V inverse, V scale, V shift, float* y, int count)
            where V : struct, IVectorF32<V>
            where P : struct, IPart =>
            P.Store(V.MultiplyAdd((P.Load<V>(x, count) - mean) * inverse, scale, shift), y, count);
    }

    internal struct BackwardRows(LayerPass pass, int size) : IVectorAction, IRows
    {
        public void Invoke<V>()
            where V : struct, IVectorF32<V> => Each<V, BackwardRows>(ref this, pass.Rows);

        [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
        public readonly void FourRows<V>(nint row)
            where V : struct, IVectorF32<V>
        {
            int whole = size & -V.Count, rest = size - whole;
            Row<V> row0 = new(pass, row, size), row1 = new(pass, row + 1, size), row2 = new(pass, row + 2, size), row3 = new(pass, row + 3, size);
            float* scales = pass.Parameters, scaleGradients = pass.Gradients, shiftGradients = scaleGradients + size;
            for (nint i = 0; i < whole; i += V.Count)
            {
                V scale = V.Load(scales + i), scaleGradient = V.Load(scaleGradients + i), shiftGradient = V.Load(shiftGradients + i);
                row0.Add<WholeVector>(i, V.Count, scale, ref scaleGradient, ref shiftGradient);
                row1.Add<WholeVector>(i, V.Count, scale, ref scaleGradient, ref shiftGradient);
                row2.Add<WholeVector>(i, V.Count, scale, ref scaleGradient, ref shiftGradient);
                row3.Add<WholeVector>(i, V.Count, scale, ref scaleGradient, ref shiftGradient);
                V.Store(scaleGradient, scaleGradients + i);
                V.Store(shiftGradient, shiftGradients + i);
            }

            if (rest > 0)
            {
                V scale = V.LoadPartial(scales + whole, rest), scaleGradient = V.LoadPartial(scaleGradients + whole, rest), shiftGradient = V.LoadPartial(shiftGradients + whole, rest);
                row0.Add<PartialVector>(whole, rest, scale, ref scaleGradient, ref shiftGradient);
                row1.Add<PartialVector>(whole, rest, scale, ref scaleGradient, ref shiftGradient);
                row2.Add<PartialVector>(whole, rest, scale, ref scaleGradient, ref shiftGradient);
                row3.Add<PartialVector>(whole, rest, scale, ref scaleGradient, ref shiftGradient);
                V.StorePartial(scaleGradient, scaleGradients + whole, rest);
                V.StorePartial(shiftGradient, shiftGradients + whole, rest);
            }

            if (pass.InputGradient is null)
                return;
            float* sums = stackalloc float[4], projections = stackalloc float[4];
            V.SumHalves(row0.Sum, row1.Sum, row2.Sum, row3.Sum, sums);
            V.SumHalves(row0.Projection, row1.Projection, row2.Projection, row3.Projection, projections);
            row0.SetMeans(sums[0] / size, projections[0] / size);
            row1.SetMeans(sums[1] / size, projections[1] / size);
            row2.SetMeans(sums[2] / size, projections[2] / size);
            row3.SetMeans(sums[3] / size, projections[3] / size);
            for (nint i = 0; i < whole; i += V.Count)
            {
                V scale = V.Load(scales + i);
                row0.Store<WholeVector>(i, V.Count, scale);
                row1.Store<WholeVector>(i, V.Count, scale);
                row2.Store<WholeVector>(i, V.Count, scale);
                row3.Store<WholeVector>(i, V.Count, scale);
            }

            if (rest > 0)
            {
                V scale = V.LoadPartial(scales + whole, rest);
                row0.Store<PartialVector>(whole, rest, scale);
                row1.Store<PartialVector>(whole, rest, scale);
                row2.Store<PartialVector>(whole, rest, scale);
                row3.Store<PartialVector>(whole, rest, scale);
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
        public readonly void OneRow<V>(nint row)
            where V : struct, IVectorF32<V>
        {
            int whole = size & -V.Count, rest = size - whole;
            Row<V> only = new(pass, row, size);
            float* scales = pass.Parameters, scaleGradients = pass.Gradients, shiftGradients = scaleGradients + size;
            for (nint i = 0; i < whole; i += V.Count)
            {
                V scaleGradient = V.Load(scaleGradients + i), shiftGradient = V.Load(shiftGradients + i);
                only.Add<WholeVector>(i, V.Count, V.Load(scales + i), ref scaleGradient, ref shiftGradient);
                V.Store(scaleGradient, scaleGradients + i);
                V.Store(shiftGradient, shiftGradients + i);
            }

            if (rest > 0)
            {
                V scaleGradient = V.LoadPartial(scaleGradients + whole, rest), shiftGradient = V.LoadPartial(shiftGradients + whole, rest);
                only.Add<PartialVector>(whole, rest, V.LoadPartial(scales + whole, rest), ref scaleGradient, ref shiftGradient);
                V.StorePartial(scaleGradient, scaleGradients + whole, rest);
                V.StorePartial(shiftGradient, shiftGradients + whole, rest);
            }

            if (pass.InputGradient is null)
                return;
            only.SetMeans(V.SumHalves(only.Sum) / size, V.SumHalves(only.Projection) / size);
            for (nint i = 0; i < whole; i += V.Count)
                only.Store<WholeVector>(i, V.Count, V.Load(scales + i));
            if (rest > 0)
                only.Store<PartialVector>(whole, rest, V.LoadPartial(scales + whole, rest));
        }
    }

    /// <summary>One row of the backward pass: its sums, then their means.</summary>
    private struct Row<V>
        where V : struct, IVectorF32<V>
    {
        public V Sum;
        public V Projection;
        private readonly V _mean;
        private readonly V _inverse;
        private readonly float* _x;
        private readonly float* _dy;
        private readonly float* _dx;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Row(in LayerPass pass, nint row, int size)
        {
            Sum = Projection = V.Create(0f);
            _mean = V.Create(pass.Saved[2 * row]);
            _inverse = V.Create(pass.Saved[(2 * row) + 1]);
            _x = pass.Input + (row * size);
            _dy = pass.OutputGradient + (row * size);
            _dx = pass.InputGradient + (row * size);
        }

        /// <summary>Lanes beyond the row hold dy = 0 and so add nothing.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Add<P>(nint i, int count, V scale, ref V scaleGradient, ref V shiftGradient)
            where P : struct, IPart
        {
            V dy = P.Load<V>(_dy + i, count), normal = (P.Load<V>(_x + i, count) - _mean) * _inverse, g = dy * scale;
            Sum += g;
            Projection = V.MultiplyAdd(g, normal, Projection);
            scaleGradient = V.MultiplyAdd(dy, normal, scaleGradient);
            shiftGradient += dy;
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void SetMeans(float gradient, float projection)
        {
            Sum = V.Create(gradient);
            Projection = V.Create(projection);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly void Store<P>(nint i, int count, V scale)
            where P : struct, IPart
        {
            V g = P.Load<V>(_dy + i, count) * scale, normal = (P.Load<V>(_x + i, count) - _mean) * _inverse;
            P.Store(_inverse * (g - V.MultiplyAdd(normal, Projection, Sum)), _dx + i, count);
        }
    }
}
