namespace Backprop.Simd.Internal.Data;

/// <summary>Examples of another data set, scaled as they are read.</summary>
internal sealed class ScaledExamples(Dataset dataset, InputScaler scaler) : IExampleReader
{
    public void Read(ReadOnlySpan<int> examples, Span<float> inputs, Span<float> targets)
    {
        dataset.Read(examples, inputs, targets);
        scaler.Apply(inputs, inputs);
    }

    public void Dispose()
    {
        // The data set is its owner's to dispose.
    }
}
