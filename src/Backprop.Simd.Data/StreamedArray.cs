using Microsoft.Win32.SafeHandles;

namespace Backprop.Simd.Data;

/// <summary>Numbers that stay in their file until they are needed: IdxReader.Open, NpyReader.Open, NpzReader.Open.</summary>
/// <remarks>Only the header was read. Reading is safe from several threads at once and allocates nothing.</remarks>
public sealed class StreamedArray : IDisposable
{
    private const int ChunkBytes = 1 << 13;

    private readonly int[] _shape;
    private readonly SafeFileHandle _file;
    private readonly long _start;
    private readonly ElementType _type;

    /// <param name="path">What messages call it.</param>
    /// <param name="file">Closed with this.</param>
    /// <param name="start">Where the values begin.</param>
    /// <param name="shape">Sizes whose values the file was long enough to hold.</param>
    /// <param name="type">What lies there.</param>
    internal StreamedArray(string path, SafeFileHandle file, long start, int[] shape, ElementType type)
    {
        Path = path;
        _file = file;
        _start = start;
        _shape = shape;
        _type = type;
        long size = 1;
        for (int i = 1; i < shape.Length; i++)
            size = Math.Min(size * shape[i], (long)Array.MaxLength + 1);
        if (size > Array.MaxLength)
            throw new InvalidDataException($"{path}: more than {Array.MaxLength} values in one example.");
        ItemSize = Count == 0 ? 0 : (int)size;
    }

    /// <summary>Sizes of the dimensions, slowest first; none for a single number.</summary>
    public IReadOnlyList<int> Shape => _shape;

    /// <summary>Size of the first dimension: examples.</summary>
    public int Count => _shape.Length == 0 ? 1 : _shape[0];

    /// <summary>Values of one example: the product of the other dimensions.</summary>
    public int ItemSize { get; }

    /// <summary>How the file holds them: "uint8", "float64", "int16 big-endian".</summary>
    public string StoredType => _type.ToString();

    internal string Path { get; }

    /// <summary>Examples with labels: this file's values times <paramref name="scale"/>.</summary>
    /// <param name="labels">One label for each example; these are in memory.</param>
    /// <param name="classes">Labels are from 0 to classes - 1.</param>
    /// <param name="scale">For pixels of 0 to 255: 1 / 255.</param>
    /// <returns>Closes this when it is disposed.</returns>
    /// <exception cref="InvalidDataException">The files do not belong together, or a label is outside the classes.</exception>
    public StreamedDataset WithLabels(DataArray labels, int classes, float scale = 1)
    {
        ArgumentNullException.ThrowIfNull(labels);
        if (labels.Values.Length != Count)
            throw new InvalidDataException($"{labels.Path} holds {labels.Values.Length} labels, and {Path} {Count} examples.");
        return new StreamedDataset(new ArrayExamples(this, null, scale), ItemSize, labels.ToLabels(classes), classes);
    }

    /// <summary>Examples with target values: this file's values times <paramref name="scale"/>.</summary>
    /// <param name="targets">One item for each example.</param>
    /// <param name="scale">Factor of the inputs; the targets stay as they are.</param>
    /// <returns>Closes this and the targets when it is disposed.</returns>
    /// <exception cref="InvalidDataException">The files do not belong together.</exception>
    public StreamedDataset WithTargets(StreamedArray targets, float scale = 1)
    {
        ArgumentNullException.ThrowIfNull(targets);
        if (targets.Count != Count)
            throw new InvalidDataException($"{targets.Path} holds targets for {targets.Count} examples, and {Path} {Count} examples.");
        if (targets.ItemSize == 0)
            throw new InvalidDataException($"{targets.Path} holds no values.");
        return new StreamedDataset(new ArrayExamples(this, targets, scale), Count, ItemSize, targets.ItemSize);
    }

    /// <summary>Reads examples that follow one another.</summary>
    /// <param name="first">Number of the first one.</param>
    /// <param name="values">Gets a whole number of examples.</param>
    /// <exception cref="ArgumentException">No whole number of examples.</exception>
    /// <exception cref="ArgumentOutOfRangeException">There are no such examples.</exception>
    /// <exception cref="InvalidDataException">The file is shorter than it was when it was opened.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="ObjectDisposedException">This was disposed.</exception>
    public void Read(int first, Span<float> values)
    {
        if (values.IsEmpty)
            return;
        if (ItemSize == 0 || values.Length % ItemSize != 0)
            throw new ArgumentException($"values holds {values.Length} floats; an example of {Path} has {ItemSize}.", nameof(values));
        int examples = values.Length / ItemSize;
        if (first < 0 || first > Count - examples)
            throw new ArgumentOutOfRangeException(nameof(first), first, $"Examples {first} to {first + (long)examples - 1} of {Path}; there are {Count}.");
        long at = _start + ((long)first * ItemSize * _type.Size);
        Span<byte> chunk = stackalloc byte[ChunkBytes];
        while (!values.IsEmpty)
        {
            int take = Math.Min(values.Length, ChunkBytes / _type.Size), bytes = take * _type.Size;
            ReadBytes(at, chunk[..bytes]);
            _type.Read(chunk, values[..take]);
            values = values[take..];
            at += bytes;
        }
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => _file.Dispose();

    private void ReadBytes(long at, Span<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            int read = RandomAccess.Read(_file, bytes, at);
            if (read == 0)
                throw new InvalidDataException($"{Path}: the file ends before byte {at}, inside the values; it was longer when it was opened.");
            bytes = bytes[read..];
            at += read;
        }
    }
}
