using System.Diagnostics;
using System.Globalization;
using Backprop.Simd.Internal.Optimizers;
using Xunit;

namespace Backprop.Simd.Tests;

/// <summary>A training whose process is killed again and again, at whatever it is doing, ends as one that was not.</summary>
public sealed class KilledTrainingTests
{
    private const string FileVariable = "BACKPROP_KILLED_FILE";
    private const string OptimizerVariable = "BACKPROP_KILLED_OPTIMIZER";
    private const int StepsOfALife = 11;

    public static TheoryData<int> Optimizers => new(Enumerable.Range(0, OptimizerTable.All.Length));

    [Theory]
    [MemberData(nameof(Optimizers))]
    public void It_ends_with_the_fingerprint_of_the_uninterrupted_one(int optimizer)
    {
        using var folder = new TemporaryFolder();
        FitScene.Result whole = FitScene.Run(optimizer, FitScene.Options);

        // The child must run on what this process runs on: without FMA the bits differ.
        var environment = new List<(string, string)> { (FileVariable, folder["checkpoint"]), (OptimizerVariable, optimizer.ToString(CultureInfo.InvariantCulture)) };
        foreach (string knob in (string[])["DOTNET_EnableAVX2", "DOTNET_EnableHWIntrinsic"])
        {
            if (Environment.GetEnvironmentVariable(knob) is { } value)
                environment.Add((knob, value));
        }

        int kills = 0;
        ChildProcess.Result child = ChildProcess.Run(TrainAndDie, [.. environment]);
        for (; child.ExitCode != 0; child = ChildProcess.Run(TrainAndDie, [.. environment]))
        {
            Assert.Empty(child.Output);
            Assert.True(++kills < FitScene.Steps, "The training gets nowhere.");
        }

        Assert.NotEqual(0, kills);
        Assert.Equal(whole.ToString(), child.Report.TrimEnd());
        Assert.Equal(["checkpoint", "checkpoint.1", "checkpoint.2", "checkpoint.best"], folder.Files);
    }

    private static void TrainAndDie()
    {
        string path = Environment.GetEnvironmentVariable(FileVariable)!;
        int optimizer = int.Parse(Environment.GetEnvironmentVariable(OptimizerVariable)!, CultureInfo.InvariantCulture);
        bool resumes = File.Exists(path);
        Network network = FitScene.Describe(resumes ? 2UL : 1);
        using Trainer trainer = FitScene.Make(optimizer, network);
        new Thread(() => KillAfter(trainer, resumes)) { IsBackground = true }.Start();
        ChildProcess.Report(FitScene.Run(trainer, network, FitScene.Options with
        {
            Checkpoint = new CheckpointOptions(path, everySteps: 2, keepLast: 3),
            ResumeFrom = resumes ? path : null,
        }).ToString());
    }

    // Beside the training: the step, or the write of a checkpoint, is cut off wherever it is.
    private static void KillAfter(Trainer trainer, bool resumes)
    {
        while (resumes && trainer.Steps == 0)
            Thread.SpinWait(10);
        long end = trainer.Steps + StepsOfALife;
        while (trainer.Steps < end)
            Thread.SpinWait(10);
        Process.GetCurrentProcess().Kill();
    }
}
