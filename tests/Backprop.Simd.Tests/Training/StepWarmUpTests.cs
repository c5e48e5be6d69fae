using System.Globalization;
using System.Runtime;
using Xunit;

namespace Backprop.Simd.Tests;

/// <summary>The constructor of a trainer has the step's kernels compiled, and that leaves no trace.</summary>
public sealed class StepWarmUpTests
{
    /// <summary>What a first step still compiles are a few methods around the kernels.</summary>
    [Fact]
    public void First_step_compiles_no_kernels()
    {
        ChildProcess.Result result = ChildProcess.Run(CountWhatTheFirstStepCompiles);
        Assert.True(result.ExitCode == 0, result.Output);
        long[] counts = [.. result.Report.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => long.Parse(line, CultureInfo.InvariantCulture))];
        Assert.Equal(2, counts.Length);
        Assert.All(counts, count => Assert.InRange(count, 0, 25));
    }

    private static void CountWhatTheFirstStepCompiles()
    {
        foreach (Network network in new[] { Plain(), Mixed() })
        {
            using var trainer = new Trainer(network, Loss.SoftmaxCrossEntropy, Optimizer.Adam(), new TrainerOptions { MaxBatchSize = 32 });
            float[] inputs = new float[32 * network.InputSize];
            int[] labels = new int[32];
            long before = JitInfo.GetCompiledMethodCount(currentThread: true);
            trainer.Step(inputs, labels);
            long count = JitInfo.GetCompiledMethodCount(currentThread: true) - before;
            ChildProcess.Report(count.ToString(CultureInfo.InvariantCulture));
        }
    }

    /// <summary>Of two equal trainers only the first is warmed: parameters, running statistics and all later steps are the same bits.</summary>
    [Fact]
    public void Nothing_is_left_of_it()
    {
        string[] fingerprints = new string[2];
        for (int i = 0; i < 2; i++)
        {
            Network network = Mixed();
            string before = network.Fingerprint();
            using var trainer = new Trainer(network, Loss.SoftmaxCrossEntropy, Optimizer.AdamW(), new TrainerOptions { MaxBatchSize = 29, InputGradient = true });
            Assert.Equal(before, network.Fingerprint());
            float[] inputs = Shapes.Random(29 * network.InputSize, 1);
            int[] labels = Shapes.RandomLabels(29, network.OutputSize, 1);
            for (int step = 0; step < 5; step++)
                trainer.Step(inputs, labels);
            fingerprints[i] = network.Fingerprint();
            Assert.Equal(5, trainer.Steps);
            Assert.Equal(new float[network.ParameterCount], trainer.Gradients.ToArray());
        }

        Assert.Equal(fingerprints[0], fingerprints[1]);
    }

    private static Network Plain() => new NetworkBuilder(64).Dense(64, Activation.ReLU).Dense(10).Build(1);

    private static Network Mixed() => new NetworkBuilder(33).BatchNorm().Dense(71, Activation.GELU).Dropout(0.2).LayerNorm().Dense(65, Activation.Tanh).Dense(11).Build(1);
}
