namespace Backprop.Simd.Peers;

/// <summary>A network and a batch whose training step is timed.</summary>
/// <param name="Sizes">Inputs, then units of each layer.</param>
/// <param name="Tanh">Hidden activation: tanh, else ReLU.</param>
/// <param name="Classifies">Softmax cross-entropy, else mean squared error.</param>
/// <param name="Batch">Examples.</param>
internal sealed record StepShape(int[] Sizes, bool Tanh, bool Classifies, int Batch)
{
    public static StepShape[] All { get; } =
    [
        new([4, 16, 3], false, true, 1), new([4, 16, 3], false, true, 16), new([64, 64, 10], false, true, 32), new([784, 128, 10], false, true, 32),
        new([784, 512, 512, 10], false, true, 128), new([1024, 4096, 4096, 1024], false, false, 256), new([17, 256, 256, 6], true, false, 64), new([17, 256, 256, 6], true, false, 1),
    ];

    /// <summary>Networks and batches whose outputs alone are timed.</summary>
    public static StepShape[] Inference { get; } = [new([4, 16, 3], false, true, 1), new([17, 256, 256, 6], true, false, 1), new([784, 128, 10], false, true, 32)];

    public string Name => $"{string.Join('-', Sizes)}{(Tanh ? " tanh" : "")}{(Classifies ? "" : " MSE")}, batch {Batch}";

    public float[] Inputs() => Numbers(Batch * Sizes[0], 1);

    public float[] Targets() => Numbers(Batch * Sizes[^1], 2);

    public int[] Labels()
    {
        var random = new Random(3);
        int[] labels = new int[Batch];
        for (int i = 0; i < Batch; i++)
            labels[i] = random.Next(Sizes[^1]);
        return labels;
    }

    private static float[] Numbers(int count, int seed)
    {
        var random = new Random(seed);
        float[] values = GC.AllocateArray<float>(count, pinned: true);
        for (int i = 0; i < count; i++)
            values[i] = (2 * random.NextSingle()) - 1;
        return values;
    }
}
