namespace Backprop.Simd.Cli.Reports;

/// <summary>The texts of a training.</summary>
internal static class TrainingReport
{
    public const string EpochHeader = "epoch      loss  accuracy  test loss  test acc.  samples/s";

    /// <summary>A row under <see cref="EpochHeader"/>.</summary>
    public static string Row(EpochReport epoch, int epochs) => FormattableString.Invariant(
        $"{epoch.Epoch,3}/{epochs,-3} {epoch.Loss,7:F4}  {Percent(epoch.Accuracy),8}  {epoch.HeldOutLoss,9:F4}  {Percent(epoch.HeldOutAccuracy),9}  {epoch.ExamplesPerSecond,9:N0}");

    public static string Percent(double share) => FormattableString.Invariant($"{100 * share:F2} %");

    /// <summary>What was taken for what; left out where the classes are too many for a screen.</summary>
    public static void WriteConfusion(Screen screen, TestResult result, IReadOnlyList<string> classNames)
    {
        const int MostClasses = 20;
        int classes = result.Confusion.GetLength(0);
        if (classes > MostClasses)
            return;
        var headers = new List<string> { "is \\ said" };
        var rows = new List<IReadOnlyList<Cell>>();
        for (int truth = 0; truth < classes; truth++)
        {
            string number = FormattableString.Invariant($"{truth}");
            headers.Add(number);
            var row = new List<Cell> { classNames[truth] == number ? number : $"{number} {classNames[truth]}" };
            for (int said = 0; said < classes; said++)
            {
                int count = result.Confusion[truth, said];
                Tone tone = count == 0 ? Tone.Faint : truth == said ? Tone.Good : Tone.Bad;
                row.Add(new Cell(count == 0 ? "." : FormattableString.Invariant($"{count}"), tone));
            }

            rows.Add(row);
        }

        screen.Table(headers, rows);
    }

    /// <summary>The last lines of a training, for people and scripts.</summary>
    public static void WriteResult(Screen screen, TestResult result, StepMeasurement step, string fingerprint)
    {
        screen.Line($"Test accuracy: {Percent(result.Accuracy)}");
        screen.Line(FormattableString.Invariant($"Step: {step.Microseconds:F1} us"));
        screen.Line(FormattableString.Invariant($"Allocated per step: {step.AllocatedBytes:0.##} bytes"));
        screen.Line($"Fingerprint: {fingerprint}");
    }
}
