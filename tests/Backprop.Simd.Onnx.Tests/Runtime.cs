using Microsoft.ML.OnnxRuntime;
using Xunit;

namespace Backprop.Simd.Tests;

/// <summary>ONNX Runtime, and what its outputs are compared with.</summary>
internal static class Runtime
{
    /// <summary>What issue and documentation promise: the largest difference, relative to the largest output.</summary>
    public const double Tolerance = 1e-6;

    /// <summary>The outputs of the model's only output; <paramref name="shape"/> is that of the inputs.</summary>
    public static float[] Run(string path, float[] inputs, params long[] shape)
    {
        using var options = new SessionOptions { IntraOpNumThreads = 1, LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR };
        using var session = new InferenceSession(path, options);
        using var run = new RunOptions();
        using OrtValue value = OrtValue.CreateTensorValueFromMemory(inputs, shape);
        using IDisposableReadOnlyCollection<OrtValue> outputs = session.Run(run, session.InputNames, [value], session.OutputNames);
        return Assert.Single(outputs).GetTensorDataAsSpan<float>().ToArray();
    }

    public static float[] Predict(Network network, float[] inputs)
    {
        using Predictor predictor = network.CreatePredictor(inputs.Length / network.InputSize);
        return predictor.Predict(inputs).ToArray();
    }

    /// <summary>Numbers from -range to range, the same ones every time.</summary>
    public static float[] Numbers(int count, float range = 1, uint seed = 1)
    {
        float[] numbers = new float[count];
        for (int i = 0; i < count; i++)
        {
            seed = (seed * 1664525) + 1013904223;
            numbers[i] = range * (((seed >> 8) / 8388608f) - 1);
        }

        return numbers;
    }

    public static void AssertClose(float[] expected, float[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        double largest = expected.Max(Math.Abs), worst = 0;
        for (int i = 0; i < expected.Length; i++)
            worst = Math.Max(worst, Math.Abs((double)expected[i] - actual[i]));
        Assert.True(largest > 0, "All outputs are 0: nothing was compared.");
        Assert.True(worst <= Tolerance * largest, $"Differs by {worst / largest:g3} of the largest output.");
    }
}
