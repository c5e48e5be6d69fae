namespace Backprop.Simd.Data;

/// <summary>Rows of a file as inputs, and rows of another as targets or none.</summary>
internal sealed class ArrayExamples : IExampleReader
{
    private readonly StreamedArray _inputs;
    private readonly StreamedArray? _targets;
    private readonly float _scale;

    public ArrayExamples(StreamedArray inputs, StreamedArray? targets, float scale)
    {
        if (!float.IsFinite(scale))
            throw new ArgumentOutOfRangeException(nameof(scale), scale, FormattableString.Invariant($"scale must be finite; it is {scale}."));
        if (inputs.ItemSize == 0)
            throw new InvalidDataException($"{inputs.Path} holds no values.");
        _inputs = inputs;
        _targets = targets;
        _scale = scale;
    }

    public void Read(ReadOnlySpan<int> examples, Span<float> inputs, Span<float> targets)
    {
        ReadRows(_inputs, examples, inputs);
        if (!targets.IsEmpty)
            ReadRows(_targets!, examples, targets);
        if (_scale == 1)
            return;
        for (int i = 0; i < inputs.Length; i++)
            inputs[i] *= _scale;
    }

    public void Dispose()
    {
        _inputs.Dispose();
        _targets?.Dispose();
    }

    /// <summary>Rows that follow one another are read at once.</summary>
    private static void ReadRows(StreamedArray file, ReadOnlySpan<int> examples, Span<float> values)
    {
        int size = file.ItemSize;
        for (int at = 0; at < examples.Length;)
        {
            int end = at + 1;
            while (end < examples.Length && examples[end] == examples[end - 1] + 1)
                end++;
            file.Read(examples[at], values[(at * size)..(end * size)]);
            at = end;
        }
    }
}
