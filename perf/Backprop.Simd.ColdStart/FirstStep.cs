namespace Backprop.Simd.ColdStart;

/// <summary>64-64-10, batch 32, Adam: from nothing to the first finished step.</summary>
internal static class FirstStep
{
    public static int Run()
    {
        Network network = new NetworkBuilder(64).Dense(64, Activation.ReLU).Dense(10).Build(seed: 1);
        using var trainer = new Trainer(network, Loss.SoftmaxCrossEntropy, Optimizer.Adam(), new TrainerOptions { MaxBatchSize = 32 });
        float[] inputs = new float[32 * 64];
        int[] labels = new int[32];
        for (int i = 0; i < inputs.Length; i++)
            inputs[i] = i % 17 / 16f;
        for (int i = 0; i < labels.Length; i++)
            labels[i] = i % 10;
        float loss = trainer.Step(inputs, labels);
        return loss is > 1 and < 5 ? 0 : 1;
    }
}
