namespace Backprop.Simd.Data;

/// <summary>Numbers from a file, row-major, as float.</summary>
public sealed class DataArray
{
    private readonly int[] _shape;

    internal DataArray(string path, int[] shape, float[] values, string storedType)
    {
        Path = path;
        StoredType = storedType;
        _shape = shape;
        Values = values;
    }

    /// <summary>Sizes of the dimensions, slowest first; none for a single number.</summary>
    public IReadOnlyList<int> Shape => _shape;

    /// <summary>All values, the last dimension fastest.</summary>
#pragma warning disable CA1819 // handed to Dataset, which holds arrays
    public float[] Values { get; }
#pragma warning restore CA1819

    /// <summary>Size of the first dimension: examples.</summary>
    public int Count => _shape.Length == 0 ? 1 : _shape[0];

    /// <summary>Values of one example: the product of the other dimensions.</summary>
    public int ItemSize => Count == 0 ? 0 : Values.Length / Count;

    /// <summary>How the file holds them: "uint8", "float64", "int16 big-endian", "text".</summary>
    public string StoredType { get; }

    internal string Path { get; }

    /// <summary>The values as class labels.</summary>
    /// <param name="classes">Labels are from 0 to classes - 1.</param>
    /// <exception cref="InvalidDataException">A value is no whole number in that range.</exception>
    public int[] ToLabels(int classes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(classes, 1);
        int[] labels = new int[Values.Length];
        for (int i = 0; i < labels.Length; i++)
        {
            float value = Values[i];
            if (!(value >= 0 && value < classes) || value != MathF.Floor(value))
                throw new InvalidDataException(FormattableString.Invariant($"{Path}: value {i} is {value}; a label is a whole number from 0 to {classes - 1}."));
            labels[i] = (int)value;
        }

        return labels;
    }

    /// <summary>Examples with labels: this array's values times <paramref name="scale"/>.</summary>
    /// <param name="labels">One label for each example.</param>
    /// <param name="classes">Labels are from 0 to classes - 1.</param>
    /// <param name="scale">For pixels of 0 to 255: 1 / 255.</param>
    /// <exception cref="InvalidDataException">The files do not belong together, or a label is outside the classes.</exception>
    public Dataset WithLabels(DataArray labels, int classes, float scale = 1)
    {
        ArgumentNullException.ThrowIfNull(labels);
        if (labels.Values.Length != Count)
            throw new InvalidDataException($"{labels.Path} holds {labels.Values.Length} labels, and {Path} {Count} examples.");
        return new Dataset(Scaled(scale), ItemSize, labels.ToLabels(classes), classes);
    }

    /// <summary>Examples with target values: this array's values times <paramref name="scale"/>.</summary>
    /// <param name="targets">One item for each example.</param>
    /// <param name="scale">Factor of the inputs; the targets stay as they are.</param>
    /// <exception cref="InvalidDataException">The files do not belong together.</exception>
    public Dataset WithTargets(DataArray targets, float scale = 1)
    {
        ArgumentNullException.ThrowIfNull(targets);
        if (targets.Count != Count)
            throw new InvalidDataException($"{targets.Path} holds targets for {targets.Count} examples, and {Path} {Count} examples.");
        if (targets.ItemSize == 0)
            throw new InvalidDataException($"{targets.Path} holds no values.");
        return new Dataset(Scaled(scale), ItemSize, targets.Values, targets.ItemSize);
    }

    private float[] Scaled(float scale)
    {
        if (!float.IsFinite(scale))
            throw new ArgumentOutOfRangeException(nameof(scale), scale, $"scale must be finite; it is {scale}.");
        if (ItemSize == 0)
            throw new InvalidDataException($"{Path} holds no values.");
        float[] inputs = new float[Values.Length];
        for (int i = 0; i < inputs.Length; i++)
            inputs[i] = Values[i] * scale;
        return inputs;
    }
}
