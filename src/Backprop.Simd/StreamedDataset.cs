using Backprop.Simd.Internal.Data;

namespace Backprop.Simd;

/// <summary>Examples that are read when a training needs them, on a thread of their own, a few batches ahead.</summary>
/// <remarks>
/// <see cref="Trainer.Fit"/> takes it as any other: the same seed gives the same order, and so the same bits as the same examples in memory. A training holds three batches of
/// inputs and targets; labels and the order of examples are in memory, 4 bytes each. Several trainings may share one.
/// </remarks>
public sealed class StreamedDataset : Dataset, IDisposable
{
    private const int PartLength = 256;

    private readonly IExampleReader _reader;
    private readonly StreamedDataset? _whole;
    private readonly int[]? _numbers;
    private int[]? _naturalOrder;
    private volatile bool _disposed;

    /// <summary>Examples with class labels.</summary>
    /// <param name="reader">Reads the inputs; disposed with this.</param>
    /// <param name="inputSize">Values of one example; at least 1.</param>
    /// <param name="labels">One for each example; each from 0 to classes - 1.</param>
    /// <param name="classes">At least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">A size is below 1 or a label outside the classes.</exception>
    public StreamedDataset(IExampleReader reader, int inputSize, int[] labels, int classes)
        : base(labels, inputSize, classes)
    {
        ArgumentNullException.ThrowIfNull(reader);
        _reader = reader;
    }

    /// <summary>Examples with target values.</summary>
    /// <param name="reader">Reads inputs and targets; disposed with this.</param>
    /// <param name="count">Examples; not negative.</param>
    /// <param name="inputSize">Values of one example; at least 1.</param>
    /// <param name="targetSize">Outputs of one example; at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">A size is too small.</exception>
    public StreamedDataset(IExampleReader reader, int count, int inputSize, int targetSize)
        : base(count, inputSize, targetSize)
    {
        ArgumentNullException.ThrowIfNull(reader);
        _reader = reader;
    }

    private StreamedDataset(StreamedDataset whole, int[] numbers, int[] labels)
        : base(labels, whole.InputSize, whole.TargetSize)
    {
        _reader = whole._reader;
        _whole = whole;
        _numbers = numbers;
    }

    private StreamedDataset(StreamedDataset whole, int[] numbers)
        : base(numbers.Length, whole.InputSize, whole.TargetSize)
    {
        _reader = whole._reader;
        _whole = whole;
        _numbers = numbers;
    }

    /// <summary>0, 1, 2, ...</summary>
    internal int[] NaturalOrder => _naturalOrder ??= [.. Enumerable.Range(0, Count)];

    /// <inheritdoc/>
    /// <exception cref="ObjectDisposedException">This or the data set that it is a part of was disposed.</exception>
    public override void Read(ReadOnlySpan<int> examples, Span<float> inputs, Span<float> targets)
    {
        CheckRead(examples, inputs, targets);
        Span<int> numbers = stackalloc int[PartLength];
        for (int start = 0; start < examples.Length; start += PartLength)
        {
            // Looked at for each part: a training that goes on meanwhile is told.
            CheckAlive();
            ReadOnlySpan<int> part = examples.Slice(start, Math.Min(PartLength, examples.Length - start));
            for (int i = 0; i < part.Length; i++)
                numbers[i] = _numbers is null ? part[i] : _numbers[part[i]];
            _reader.Read(numbers[..part.Length], inputs.Slice(start * InputSize, part.Length * InputSize),
                targets.IsEmpty ? [] : targets.Slice(start * TargetSize, part.Length * TargetSize));
        }
    }

    /// <summary>Closes the files. The two parts of a Split share them: they end with the data set that was split, and their own Dispose closes nothing.</summary>
    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        if (_whole is null)
            _reader.Dispose();
    }

    internal override BatchReader OpenBatches(int size, CancellationToken cancellationToken)
    {
        CheckAlive();
        return new ReadAhead(this, size, cancellationToken);
    }

    private protected override Dataset Take(int[] examples)
    {
        int[] numbers = _numbers is null ? examples : [.. examples.Select(example => _numbers[example])];
        return Labels.IsEmpty ? new StreamedDataset(this, numbers) : new StreamedDataset(this, numbers, LabelsOf(examples));
    }

    private void CheckAlive()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        _whole?.CheckAlive();
    }
}
