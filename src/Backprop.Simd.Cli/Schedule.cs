namespace Backprop.Simd.Cli;

/// <summary>How the learning rate changes, as the command line names it.</summary>
/// <param name="Name">As the user writes it.</param>
/// <param name="Description">As in "cosine to 0".</param>
/// <param name="Create">Makes the schedule for a training.</param>
internal sealed record Schedule(string Name, string Description, Func<TrainingSettings, LearningRateSchedule> Create)
{
    private const double StepFactor = 0.1;
    private const double ExponentialFactor = 0.9;

    public static readonly Schedule Cosine = new("cosine", "cosine to 0", settings => LearningRateSchedule.Cosine(settings.Epochs));

    public static readonly IReadOnlyDictionary<string, Schedule> All = new Schedule[]
    {
        Cosine,
        new("constant", "constant rate", _ => LearningRateSchedule.Constant),
        new("step", "a tenth of the rate after each third", settings => LearningRateSchedule.Step(Math.Max(1, (settings.Epochs + 2) / 3), StepFactor)),
        new("exponential", "0.9 of the rate after each epoch", _ => LearningRateSchedule.Exponential(ExponentialFactor)),
        new("onecycle", "one cycle with the rate as its peak", settings => LearningRateSchedule.OneCycle(settings.Epochs, settings.LearningRate)),
    }.ToDictionary(schedule => schedule.Name, StringComparer.OrdinalIgnoreCase);
}
