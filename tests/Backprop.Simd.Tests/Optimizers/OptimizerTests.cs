using Backprop.Simd.Internal.Elementwise;
using Backprop.Simd.Internal.Optimizers;
using Xunit;

namespace Backprop.Simd.Tests;

/// <summary>Every optimizer against PyTorch's formulas in double precision, written here plainly.</summary>
public sealed unsafe class OptimizerTests
{
    private const int Steps = 12;

    public static TheoryData<int> Kinds => new(Enumerable.Range(0, OptimizerTable.All.Length));

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Parameters_follow_the_formula(int index)
    {
        OptimizerKind kind = OptimizerTable.All[index];
        for (int length = 0; length <= 67; length++)
        {
            float[] parameters = Shapes.Random(length, length, 2f), states = new float[length * OptimizerTable.StateCount(kind)];
            var reference = new Reference(kind, parameters);
            for (int step = 1; step <= Steps; step++)
            {
                float[] gradients = Shapes.Random(length, (length * 100) + step, step % 3 == 0 ? 0.01f : 1f);
                reference.Step(gradients, step);
                Step(kind, step, parameters, gradients, states);
                Assert.DoesNotContain(gradients, gradient => BitConverter.SingleToInt32Bits(gradient) != 0);
                for (int i = 0; i < length; i++)
                {
                    Assert.True(Math.Abs(parameters[i] - reference.Parameters[i]) <= reference.Bound(step),
                        $"{kind}, step {step}, parameter {i}: {parameters[i]:R}, expected {reference.Parameters[i]:R} +- {reference.Bound(step):R}");
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_learning_rate_of_zero_changes_no_parameter(int index)
    {
        OptimizerKind kind = OptimizerTable.All[index] with { LearningRate = 0 };
        float[] parameters = Shapes.Random(50, 1), before = [.. parameters], states = new float[50 * OptimizerTable.StateCount(kind)];
        for (int step = 1; step <= 3; step++)
            Step(kind, step, parameters, Shapes.Random(50, step), states);
        Assert.Equal(before, parameters);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Threads_do_not_show(int index)
    {
        OptimizerKind kind = OptimizerTable.All[index];
        const int Length = 200_003;
        float[] expected = Train(null);
        foreach (int threads in (int[])[2, 3])
        {
            using var pool = new WorkerPool(threads);
            Assert.Equal(-1, Tolerance.FirstDifference(expected, Train(pool)));
        }

        float[] Train(WorkerPool? pool)
        {
            float[] parameters = Shapes.Random(Length, 1), states = new float[Length * OptimizerTable.StateCount(kind)];
            for (int step = 1; step <= 3; step++)
                Step(kind, step, parameters, Shapes.Random(Length, step), states, pool);
            return parameters;
        }
    }

    /// <summary>Without gradients, state decays; where it would become denormal and stay so, it becomes +0 at the next update whose number is a multiple of 32.</summary>
    [Theory]
    [MemberData(nameof(Kinds))]
    public void State_does_not_stay_denormal(int index)
    {
        OptimizerKind kind = OptimizerTable.All[index] with { WeightDecay = 0, LearningRate = 1e-6 };
        int states = OptimizerTable.StateCount(kind);
        Network network = new NetworkBuilder(3).Dense(5).Build(1);
        using var trainer = new Trainer(network, Loss.MeanSquaredError, new Optimizer(kind));
        float[] targets = [1, 2, 3, 4, 5];
        trainer.Step([1f, 2f, 3f], targets);
        for (int step = 2; step <= 128_000; step++)
        {
            trainer.Step([0f, 0f, 3f], targets);
            if (step % 32 != 0)
                continue;
            for (int i = 0; i < states; i++)
                Assert.DoesNotContain(trainer.State(i).ToArray(), float.IsSubnormal);
        }

        // The weights of two inputs got no gradient after the first step.
        for (int i = 0; i < states; i++)
            Assert.Equal(new float[10], trainer.State(i)[..10]);
    }

    [Fact]
    public void Widths_do_not_show()
    {
        OptimizerKind adam = OptimizerTable.All[3], rmsprop = OptimizerTable.All[5];
        CompareWidths(new Sgd(0.1f, 0.01f));
        CompareWidths(new SgdMomentum(0.1f, 0.01f, 0.9f, nesterov: false));
        CompareWidths(new SgdMomentum(0.1f, 0.01f, 0.9f, nesterov: true));
        CompareWidths(new Adam(adam, 0.01, 3));
        CompareWidths(new RMSprop(rmsprop, 0.01));
        CompareWidths(new RMSpropMomentum(rmsprop with { Momentum = 0.9 }, 0.01));
    }

    [Fact]
    public void Adam_s_first_step_is_the_learning_rate_in_the_gradient_s_direction()
    {
        OptimizerKind adam = Optimizer.Adam().Kind;
        float[] parameters = [1f, 1f, 1f], gradients = [1e-3f, -5f, 0f], states = new float[6];
        Step(adam, 1, parameters, gradients, states);
        Assert.Equal(1 - (1e-3 * 1e-3 / (1e-3 + 1e-8)), parameters[0], 1e-7);
        Assert.Equal(1 + 1e-3, parameters[1], 1e-7);
        Assert.Equal(1f, parameters[2]);
    }

    [Fact]
    public void Defaults_are_those_of_PyTorch()
    {
        Assert.Equal(Optimizer.Adam(1e-3, 0.9, 0.999, 1e-8, 0), Optimizer.Adam());
        Assert.Equal(Optimizer.AdamW(1e-3, 0.9, 0.999, 1e-8, 1e-2), Optimizer.AdamW());
        Assert.Equal(Optimizer.RMSprop(1e-2, 0.99, 1e-8, 0, 0), Optimizer.RMSprop());
        Assert.Equal(Optimizer.Sgd(0.5, 0, false, 0), Optimizer.Sgd(0.5));
    }

    public static TheoryData<string, string, Action> BadHyperParameters
    {
        get
        {
            var data = new TheoryData<string, string, Action>();
            foreach (double bad in (double[])[double.NaN, double.PositiveInfinity, double.NegativeInfinity, -0.1])
            {
                Add("learningRate", () => Optimizer.Sgd(bad), () => Optimizer.Adam(bad), () => Optimizer.AdamW(bad), () => Optimizer.RMSprop(bad));
                Add("weightDecay", () => Optimizer.Sgd(1, weightDecay: bad), () => Optimizer.Adam(weightDecay: bad), () => Optimizer.AdamW(weightDecay: bad), () => Optimizer.RMSprop(weightDecay: bad));
                Add("momentum", () => Optimizer.Sgd(1, momentum: bad), () => Optimizer.RMSprop(momentum: bad));
                Add("beta1", () => Optimizer.Adam(beta1: bad), () => Optimizer.AdamW(beta1: bad));
                Add("beta2", () => Optimizer.Adam(beta2: bad), () => Optimizer.AdamW(beta2: bad));
                Add("epsilon", () => Optimizer.Adam(epsilon: bad), () => Optimizer.AdamW(epsilon: bad), () => Optimizer.RMSprop(epsilon: bad));
                Add("alpha", () => Optimizer.RMSprop(alpha: bad));

                void Add(string parameter, params Action[] calls)
                {
                    for (int i = 0; i < calls.Length; i++)
                        data.Add(parameter, FormattableString.Invariant($"{bad}, call {i}"), calls[i]);
                }
            }

            data.Add("beta1", "1", () => Optimizer.Adam(beta1: 1));
            data.Add("beta2", "1", () => Optimizer.AdamW(beta2: 1));
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(BadHyperParameters), DisableDiscoveryEnumeration = true)]
    public void A_bad_hyper_parameter_is_refused_by_name(string parameter, string value, Action call)
    {
        ArgumentOutOfRangeException e = Assert.Throws<ArgumentOutOfRangeException>(call);
        Assert.Equal(parameter, e.ParamName);
        Assert.Contains(value.Split(',')[0], e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Nesterov_without_momentum_is_refused() =>
        Assert.Equal("nesterov", Assert.Throws<ArgumentException>(() => Optimizer.Sgd(0.1, nesterov: true)).ParamName);

    private static void Step(in OptimizerKind kind, int step, float[] parameters, float[] gradients, float[] states, WorkerPool? pool = null)
    {
        fixed (float* p = parameters, g = gradients, s = states)
            OptimizerTable.Step(kind, kind.LearningRate, step, p, g, s, parameters.Length, parameters.Length, clear: true, pool);
    }

    private static void CompareWidths<TOperation>(TOperation operation)
        where TOperation : struct, IUpdateOperation
    {
        for (int length = 0; length <= 67; length++)
        {
            float[]? expected = null;
            foreach (Width width in Enum.GetValues<Width>())
            {
                // Mapping pages takes most of this test's time: the page before the arrays for the first lengths only.
                foreach (Guard guard in (ReadOnlySpan<Guard>)(length <= 17 ? [Guard.After, Guard.Before] : [Guard.After]))
                {
                    using var parameters = new GuardedSpan(Shapes.Random(length, 1), guard);
                    using var gradients = new GuardedSpan(Shapes.Random(length, 2), guard);
                    using var first = new GuardedSpan(Shapes.Random(length, 3), guard);
                    using var second = new GuardedSpan(Array.ConvertAll(Shapes.Random(length, 4), Math.Abs), guard);
                    if (TOperation.States < 2)
                        Array.ConvertAll(Shapes.Random(length, 3), Math.Abs).CopyTo(first.Span);
                    var loop = new Update.UpdateLoop<TOperation>(operation, parameters.Pointer, gradients.Pointer,
                        TOperation.States > 0 ? first.Pointer : null, TOperation.States > 1 ? second.Pointer : null, length, clear: true);
                    Widths.Invoke(width, ref loop);
                    float[] actual = [.. parameters.Span, .. gradients.Span, .. first.Span, .. second.Span];
                    expected ??= actual;
                    Assert.Equal(-1, Tolerance.FirstDifference(expected, actual));
                }
            }
        }
    }

    /// <summary>torch.optim in double precision, parameter by parameter.</summary>
    private sealed class Reference(OptimizerKind kind, float[] initial)
    {
        private readonly double[] _first = new double[initial.Length];
        private readonly double[] _second = new double[initial.Length];

        public double[] Parameters { get; } = Array.ConvertAll(initial, value => (double)value);

        public void Step(float[] gradients, int step)
        {
            double rate = kind.LearningRate;
            for (int i = 0; i < gradients.Length; i++)
            {
                double p = Parameters[i], g = gradients[i];
                if (kind.Id == OptimizerId.AdamW)
                    p -= rate * kind.WeightDecay * p;
                else
                    g += kind.WeightDecay * p;
                switch (kind.Id)
                {
                    case OptimizerId.Sgd:
                        // torch starts the buffer as the first gradient: momentum times nothing plus it.
                        _first[i] = (kind.Momentum * _first[i]) + g;
                        p -= rate * (kind.Momentum == 0 ? g : kind.Nesterov ? g + (kind.Momentum * _first[i]) : _first[i]);
                        break;
                    case OptimizerId.Adam or OptimizerId.AdamW:
                        _first[i] = (kind.Beta1 * _first[i]) + ((1 - kind.Beta1) * g);
                        _second[i] = (kind.Beta2 * _second[i]) + ((1 - kind.Beta2) * g * g);
                        double mean = _first[i] / (1 - Math.Pow(kind.Beta1, step)), square = _second[i] / (1 - Math.Pow(kind.Beta2, step));
                        p -= rate * mean / (Math.Sqrt(square) + kind.Epsilon);
                        break;
                    case OptimizerId.RMSprop:
                        _second[i] = (kind.Alpha * _second[i]) + ((1 - kind.Alpha) * g * g);
                        _first[i] = (kind.Momentum * _first[i]) + (g / (Math.Sqrt(_second[i]) + kind.Epsilon));
                        p -= rate * _first[i];
                        break;
                    default:
                        throw new InvalidOperationException($"Write the reference of {kind.Id} here.");
                }

                Parameters[i] = p;
            }
        }

        /// <summary>
        /// Each step rounds the parameter (below 4 in magnitude) and a direction. A direction has at most 6 roundings a step behind it, hyper-parameters included; it is at most
        /// as large as the quotients by sqrt((1 - beta2) g^2) make it, and momentum sums them.
        /// </summary>
        public double Bound(int step)
        {
            double forget = kind.Id == OptimizerId.RMSprop ? kind.Alpha : kind.Beta2;
            double largest = kind.Id == OptimizerId.Sgd ? 1 + kind.WeightDecay * 4 : 1 / Math.Sqrt(1 - forget);
            double sum = largest / (1 - kind.Momentum);
            return step * ((4 * 2 * Tolerance.UnitRoundoff) + (kind.LearningRate * sum * Tolerance.Gamma((6 * step) + 6)));
        }
    }
}
