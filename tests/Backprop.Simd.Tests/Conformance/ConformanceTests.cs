using Backprop.Simd.Conformance;
using Backprop.Simd.Internal.Activations;
using Backprop.Simd.Internal.Layers;
using Xunit;

namespace Backprop.Simd.Tests;

public sealed class ConformanceTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void This_process_gives_the_recorded_bits(int threads)
    {
        Assert.SkipUnless(SimdInfo.FusedMultiplyAdd, "Without fused multiply-add the bits are outside the promise.");
        using var workers = new WorkerPool(threads);
        List<string> recorded = [.. Cases.All.SelectMany(subject => Recording.Of(subject, workers))];
        Assert.Null(Comparison.FirstDifference(Comparison.Expected(), recorded));
    }

    [Theory]
    [InlineData(true, "layer 1 outputs")]
    [InlineData(false, "layer 1 weights")]
    public void A_sum_in_another_order_is_caught_and_its_place_named(bool forward, string place)
    {
        var subject = new Case("broken", 40, network => network.Dense(20).Dense(18).Dense(7), Loss.MeanSquaredError, Optimizer.Sgd(0.1), [6, 6]);
        Network Make(Layer second)
        {
            var network = new Network([new Dense(40, 20, default), second, new Dense(18, 7, default)]);
            network.Initialize(1);
            return network;
        }

        List<string> expected = Recording.Of(subject, Make(new Dense(20, 18, default)), null);
        Assert.Null(Comparison.FirstDifference(expected, Recording.Of(subject, Make(new Dense(20, 18, default)), null)));
        string? difference = Comparison.FirstDifference(expected, Recording.Of(subject, Make(new BackwardsDense(20, 18, forward)), null));
        Assert.StartsWith($"the bits part in network \"broken\", step 0, at {place}=", difference, StringComparison.Ordinal);
    }

    [Fact]
    public void A_broken_gradient_is_named_by_its_layer()
    {
        List<string> expected = ["net; 0; loss=1, dx=2, layer 0 weights=3, layer 0 bias=4"], recorded = ["net; 0; loss=1, dx=2, layer 0 weights=3, layer 0 bias=5"];
        Assert.Equal("the bits part in network \"net\", step 0, at layer 0 bias=5, recorded layer 0 bias=4", Comparison.FirstDifference(expected, recorded));
        Assert.StartsWith("another list of networks", Comparison.FirstDifference(expected, []), StringComparison.Ordinal);
    }

    /// <summary>Dense whose forward product, or weight gradient, adds in descending k: right to rounding, wrong in its bits.</summary>
    private sealed unsafe class BackwardsDense(int inputSize, int units, bool forward) : Layer(inputSize, units)
    {
        private readonly Dense _right = new(inputSize, units, default(ActivationKind));

        public override int WeightCount => _right.WeightCount;

        public override int BiasCount => _right.BiasCount;

        public override string Description => _right.Description;

        public override int ScratchFloats(int maxRows, bool training) => _right.ScratchFloats(maxRows, training);

        public override void Initialize(Span<float> parameters, ulong key) => _right.Initialize(parameters, key);

        public override void Prepare(ref LayerPass pass) => _right.Prepare(ref pass);

        public override void Forward(in LayerPass pass)
        {
            if (!forward)
            {
                _right.Forward(pass);
                return;
            }

            for (int row = 0; row < pass.Rows; row++)
            {
                for (int column = 0; column < OutputSize; column++)
                {
                    float sum = 0;
                    for (int k = InputSize - 1; k >= 0; k--)
                        sum = MathF.FusedMultiplyAdd(pass.Input[(row * InputSize) + k], pass.Parameters[(k * OutputSize) + column], sum);
                    pass.Output[(row * OutputSize) + column] = sum + pass.Parameters[WeightCount + column];
                }
            }
        }

        public override void Backward(in LayerPass pass)
        {
            _right.Backward(pass);
            for (int i = 0; !forward && i < WeightCount; i++)
            {
                float sum = 0;
                for (int row = pass.Rows - 1; row >= 0; row--)
                    sum = MathF.FusedMultiplyAdd(pass.Input[(row * InputSize) + (i / OutputSize)], pass.OutputGradient[(row * OutputSize) + (i % OutputSize)], sum);
                pass.Gradients[i] = sum;
            }
        }

        public override void Reference(ReferencePass pass) => _right.Reference(pass);

        public override void ReferenceErrors(ReferencePass pass, ReferenceBounds bounds) => _right.ReferenceErrors(pass, bounds);

        public override void ReferenceGradients(ReferencePass pass, ReferenceBounds bounds) => _right.ReferenceGradients(pass, bounds);
    }
}
