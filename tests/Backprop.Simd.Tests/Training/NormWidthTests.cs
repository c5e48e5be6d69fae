using Backprop.Simd.Internal.Layers;
using Xunit;

namespace Backprop.Simd.Tests;

/// <summary>LayerNorm and BatchNorm at every width in one process, against one lane at a time.</summary>
public sealed unsafe class NormWidthTests
{
    // Four at a time, then the rest.
    private const int Rows = 5;

    [Theory]
    [MemberData(nameof(Widths.SixteenLanes), MemberType = typeof(Widths))]
    public void LayerNorm_has_the_same_bits_at_every_width(Width width)
    {
        for (int size = 1; size <= 67; size++)
        {
            var run = new Buffers(size);
            var model = new Buffers(size);
            run.Use(pass =>
            {
                var forward = new LayerNorm.ForwardRows(pass, size);
                Widths.Invoke(width, ref forward);
                var backward = new LayerNorm.BackwardRows(pass, size);
                Widths.Invoke(width, ref backward);
            });
            model.Use(pass =>
            {
                var forward = new LayerNorm.ForwardRows(pass, size);
                Widths.Invoke(Width.SixteenScalars, ref forward);
                var backward = new LayerNorm.BackwardRows(pass, size);
                Widths.Invoke(Width.SixteenScalars, ref backward);
            });
            run.AssertSame(model, size);
        }
    }

    [Theory]
    [MemberData(nameof(Widths.All), MemberType = typeof(Widths))]
    public void BatchNorm_has_the_same_bits_at_every_width(Width width)
    {
        for (int size = 1; size <= 67; size++)
        {
            var run = new Buffers(size);
            var model = new Buffers(size);
            run.Use(pass => Batch(width, pass, size));
            model.Use(pass => Batch(Width.F32x1, pass, size));
            run.AssertSame(model, size);
        }
    }

    private static void Batch(Width width, LayerPass pass, int size)
    {
        var training = new BatchNorm.TrainingColumns(pass, size, 0.1f);
        Widths.Invoke(width, ref training);
        var backward = new BatchNorm.BackwardColumns(pass, size);
        Widths.Invoke(width, ref backward);
        pass.Output += Rows * size;
        var inference = new BatchNorm.InferenceColumns(pass, size);
        Widths.Invoke(width, ref inference);
    }

    private sealed class Buffers(int size)
    {
        private readonly float[] _x = Shapes.Random(Rows * size, 1, 3);
        private readonly float[] _dy = Shapes.Random(Rows * size, 2);
        private readonly float[] _parameters = Shapes.Random(2 * size, 3);
        private readonly float[] _gradients = Shapes.Random(2 * size, 4);
        private readonly float[] _statistics = [.. Shapes.Random(2 * size, 5).Select(value => value + 1.5f)];
        private readonly float[] _saved = new float[Rows * (size + 2)];
        private readonly float[] _y = new float[2 * Rows * size];
        private readonly float[] _dx = new float[Rows * size];

        public void Use(Action<LayerPass> action)
        {
            fixed (float* x = _x, dy = _dy, parameters = _parameters, gradients = _gradients, statistics = _statistics, saved = _saved, y = _y, dx = _dx)
            {
                action(new LayerPass
                {
                    Rows = Rows,
                    Training = true,
                    Input = x,
                    Output = y,
                    Saved = saved,
                    Parameters = parameters,
                    Statistics = statistics,
                    Gradients = gradients,
                    AddsGradients = true,
                    OutputGradient = dy,
                    InputGradient = dx,
                });
            }
        }

        public void AssertSame(Buffers model, int size)
        {
            foreach ((string name, float[] mine, float[] theirs) in (ReadOnlySpan<(string, float[], float[])>)
                [("y", _y, model._y), ("dx", _dx, model._dx), ("gradients", _gradients, model._gradients), ("statistics", _statistics, model._statistics), ("saved", _saved, model._saved)])
            {
                int difference = Tolerance.FirstDifference(mine, theirs);
                Assert.True(difference < 0, $"size {size}, {name}[{difference}]");
            }
        }
    }
}
