using System.Diagnostics;

namespace Backprop.Simd.Cli;

/// <summary>What a training step costs, measured on a network and trainer of its own.</summary>
/// <param name="Microseconds">Median over samples of several steps.</param>
/// <param name="AllocatedBytes">Bytes that the garbage collector handed to the training thread, per step.</param>
internal readonly record struct StepMeasurement(double Microseconds, double AllocatedBytes)
{
    private const int StepsPerSample = 10;
    private const int Samples = 101;

    // Long enough for the runtime to have compiled the hot loops for good.
    private static readonly TimeSpan s_warmUp = TimeSpan.FromMilliseconds(400);

    public static StepMeasurement Take(TrainingSettings settings, Dataset data)
    {
        int rows = Math.Min(settings.BatchSize, data.Count);
        ReadOnlySpan<float> inputs = data.Inputs[..(rows * DigitsData.Pixels)];
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

        double[] microseconds = new double[Samples];
        long allocated = GC.GetAllocatedBytesForCurrentThread();
        for (int sample = 0; sample < Samples; sample++)
        {
            start = Stopwatch.GetTimestamp();
            for (int i = 0; i < StepsPerSample; i++)
                trainer.Step(inputs, labels);
            microseconds[sample] = Stopwatch.GetElapsedTime(start).TotalMicroseconds / StepsPerSample;
        }

        allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
        Array.Sort(microseconds);
        return new StepMeasurement(microseconds[Samples / 2], (double)allocated / (Samples * StepsPerSample));
    }
}
