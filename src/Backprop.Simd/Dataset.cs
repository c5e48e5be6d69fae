using Backprop.Simd.Internal.Data;
using Backprop.Simd.Internal.Simd;

namespace Backprop.Simd;

/// <summary>Examples and what they should give: class labels or target values. Holds the arrays that it was given, without copying.</summary>
public class Dataset
{
    // Null where the examples are not in memory: StreamedDataset.
    private readonly float[]? _inputs;
    private readonly int[] _labels = [];
    private readonly float[]? _targets = [];

    /// <summary>Examples with class labels.</summary>
    /// <param name="inputs">Count x inputSize, row-major.</param>
    /// <param name="inputSize">Values of one example; at least 1.</param>
    /// <param name="labels">Count; each from 0 to classes - 1.</param>
    /// <param name="classes">At least 1.</param>
    /// <exception cref="ArgumentException">Sizes do not fit.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A size is below 1 or a label outside the classes.</exception>
    public Dataset(float[] inputs, int inputSize, int[] labels, int classes)
    {
        _inputs = inputs;
        Count = CountOf(inputs, inputSize);
        ArgumentNullException.ThrowIfNull(labels);
        ArgumentOutOfRangeException.ThrowIfLessThan(classes, 1);
        if (labels.Length != Count)
            throw new ArgumentException($"labels holds {labels.Length} labels for {Count} examples.", nameof(labels));
        CheckLabels(labels, classes);
        InputSize = inputSize;
        TargetSize = classes;
        _labels = labels;
    }

    /// <summary>Examples with target values.</summary>
    /// <param name="inputs">Count x inputSize, row-major.</param>
    /// <param name="inputSize">Values of one example; at least 1.</param>
    /// <param name="targets">Count x targetSize, row-major.</param>
    /// <param name="targetSize">Outputs of one example; at least 1.</param>
    /// <exception cref="ArgumentException">Sizes do not fit.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A size is below 1.</exception>
    public Dataset(float[] inputs, int inputSize, float[] targets, int targetSize)
    {
        _inputs = inputs;
        Count = CountOf(inputs, inputSize);
        ArgumentNullException.ThrowIfNull(targets);
        ArgumentOutOfRangeException.ThrowIfLessThan(targetSize, 1);
        if (targets.Length != (long)Count * targetSize)
            throw new ArgumentException($"targets holds {targets.Length} floats; {Count} examples with {targetSize} targets need {(long)Count * targetSize}.", nameof(targets));
        InputSize = inputSize;
        TargetSize = targetSize;
        _targets = targets;
    }

    /// <summary>For labelled examples that are not in memory.</summary>
    private protected Dataset(int[] labels, int inputSize, int classes)
    {
        ArgumentNullException.ThrowIfNull(labels);
        ArgumentOutOfRangeException.ThrowIfLessThan(inputSize, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(classes, 1);
        CheckLabels(labels, classes);
        Count = labels.Length;
        InputSize = inputSize;
        TargetSize = classes;
        _labels = labels;
    }

    /// <summary>For examples with targets that are not in memory.</summary>
    private protected Dataset(int count, int inputSize, int targetSize)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfLessThan(inputSize, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(targetSize, 1);
        Count = count;
        InputSize = inputSize;
        TargetSize = targetSize;
        _targets = null;
    }

    /// <summary>Examples.</summary>
    public int Count { get; }

    /// <summary>Values of one example.</summary>
    public int InputSize { get; }

    /// <summary>Classes, or target values per example.</summary>
    public int TargetSize { get; }

    /// <summary>Count x InputSize, row-major.</summary>
    /// <exception cref="NotSupportedException">The examples are not in memory: <see cref="StreamedDataset"/>.</exception>
    public ReadOnlySpan<float> Inputs => _inputs ?? throw NotInMemory(nameof(Inputs));

    /// <summary>Count labels; empty if the examples have targets.</summary>
    public ReadOnlySpan<int> Labels => _labels;

    /// <summary>Count x TargetSize, row-major; empty if the examples have labels.</summary>
    /// <exception cref="NotSupportedException">The examples are not in memory: <see cref="StreamedDataset"/>.</exception>
    public ReadOnlySpan<float> Targets => _targets ?? throw NotInMemory(nameof(Targets));

    /// <summary>Copies examples by their numbers; allocates nothing.</summary>
    /// <param name="examples">Each from 0 to Count - 1; in any order.</param>
    /// <param name="inputs">Gets examples.Length x InputSize values, row-major.</param>
    /// <param name="targets">Gets examples.Length x TargetSize values; empty: they are not copied. Examples with labels have none.</param>
    /// <exception cref="ArgumentException">A span has another length.</exception>
    /// <exception cref="ArgumentOutOfRangeException">There is no example of that number.</exception>
    public virtual void Read(ReadOnlySpan<int> examples, Span<float> inputs, Span<float> targets)
    {
        CheckRead(examples, inputs, targets);
        for (int i = 0; i < examples.Length; i++)
        {
            Inputs.Slice(examples[i] * InputSize, InputSize).CopyTo(inputs[(i * InputSize)..]);
            if (!targets.IsEmpty)
                Targets.Slice(examples[i] * TargetSize, TargetSize).CopyTo(targets[(i * TargetSize)..]);
        }
    }

    /// <summary>Deals the examples out to two data sets at random; each keeps the order that they have here.</summary>
    /// <param name="fraction">Share of the first one; greater than 0 and below 1.</param>
    /// <param name="seed">The same seed gives the same two on every machine.</param>
    /// <param name="stratified">Whether each class is shared out in that proportion, as nearly as whole examples allow; without labels it has no effect.</param>
    /// <returns>The first holds fraction x Count examples, rounded, but each at least one.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="fraction"/> is not between 0 and 1.</exception>
    /// <exception cref="InvalidOperationException">There are fewer than 2 examples.</exception>
    public (Dataset First, Dataset Second) Split(float fraction, ulong seed, bool stratified = true)
    {
        if (!(fraction > 0 && fraction < 1))
            throw new ArgumentOutOfRangeException(nameof(fraction), fraction, FormattableString.Invariant($"fraction must be greater than 0 and below 1; it is {fraction}."));
        if (Count < 2)
            throw new InvalidOperationException($"{Count} examples cannot be split in two.");
        int wanted = Math.Clamp((int)Math.Floor(((double)fraction * Count) + 0.5), 1, Count - 1);
        int[] order = new int[Count];
        for (int i = 0; i < Count; i++)
            order[i] = i;
        Shuffle(order, seed);
        bool[] chosen = new bool[Count];
        if (stratified && _labels.Length > 0)
        {
            int[] left = Quotas(fraction, wanted);
            foreach (int example in order)
                chosen[example] = left[_labels[example]]-- > 0;
        }
        else
        {
            foreach (int example in order.AsSpan(0, wanted))
                chosen[example] = true;
        }

        return (Take(Where(chosen, true)), Take(Where(chosen, false)));
    }

    internal virtual BatchReader OpenBatches(int size, CancellationToken cancellationToken) => new MemoryBatches(this, size);

    /// <summary>Fisher-Yates from the end; the partner of i is Below(i, i + 1).</summary>
    internal static void Shuffle(Span<int> order, ulong key)
    {
        var random = new CounterRandom(key);
        for (int i = order.Length - 1; i > 0; i--)
        {
            int partner = random.Below((uint)i, i + 1);
            (order[i], order[partner]) = (order[partner], order[i]);
        }
    }

    private static int CountOf(float[] inputs, int inputSize)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        ArgumentOutOfRangeException.ThrowIfLessThan(inputSize, 1);
        if (inputs.Length % inputSize != 0)
            throw new ArgumentException($"inputs holds {inputs.Length} floats: not a multiple of inputSize, {inputSize}.", nameof(inputs));
        return inputs.Length / inputSize;
    }

