namespace Backprop.Simd.Tests;

/// <summary>The example of the README, compiled. <see cref="ReadmeTests"/> holds that the two are the same text.</summary>
internal static class ReadmeExample
{
    public static void Run()
    {
        // README begins
        float[] inputs = [0, 0, 0, 1, 1, 0, 1, 1];
        int[] labels = [0, 1, 1, 0];

        var network = new NetworkBuilder(inputs: 2)
            .Dense(16, Activation.Tanh)
            .Dense(2)
            .Build(seed: 42);
        using var trainer = new Trainer(network, Loss.SoftmaxCrossEntropy, Optimizer.Adam(learningRate: 0.05));

        for (int step = 0; step < 200; step++)
            trainer.Step(inputs, labels);

        using var predictor = network.CreatePredictor();
        Console.WriteLine(predictor.Classify([1, 0]));   // 1
        network.Save("xor.safetensors");                 // names and shapes of PyTorch's state_dict

        // README ends
    }
}
