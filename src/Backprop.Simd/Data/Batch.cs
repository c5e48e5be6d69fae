namespace Backprop.Simd.Internal.Data;

/// <summary>The examples of one step, side by side.</summary>
internal sealed class Batch(Dataset dataset, int size)
{
    private readonly float[] _inputs = new float[checked(size * dataset.InputSize)];
    private readonly int[] _labels = new int[dataset.Labels.IsEmpty ? 0 : size];
    private readonly float[] _targets = new float[dataset.Labels.IsEmpty ? checked(size * dataset.TargetSize) : 0];

    public int Rows { get; private set; }

    public bool HasLabels => _labels.Length > 0;

    public ReadOnlySpan<float> Inputs => _inputs.AsSpan(0, Rows * dataset.InputSize);

    /// <summary>Empty if the data set has targets.</summary>
    public ReadOnlySpan<int> Labels => HasLabels ? _labels.AsSpan(0, Rows) : [];

    /// <summary>Empty if the data set has labels.</summary>
    public ReadOnlySpan<float> Targets => HasLabels ? [] : _targets.AsSpan(0, Rows * dataset.TargetSize);

    public void Gather(ReadOnlySpan<int> examples)
    {
        Rows = examples.Length;
        dataset.Read(examples, _inputs.AsSpan(0, Rows * dataset.InputSize), HasLabels ? [] : _targets.AsSpan(0, Rows * dataset.TargetSize));
        if (!HasLabels)
            return;
        for (int i = 0; i < examples.Length; i++)
            _labels[i] = dataset.Labels[examples[i]];
    }
}
