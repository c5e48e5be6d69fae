using Backprop.Simd.Internal.Optimizers;
using Xunit;

namespace Backprop.Simd.Tests;

public class CheckpointTests
{
    private const int Inputs = 9;
    private const int Classes = 4;
    private const int Rows = 6;

    public static TheoryData<int> Optimizers => new(Enumerable.Range(0, OptimizerTable.All.Length));

    [Theory]
    [MemberData(nameof(Optimizers))]
    public void Training_resumes_to_the_same_bits(int optimizer)
    {
        using var folder = new TemporaryFolder();
        using Trainer whole = Make(optimizer, networkSeed: 1, seed: 5, out Network wholeNetwork);
        Train(whole, 0, 40);

        using Trainer first = Make(optimizer, networkSeed: 1, seed: 5, out Network firstNetwork);
        Train(first, 0, 17);
        first.SaveCheckpoint(folder["a"]);
        string atSave = firstNetwork.Fingerprint();

        // Another network, another seed, another rate: all of it comes from the file.
        using Trainer second = Make(optimizer, networkSeed: 2, seed: 6, out Network secondNetwork);
        Train(second, 0, 3);
        second.LoadCheckpoint(folder["a"]);
        Assert.Equal(atSave, secondNetwork.Fingerprint());
        Train(second, 17, 40);
        Assert.Equal(wholeNetwork.Fingerprint(), secondNetwork.Fingerprint());

        // The trainer that wrote the file was not changed by writing.
        Train(first, 17, 40);
        Assert.Equal(wholeNetwork.Fingerprint(), firstNetwork.Fingerprint());
    }

    [Fact]
    public void Gradients_that_wait_for_an_update_are_kept()
    {
        using var folder = new TemporaryFolder();
        using Trainer first = Make(3, networkSeed: 1, seed: 5, out Network firstNetwork);
        Train(first, 0, 4);
        float[] outputGradient = Shapes.Random(Rows * Classes, 4);
        first.Forward(Input(4));
        first.Backward(outputGradient);
        first.SaveCheckpoint(folder["a"]);
        using Trainer second = Make(3, networkSeed: 2, seed: 6, out Network secondNetwork);
        second.LoadCheckpoint(folder["a"]);
        Assert.Throws<InvalidOperationException>(() => second.Backward(outputGradient));
        Assert.Equal(-1, Tolerance.FirstDifference(first.Gradients, second.Gradients));
        first.Update();
        second.Update();
        Assert.Equal(firstNetwork.Fingerprint(), secondNetwork.Fingerprint());
    }

    [Fact]
    public void Saving_again_gives_the_same_bytes()
    {
        using var folder = new TemporaryFolder();
        using Trainer first = Make(4, networkSeed: 1, seed: ulong.MaxValue, out _);
        Train(first, 0, 3);
        first.SaveCheckpoint(folder["a"]);
        using Trainer second = Make(4, networkSeed: 2, seed: 6, out _);
        second.LoadCheckpoint(folder["a"]);
        second.SaveCheckpoint(folder["b"]);
        Assert.Equal(File.ReadAllBytes(folder["a"]), File.ReadAllBytes(folder["b"]));
    }

    [Fact]
    public void Another_network_loss_or_optimizer_is_refused_by_name()
    {
        using var folder = new TemporaryFolder();
        string path = folder["a"];
        Network network = new NetworkBuilder(3).Dense(2).Build(1);
        using (var trainer = new Trainer(network, Loss.Huber(0.5), Optimizer.Adam()))
            trainer.SaveCheckpoint(path);
        const string adam = "Adam(momentum: 0, nesterov: False, weightDecay: 0, beta1: 0.9, beta2: 0.999, alpha: 0, epsilon: 1E-08)";
        Refused(new NetworkBuilder(3).Dense(3).Build(1), Loss.Huber(0.5), Optimizer.Adam(),
            "the network of this checkpoint is 'Dense(3,2,Identity:00000000)'; this trainer's is 'Dense(3,3,Identity:00000000)'.");
        Refused(network, Loss.Huber(0.25), Optimizer.Adam(), "the loss of this checkpoint is 'Huber(delta: 0.5)'; this trainer's is 'Huber(delta: 0.25)'.");
        Refused(network, Loss.Huber(0.5), Optimizer.AdamW(weightDecay: 0), $"the optimizer of this checkpoint is '{adam}'; this trainer's is '{adam.Replace("Adam", "AdamW", StringComparison.Ordinal)}'.");
        Refused(network, Loss.Huber(0.5), Optimizer.Adam(beta1: 0.8), $"the optimizer of this checkpoint is '{adam}'; this trainer's is '{adam.Replace("0.9,", "0.8,", StringComparison.Ordinal)}'.");

        void Refused(Network other, Loss loss, Optimizer optimizer, string message)
        {
            using var trainer = new Trainer(other, loss, optimizer);
            Assert.Equal($"{path}: {message}", Assert.Throws<InvalidDataException>(() => trainer.LoadCheckpoint(path)).Message);
        }
    }

    [Fact]
    public void Networks_and_checkpoints_are_not_taken_for_one_another()
    {
        using var folder = new TemporaryFolder();
        using Trainer trainer = Make(3, networkSeed: 1, seed: 5, out Network network);
        network.Save(folder["network"]);
        trainer.SaveCheckpoint(folder["checkpoint"]);
        Assert.Equal(
            $"{folder["network"]}: its __metadata__ has no backprop_simd.loss: this is no checkpoint. Network.Load reads networks.",
            Assert.Throws<InvalidDataException>(() => trainer.LoadCheckpoint(folder["network"])).Message);
        Assert.Equal(
            $"{folder["checkpoint"]}: this is a checkpoint, not a network: Trainer.LoadCheckpoint reads it.",
            Assert.Throws<InvalidDataException>(() => Network.Load(folder["checkpoint"])).Message);
    }

