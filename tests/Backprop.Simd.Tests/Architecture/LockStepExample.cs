namespace Backprop.Simd.Tests;

/// <summary>The example of docs/same-bits.md, compiled: two participants that train on the same data and compare fingerprints now and then.</summary>
internal sealed class LockStepExample : IDisposable
{
    // example begins
    private readonly Network _network;
    private readonly Trainer _trainer;

    public LockStepExample()
    {
        _network = new NetworkBuilder(inputs: 4).Dense(16, Activation.Tanh).Dense(2).Build(seed: 42);
        _trainer = new Trainer(_network, Loss.SoftmaxCrossEntropy, Optimizer.Adam(), new TrainerOptions { MaxBatchSize = 8, Seed = 7 });
    }

    // Every participant calls this with the same batch, and sends what it gets to the others every hundredth step.
    public string? Step(float[] inputs, int[] labels)
    {
        _trainer.Step(inputs, labels);
        return _trainer.Steps % 100 == 0 ? _network.Fingerprint() : null;
    }

    // Where the others' answers differ from one's own, somebody has left the common path since the last check.
    public static bool InStep(IEnumerable<string?> fingerprints) => fingerprints.Distinct().Count() == 1;
    // example ends

    public Span<float> Parameters => _network.Parameters;

    public void Dispose() => _trainer.Dispose();
}
