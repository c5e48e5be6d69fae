using Backprop.Simd.Internal.Layers;
using Backprop.Simd.Internal.MatrixProduct;
using Backprop.Simd.Internal.Memory;
using Backprop.Simd.Internal.Optimizers;
using Xunit;

namespace Backprop.Simd.Tests;

/// <summary>A Step may update weights while it computes their gradients: the bits are those of gradients that are kept.</summary>
public sealed unsafe class FusedUpdateTests
{
    public static TheoryData<int, int> OptimizersAndThreads
    {
        get
        {
            var data = new TheoryData<int, int>();
            for (int optimizer = 0; optimizer < OptimizerTable.All.Length; optimizer++)
            {
                for (int threads = 1; threads <= 3; threads++)
                    data.Add(optimizer, threads);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(OptimizersAndThreads))]
    public void Steps_without_kept_gradients_give_the_same_bits(int optimizer, int threads)
    {
        using var workers = new WorkerPool(threads);
        using Trainer fused = NewTrainer(optimizer, workers, out Network fusedNetwork), kept = NewTrainer(optimizer, workers, out Network keptNetwork);
        Assert.Equal(0f, kept.Gradients[0]);
        int step = 0;
        foreach (int rows in (int[])[1, 2, 3, 4, 5, 17, 33, 1, 900, 8])
        {
            float[] inputs = Shapes.Random(rows * fusedNetwork.InputSize, step), targets = Shapes.Random(rows * fusedNetwork.OutputSize, step + 100);
            float loss = fused.Step(inputs, targets);
            Assert.Equal(kept.Step(inputs, targets), loss);
            Assert.Equal(-1, Tolerance.FirstDifference(keptNetwork.Parameters, fusedNetwork.Parameters));
            Assert.Equal(-1, Tolerance.FirstDifference(kept.InputGradient, fused.InputGradient));
            step++;
        }
    }

    // 640,000 weights and more are enough for two threads to share the pass over them that an example alone makes, and too many for SGD to pass over them twice.
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    public void A_large_layer_gives_the_same_bits_fused_and_kept_and_on_two_threads(int optimizer)
    {
        using var workers = new WorkerPool(2);
        using Trainer shared = Large(workers, out Network sharedNetwork), alone = Large(null, out Network aloneNetwork), kept = Large(null, out Network keptNetwork);
        Assert.Equal(0f, kept.Gradients[0]);
        foreach (int rows in (int[])[1, 3, 1, 9, 70, 130])
        {
            float[] inputs = Shapes.Random(rows * 800, rows), targets = Shapes.Random(rows * 800, rows + 100);
            float loss = alone.Step(inputs, targets);
            Assert.Equal(loss, shared.Step(inputs, targets));
            Assert.Equal(loss, kept.Step(inputs, targets));
        }

        Assert.Equal(aloneNetwork.Fingerprint(), sharedNetwork.Fingerprint());
        Assert.Equal(aloneNetwork.Fingerprint(), keptNetwork.Fingerprint());

        Trainer Large(WorkerPool? pool, out Network network)
        {
            network = new NetworkBuilder(800).Dense(803, Activation.ReLU).Dense(800).Build(3);
            return new Trainer(network, Loss.MeanSquaredError, new Optimizer(OptimizerTable.All[optimizer]), new TrainerOptions { MaxBatchSize = 130, Workers = pool });
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    public void Reading_gradients_between_steps_changes_no_bits_and_shows_zeros(int optimizer)
    {
        using Trainer looked = NewTrainer(optimizer, null, out Network lookedNetwork), other = NewTrainer(optimizer, null, out Network otherNetwork);
        for (int step = 0; step < 4; step++)
        {
            float[] inputs = Shapes.Random(6 * lookedNetwork.InputSize, step), targets = Shapes.Random(6 * lookedNetwork.OutputSize, step + 100);
            looked.Step(inputs, targets);
            other.Step(inputs, targets);
            if (step == 1)
                Assert.DoesNotContain(looked.Gradients.ToArray(), value => value != 0f);
        }

        Assert.Equal(otherNetwork.Fingerprint(), lookedNetwork.Fingerprint());
    }

    [Fact]
    public void An_update_without_a_backward_pass_moves_every_parameter_by_its_momentum()
    {
        using Trainer fused = NewTrainer(1, null, out Network fusedNetwork), kept = NewTrainer(1, null, out Network keptNetwork);
        Assert.Equal(0f, kept.Gradients[0]);
        foreach (Trainer trainer in (Trainer[])[fused, kept])
        {
            trainer.Step(Shapes.Random(6 * fusedNetwork.InputSize, 1), Shapes.Random(6 * fusedNetwork.OutputSize, 2));
            trainer.Update();
        }

        Assert.Equal(-1, Tolerance.FirstDifference(keptNetwork.Parameters, fusedNetwork.Parameters));
    }

    /// <summary>Gradients that nobody keeps are left from the last step: a checkpoint must not hold them.</summary>
    [Fact]
    public void A_checkpoint_between_steps_holds_zeros_for_gradients()
    {
        string path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        try
        {
            using Trainer saved = NewTrainer(3, null, out Network savedNetwork), resumed = NewTrainer(3, null, out Network resumedNetwork);
            float[] inputs = Shapes.Random(6 * savedNetwork.InputSize, 1), targets = Shapes.Random(6 * savedNetwork.OutputSize, 2);
            saved.Step(inputs, targets);
            saved.SaveCheckpoint(path);
            resumed.LoadCheckpoint(path);
            saved.Step(inputs, targets);
            resumed.Step(inputs, targets);
            Assert.Equal(savedNetwork.Fingerprint(), resumedNetwork.Fingerprint());
            resumed.LoadCheckpoint(path);
            Assert.DoesNotContain(resumed.Gradients.ToArray(), value => value != 0f);
        }
        finally
        {
            File.Delete(path);
        }
    }

    /// <summary>A checkpoint between Backward and Update.</summary>
    [Fact]
    public void A_checkpoint_with_gradients_brings_them_to_a_trainer_that_kept_none()
    {
        string path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        try
        {
            using Trainer saved = NewTrainer(3, null, out Network savedNetwork), resumed = NewTrainer(3, null, out Network resumedNetwork);
            float[] inputs = Shapes.Random(6 * savedNetwork.InputSize, 1), targets = Shapes.Random(6 * savedNetwork.OutputSize, 2);
            saved.Forward(inputs);
            saved.Backward(targets);
            saved.SaveCheckpoint(path);
            resumed.Step(inputs, targets);
            resumed.LoadCheckpoint(path);
            saved.Update();
            resumed.Update();
            Assert.Equal(savedNetwork.Fingerprint(), resumedNetwork.Fingerprint());
        }
        finally
        {
            File.Delete(path);
        }
    }

    public static TheoryData<Width> SixteenLanes => Widths.SixteenLanes;

    [Theory]
    [MemberData(nameof(SixteenLanes))]
    public void One_row_gives_the_same_bits_at_every_width(Width width)
    {
        const int inputs = 37, outputs = 131;
        float[] expected = OneRow(Width.SixteenScalars, inputs, outputs), actual = OneRow(width, inputs, outputs);
        Assert.Equal(-1, Tolerance.FirstDifference(expected, actual));
    }

    [Fact]
    public void Where_the_gradient_of_few_rows_lies_shows_in_no_bits()
    {
        const int inputs = 20, outputs = 256;
        int meets = 0;
        for (int rows = 1; rows <= FewRowsUpdate.MaxRows; rows++)
        {
            float[] expected = FewRows(rows, inputs, outputs, 0, ref meets);
            for (int offset = 16; offset < 1024; offset += 16)
                Assert.Equal(-1, Tolerance.FirstDifference(expected, FewRows(rows, inputs, outputs, offset, ref meets)));
        }

        // 7 of 16 places in a quarter of a page come less than 448 bytes before the weights.
        Assert.Equal(FewRowsUpdate.MaxRows * 28, meets);
    }

    private static float[] FewRows(int rows, int inputs, int outputs, int offset, ref int meets)
    {
        int count = inputs * outputs;
        AlignedBuffer weightMemory = new(count), gradientMemory = new(3 * 1024 + (rows * outputs));
        float[] x = Shapes.Random(rows * inputs, 2), dx = new float[inputs];
        float* weights = weightMemory.Pointer, dz = GemmBlocking.InPageAs(weights, gradientMemory.Pointer) + offset;
        Shapes.Random(count, 1).CopyTo(weightMemory.Span);
        using var arrays = new TrainingArrays(weights, count, 2);
        fixed (float* px = x, pd = dx)
        {
            Shapes.Random(rows * outputs, 3).CopyTo(new Span<float>(dz, rows * outputs));
            meets += GemmBlocking.MeetsUpdates(weights, dz, rows, outputs) ? 1 : 0;
            var adam = new Adam(OptimizerTable.All[3], 1e-3, 1);
            FewRowsUpdate.Run(adam, weights, arrays.States, arrays.StateLength, px, dz, rows == 1 ? pd : null, rows, inputs, outputs, null);
            return [.. weightMemory.Span, .. arrays.State(0), .. arrays.State(1), .. dx];
        }
    }

    private static float[] OneRow(Width width, int inputs, int outputs)
    {
        float[] w = Shapes.Random(inputs * outputs, 1), x = Shapes.Random(inputs, 2), dz = Shapes.Random(outputs, 3), dx = new float[inputs];
        fixed (float* pw = w, px = x, pz = dz, pd = dx)
        {
            var loop = new FewRowsUpdate.OneRowLoop<Sgd>(new Sgd(0.1f, 0.01f), pw, null, null, px, pz, pd, outputs, inputs);
            Widths.Invoke(width, ref loop);
        }

        return [.. w, .. dx];
    }

    // Weights on both sides of what is updated at once, wide and narrow layers, a layer without weights and layers that another derivative lies between.
    private static Trainer NewTrainer(int optimizer, WorkerPool? workers, out Network network)
    {
        network = new NetworkBuilder(70).Dense(67, Activation.Tanh).Dense(80, Activation.GELU).Dropout(0.2).Dense(300, Activation.ReLU).LayerNorm().Dense(240, Activation.ReLU).Dense(16, Activation.Sigmoid).Dense(64, Activation.LeakyReLU(0.1)).Dense(5).Build(3);
        return new Trainer(network, Loss.MeanSquaredError, new Optimizer(OptimizerTable.All[optimizer]), new TrainerOptions { MaxBatchSize = 900, Workers = workers, InputGradient = true });
    }
}