    [Fact]
    public void A_damaged_checkpoint_changes_nothing()
    {
        using var folder = new TemporaryFolder();
        Network network = new NetworkBuilder(2).Dense(2, Activation.Tanh).BatchNorm().Dense(1).Build(1);
        using (var saved = new Trainer(network, Loss.MeanSquaredError, Optimizer.Adam()))
        {
            saved.Step([1f, 2, 3, 4], targets: [0.5f, 0.25f]);
            saved.SaveCheckpoint(folder["good"]);
        }

        byte[] whole = File.ReadAllBytes(folder["good"]);
        Network other = new NetworkBuilder(2).Dense(2, Activation.Tanh).BatchNorm().Dense(1).Build(2);
        using var trainer = new Trainer(other, Loss.MeanSquaredError, Optimizer.Adam(learningRate: 0.5), new TrainerOptions { Seed = 3 });
        trainer.Step([1f, 2, 3, 4], targets: [0.5f, 0.25f]);
        trainer.SaveCheckpoint(folder["before"]);
        byte[] before = File.ReadAllBytes(folder["before"]);

        int refused = 0;
        for (int length = 0; length < whole.Length; length += 7)
            Try(whole.AsSpan(0, length).ToArray());
        int headerEnd = whole.AsSpan().LastIndexOf("}}"u8) + 2;
        for (int position = 0; position < headerEnd; position += 5)
        {
            byte[] changed = [.. whole];
            changed[position] ^= 0x11;
            Try(changed);
        }

        Assert.True(refused > headerEnd / 10, $"Only {refused} files were refused.");

        void Try(byte[] bytes)
        {
            string path = folder.Write("bad", bytes);
            try
            {
                trainer.LoadCheckpoint(path);
                trainer.LoadCheckpoint(folder["before"]);
            }
            catch (InvalidDataException)
            {
                refused++;
            }

            trainer.SaveCheckpoint(folder["after"]);
            Assert.True(before.AsSpan().SequenceEqual(File.ReadAllBytes(folder["after"])), "The trainer was changed.");
        }
    }

    [Fact]
    public void A_missing_tensor_and_a_foreign_one_are_named()
    {
        using var folder = new TemporaryFolder();
        Network network = new NetworkBuilder(2).Dense(1).Build(1);
        using (var none = new Trainer(network, Loss.MeanSquaredError, Optimizer.Sgd(0.1)))
            none.SaveCheckpoint(folder["sgd"]);
        using (var momentum = new Trainer(network, Loss.MeanSquaredError, Optimizer.Sgd(0.1, momentum: 0.5)))
            momentum.SaveCheckpoint(folder["momentum"]);

        // The optimizer's text of one file with the tensors of the other.
        SwapText(folder["sgd"], folder["momentum"], "momentum: 0,", "momentum: 0.5,");
        using var trainer = new Trainer(network, Loss.MeanSquaredError, Optimizer.Sgd(0.1, momentum: 0.5));
        Assert.Equal($"{folder["sgd"]}: tensor 'trainer.state.0' is missing.", Assert.Throws<InvalidDataException>(() => trainer.LoadCheckpoint(folder["sgd"])).Message);
        using var plain = new Trainer(network, Loss.MeanSquaredError, Optimizer.Sgd(0.1));
        Assert.StartsWith($"{folder["momentum"]}: tensor 'trainer.state.0' is no state of Sgd(", Assert.Throws<InvalidDataException>(() => plain.LoadCheckpoint(folder["momentum"])).Message, StringComparison.Ordinal);
    }

    private static void SwapText(string left, string right, string leftText, string rightText)
    {
        foreach ((string path, string from, string to) in new[] { (left, leftText, rightText), (right, rightText, leftText) })
        {
            string text = System.Text.Encoding.Latin1.GetString(File.ReadAllBytes(path));
            int header = BitConverter.ToInt32(File.ReadAllBytes(path));
            string changed = text.Substring(8, header).Replace(from, to, StringComparison.Ordinal);
            File.WriteAllBytes(path, [.. BitConverter.GetBytes((long)changed.Length), .. System.Text.Encoding.Latin1.GetBytes(changed + text[(8 + header)..])]);
        }
    }

    private static Trainer Make(int optimizer, ulong networkSeed, ulong seed, out Network network)
    {
        network = new NetworkBuilder(Inputs).Dense(12, Activation.GELU).Dropout(0.3).BatchNorm().Dense(7, Activation.Tanh).LayerNorm().Dropout(0.2).Dense(Classes).Build(networkSeed);
        return new Trainer(network, Loss.SoftmaxCrossEntropy, new Optimizer(OptimizerTable.All[optimizer]), new TrainerOptions { MaxBatchSize = 8, Seed = seed });
    }

    // The rate changes on the way, as under a schedule.
    private static void Train(Trainer trainer, int from, int to)
    {
        for (int step = from; step < to; step++)
        {
            if (step % 5 == 0)
                trainer.LearningRate = 1e-3 * (step + 1);
            trainer.Step(Input(step), Shapes.RandomLabels(Rows, Classes, 1000 + step));
        }
    }

    private static float[] Input(int step) => Shapes.Random(Rows * Inputs, step);
}
