namespace Backprop.Simd.Internal.Data;

/// <summary>Of each input over the examples of a data set. Each sum is one chain of double additions in ascending example.</summary>
internal sealed class InputStatistics
{
    private const int Rows = 64;

    private delegate void Take(int example, ReadOnlySpan<float> inputs);

    private InputStatistics(int inputs)
    {
        Means = new double[inputs];
        Smallest = new float[inputs];
        Largest = new float[inputs];
    }

    public double[] Means { get; }

    public float[] Smallest { get; }

    public float[] Largest { get; }

    /// <exception cref="ArgumentException">There is no example, or an input that is not finite or spans more than a float holds.</exception>
    public static InputStatistics Of(Dataset dataset)
    {
        ArgumentNullException.ThrowIfNull(dataset);
        if (dataset.Count == 0)
            throw new ArgumentException("dataset has 0 examples; at least 1 is needed.", nameof(dataset));
        var statistics = new InputStatistics(dataset.InputSize);
        float[] smallest = statistics.Smallest, largest = statistics.Largest;
        Array.Fill(smallest, float.PositiveInfinity);
        Array.Fill(largest, float.NegativeInfinity);
        ForEach(dataset, (example, inputs) =>
        {
            for (int i = 0; i < inputs.Length; i++)
            {
                float value = inputs[i];
                if (!float.IsFinite(value))
                    throw new ArgumentException(FormattableString.Invariant($"dataset: input {i} of example {example} is {value}; scaling needs finite numbers."), nameof(dataset));
                statistics.Means[i] += value;
                if (value < smallest[i])
                    smallest[i] = value;
                if (value > largest[i])
                    largest[i] = value;
            }
        });
        for (int i = 0; i < smallest.Length; i++)
        {
            if (!float.IsFinite(largest[i] - smallest[i]))
                throw new ArgumentException(FormattableString.Invariant($"dataset: input {i} spans {smallest[i]} to {largest[i]}, more than a float holds."), nameof(dataset));
            statistics.Means[i] /= dataset.Count;
        }

        return statistics;
    }

    /// <summary>Standard deviations of the population: the root of the mean squared difference from the mean.</summary>
    public double[] Deviations(Dataset dataset)
    {
        double[] deviations = new double[Means.Length];
        ForEach(dataset, (_, inputs) =>
        {
            for (int i = 0; i < inputs.Length; i++)
            {
                double difference = inputs[i] - Means[i];
                deviations[i] += difference * difference;
            }
        });
        for (int i = 0; i < deviations.Length; i++)
            deviations[i] = Math.Sqrt(deviations[i] / dataset.Count);
        return deviations;
    }

    private static void ForEach(Dataset dataset, Take take)
    {
        int size = dataset.InputSize;
        int[] numbers = new int[Math.Min(Rows, dataset.Count)];
        float[] inputs = new float[checked(numbers.Length * size)];
        for (int start = 0; start < dataset.Count; start += numbers.Length)
        {
            int rows = Math.Min(numbers.Length, dataset.Count - start);
            for (int row = 0; row < rows; row++)
                numbers[row] = start + row;
            dataset.Read(numbers.AsSpan(0, rows), inputs.AsSpan(0, rows * size), []);
            for (int row = 0; row < rows; row++)
                take(start + row, inputs.AsSpan(row * size, size));
        }
    }
}
