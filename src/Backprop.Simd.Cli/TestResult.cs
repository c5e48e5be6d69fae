using Backprop.Simd.Kernels;

namespace Backprop.Simd.Cli;

/// <summary>What a network says about labelled examples, one by one.</summary>
internal sealed class TestResult
{
    public const int BatchSize = 256;

    private TestResult(Dataset images, int[] answers, float[] confidences)
    {
        Images = images;
        Answers = answers;
        Confidences = confidences;
        Confusion = new int[images.TargetSize, images.TargetSize];
        for (int i = 0; i < answers.Length; i++)
            Confusion[images.Labels[i], answers[i]]++;
        Right = Enumerable.Range(0, images.TargetSize).Sum(c => Confusion[c, c]);
    }

    public Dataset Images { get; }

    /// <summary>The class that the network took each example for.</summary>
    public IReadOnlyList<int> Answers { get; }

    /// <summary>The softmax probability of each answer.</summary>
    public IReadOnlyList<float> Confidences { get; }

    /// <summary>[class that it is, class that the network said].</summary>
    public int[,] Confusion { get; }

    public int Right { get; }

    public double Accuracy => (double)Right / Images.Count;

    public static TestResult Of(Network network, Dataset images)
    {
        int classes = images.TargetSize, size = images.InputSize;
        using Predictor predictor = network.CreatePredictor(Math.Min(images.Count, BatchSize));
        float[] probabilities = new float[predictor.MaxBatchSize * classes];
        int[] answers = new int[images.Count];
        float[] confidences = new float[images.Count];
        for (int start = 0; start < images.Count; start += BatchSize)
        {
            int rows = Math.Min(BatchSize, images.Count - start);
            ReadOnlySpan<float> logits = predictor.Predict(images.Inputs.Slice(start * size, rows * size));
            Softmax.Forward(logits, classes, probabilities.AsSpan(0, rows * classes));
            for (int row = 0; row < rows; row++)
            {
                int answer = Largest(logits.Slice(row * classes, classes));
                answers[start + row] = answer;
                confidences[start + row] = probabilities[(row * classes) + answer];
            }
        }

        return new TestResult(images, answers, confidences);
    }

    /// <summary>As <see cref="Predictor.Classify"/>: the lowest of equals, and a NaN wins.</summary>
    public static int Largest(ReadOnlySpan<float> outputs)
    {
        int best = 0;
        for (int i = 0; i < outputs.Length; i++)
        {
            if (float.IsNaN(outputs[i]))
                return i;
            if (outputs[i] > outputs[best])
                best = i;
        }

        return best;
    }
}
