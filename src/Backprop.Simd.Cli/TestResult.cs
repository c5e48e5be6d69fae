using Backprop.Simd.Kernels;

namespace Backprop.Simd.Cli;

/// <summary>What a network says about labelled images, image by image.</summary>
internal sealed class TestResult
{
    private TestResult(Dataset images, int[] answers, float[] confidences)
    {
        Images = images;
        Answers = answers;
        Confidences = confidences;
        Confusion = new int[DigitsData.Classes, DigitsData.Classes];
        for (int i = 0; i < answers.Length; i++)
            Confusion[images.Labels[i], answers[i]]++;
        Right = Enumerable.Range(0, DigitsData.Classes).Sum(digit => Confusion[digit, digit]);
    }

    public Dataset Images { get; }

    /// <summary>The digit that the network took each image for.</summary>
    public IReadOnlyList<int> Answers { get; }

    /// <summary>The softmax probability of each answer.</summary>
    public IReadOnlyList<float> Confidences { get; }

    /// <summary>[digit that it is, digit that the network said].</summary>
    public int[,] Confusion { get; }

    public int Right { get; }

    public double Accuracy => (double)Right / Images.Count;

    public static TestResult Of(Network network, Dataset images)
    {
        using Predictor predictor = network.CreatePredictor(images.Count);
        float[] probabilities = new float[images.Count * DigitsData.Classes];
        Softmax.Forward(predictor.Predict(images.Inputs), DigitsData.Classes, probabilities);
        int[] answers = new int[images.Count];
        float[] confidences = new float[images.Count];
        for (int i = 0; i < images.Count; i++)
        {
            answers[i] = predictor.Classify(images.Inputs.Slice(i * DigitsData.Pixels, DigitsData.Pixels));
            confidences[i] = probabilities[(i * DigitsData.Classes) + answers[i]];
        }

        return new TestResult(images, answers, confidences);
    }
}
