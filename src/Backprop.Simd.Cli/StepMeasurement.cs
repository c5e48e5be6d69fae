using System.Diagnostics;

namespace Backprop.Simd.Cli;

/// <summary>What a training step costs, measured on a network and trainer of its own.</summary>
/// <param name="Microseconds">Median over samples of several steps.</param>
/// <param name="AllocatedBytes">Bytes that the garbage collector handed to the training thread, per step.</param>
internal readonly record struct StepMeasurement(double Microseconds, double AllocatedBytes)
{
    private const int StepsPerSample = 10;
    private const int MaximumSamples = 101;

    // Long enough for the runtime to have compiled the hot loops for good.
    private static readonly TimeSpan s_warmUp = TimeSpan.FromMilliseconds(400);

    // For networks whose steps take milliseconds.
    private static readonly TimeSpan s_budget = TimeSpan.FromSeconds(2);

    public static StepMeasurement Take(TrainingSettings settings, Dataset data)
    {
        int rows = Math.Min(settings.BatchSize, data.Count);
        ReadOnlySpan<float> inputs = data.Inputs[..(rows * data.InputSize)];
        ReadOnlySpan<int> labels = data.Labels[..rows];
        using WorkerPool? workers = settings.CreateWorkers();
        using Trainer trainer = settings.CreateTrainer(settings.BuildNetwork(), workers);

        // Thousands of steps on one batch: a rate this small keeps the parameters where a training has them.
        trainer.LearningRate = 1e-9;
        long start = Stopwatch.GetTimestamp();
        do
        {
            for (int i = 0; i < StepsPerSample; i++)
                trainer.Step(inputs, labels);
        }
        while (Stopwatch.GetElapsedTime(start) < s_warmUp);

        double[] microseconds = new double[MaximumSamples];
        int samples = 0;
        long begin = Stopwatch.GetTimestamp(), allocated = GC.GetAllocatedBytesForCurrentThread();
        do
        {
            start = Stopwatch.GetTimestamp();
            for (int i = 0; i < StepsPerSample; i++)
                trainer.Step(inputs, labels);
            microseconds[samples++] = Stopwatch.GetElapsedTime(start).TotalMicroseconds / StepsPerSample;
        }
        while (samples < MaximumSamples && Stopwatch.GetElapsedTime(begin) < s_budget);

        allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
        microseconds.AsSpan(0, samples).Sort();
        return new StepMeasurement(microseconds[samples / 2], (double)allocated / (samples * StepsPerSample));
    }
}