    /// <summary>Examples of each class for the first part: whole shares, then one more for the largest remainders (the lower class of equals).</summary>
    private int[] Quotas(float fraction, int wanted)
    {
        int[] counts = new int[TargetSize], quotas = new int[TargetSize];
        double[] remainders = new double[TargetSize];
        foreach (int label in _labels)
            counts[label]++;
        int given = 0;
        for (int c = 0; c < TargetSize; c++)
        {
            double share = (double)fraction * counts[c];
            quotas[c] = (int)Math.Floor(share);
            remainders[c] = share - quotas[c];
            given += quotas[c];
        }

        for (; given < wanted; given++)
        {
            int most = -1;
            for (int c = 0; c < TargetSize; c++)
            {
                if (quotas[c] < counts[c] && (most < 0 || remainders[c] > remainders[most]))
                    most = c;
            }

            quotas[most]++;
            remainders[most] -= 1;
        }

        return quotas;
    }

    /// <summary>Examples of one part, by ascending number.</summary>
    private protected virtual Dataset Take(int[] examples)
    {
        float[] inputs = new float[examples.Length * InputSize];
        float[] targets = new float[_labels.Length > 0 ? 0 : examples.Length * TargetSize];
        Read(examples, inputs, targets);
        return _labels.Length > 0 ? new Dataset(inputs, InputSize, LabelsOf(examples), TargetSize) : new Dataset(inputs, InputSize, targets, TargetSize);
    }

    private protected int[] LabelsOf(int[] examples) => [.. examples.Select(example => _labels[example])];

    private protected void CheckRead(ReadOnlySpan<int> examples, ReadOnlySpan<float> inputs, ReadOnlySpan<float> targets)
    {
        if (inputs.Length != (long)examples.Length * InputSize)
            throw new ArgumentException($"inputs holds {inputs.Length} floats; {examples.Length} examples of {InputSize} need {(long)examples.Length * InputSize}.", nameof(inputs));
        if (!targets.IsEmpty && _labels.Length > 0)
            throw new ArgumentException($"targets holds {targets.Length} floats; these examples have labels and no targets.", nameof(targets));
        if (!targets.IsEmpty && targets.Length != (long)examples.Length * TargetSize)
            throw new ArgumentException($"targets holds {targets.Length} floats; {examples.Length} examples with {TargetSize} need {(long)examples.Length * TargetSize}.", nameof(targets));
        foreach (int example in examples)
        {
            if ((uint)example >= (uint)Count)
                throw new ArgumentOutOfRangeException(nameof(examples), example, $"examples holds {example}; there are {Count} examples, 0 to {Count - 1}.");
        }
    }

    private static int[] Where(bool[] chosen, bool which) => [.. Enumerable.Range(0, chosen.Length).Where(i => chosen[i] == which)];

    private static void CheckLabels(int[] labels, int classes)
    {
        for (int i = 0; i < labels.Length; i++)
        {
            if ((uint)labels[i] >= (uint)classes)
                throw new ArgumentOutOfRangeException(nameof(labels), labels[i], $"labels[{i}] is {labels[i]}; there are {classes} classes, 0 to {classes - 1}.");
        }
    }

    private static NotSupportedException NotInMemory(string property) => new($"{property} of a StreamedDataset are not in memory: Read copies those that are needed.");
}
