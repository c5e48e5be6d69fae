using Backprop.Simd.Internal.Simd;

namespace Backprop.Simd;

/// <summary>Examples and what they should give: class labels or target values. Holds the arrays that it was given, without copying.</summary>
public sealed class Dataset
{
    private readonly float[] _inputs;
    private readonly int[] _labels = [];
    private readonly float[] _targets = [];

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
        for (int i = 0; i < labels.Length; i++)
        {
            if ((uint)labels[i] >= (uint)classes)
                throw new ArgumentOutOfRangeException(nameof(labels), labels[i], $"labels[{i}] is {labels[i]}; there are {classes} classes, 0 to {classes - 1}.");
        }

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

    /// <summary>Examples.</summary>
    public int Count { get; }

    /// <summary>Values of one example.</summary>
    public int InputSize { get; }

    /// <summary>Classes, or target values per example.</summary>
    public int TargetSize { get; }

    /// <summary>Count x InputSize, row-major.</summary>
    public ReadOnlySpan<float> Inputs => _inputs;

    /// <summary>Count labels; empty if the examples have targets.</summary>
    public ReadOnlySpan<int> Labels => _labels;

    /// <summary>Count x TargetSize, row-major; empty if the examples have labels.</summary>
    public ReadOnlySpan<float> Targets => _targets;

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

        return (Take(chosen, true, wanted), Take(chosen, false, Count - wanted));
    }

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

    private Dataset Take(bool[] chosen, bool which, int count)
    {
        float[] inputs = new float[count * InputSize];
        int[] labels = new int[_labels.Length > 0 ? count : 0];
        float[] targets = new float[_labels.Length > 0 ? 0 : count * TargetSize];
        int at = 0;
        for (int i = 0; i < Count; i++)
        {
            if (chosen[i] != which)
                continue;
            Inputs.Slice(i * InputSize, InputSize).CopyTo(inputs.AsSpan(at * InputSize));
            if (_labels.Length > 0)
                labels[at] = _labels[i];
            else
                Targets.Slice(i * TargetSize, TargetSize).CopyTo(targets.AsSpan(at * TargetSize));
            at++;
        }

        return _labels.Length > 0 ? new Dataset(inputs, InputSize, labels, TargetSize) : new Dataset(inputs, InputSize, targets, TargetSize);
    }
}
