using Xunit;

namespace Backprop.Simd.Tests;

/// <summary>Schedules against their formulas with the C library's double functions: within 1e-12, and exact where the formula is.</summary>
public sealed class LearningRateScheduleTests
{
    private const int StepsPerEpoch = 7;

    [Fact]
    public void Constant_is_the_default()
    {
        Assert.Equal(LearningRateSchedule.Constant, default);
        Assert.Equal(0.3, LearningRateSchedule.Constant.Rate(0.3, 12345, StepsPerEpoch));
    }

    [Fact]
    public void Step_and_exponential_are_powers_by_the_epoch()
    {
        for (int step = 0; step < 300; step++)
        {
            int epoch = step / StepsPerEpoch;
            Assert.Equal(0.1 * Math.Pow(0.5, epoch / 3), LearningRateSchedule.Step(3, 0.5).Rate(0.1, step, StepsPerEpoch), 1e-15);
            Assert.Equal(0.1 * Math.Pow(0.9, epoch), LearningRateSchedule.Exponential(0.9).Rate(0.1, step, StepsPerEpoch), 1e-12);
        }
    }

    [Fact]
    public void Cosine_warms_up_comes_down_and_stays()
    {
        LearningRateSchedule schedule = LearningRateSchedule.Cosine(epochs: 10, minimum: 0.01, warmUpEpochs: 2);
        const int WarmUp = 2 * StepsPerEpoch, Total = 10 * StepsPerEpoch;
        for (int step = 0; step < Total + 20; step++)
        {
            double progress = Math.Min((double)(step - WarmUp) / (Total - WarmUp), 1);
            double expected = step < WarmUp ? 0.5 * (step + 1) / WarmUp : 0.01 + (0.49 * 0.5 * (1 + Math.Cos(Math.PI * progress)));
            Assert.Equal(expected, schedule.Rate(0.5, step, StepsPerEpoch), 1e-12);
        }
    }

    [Fact]
    public void OneCycle_is_PyTorch_s()
    {
        // torch.optim.lr_scheduler.OneCycleLR(max_lr=0.2, total_steps=70): pct_start 0.3, cos, div_factor 25, final_div_factor 1e4.
        LearningRateSchedule schedule = LearningRateSchedule.OneCycle(epochs: 10, peak: 0.2);
        const double Peak = 0.2, Start = Peak / 25, Last = Start / 1e4;
        const double UpEnd = (0.3 * 70) - 1, DownEnd = 69;
        for (int step = 0; step < 70; step++)
        {
            double expected = step <= UpEnd ? Cosine(Start, Peak, step / UpEnd) : Cosine(Peak, Last, (step - UpEnd) / (DownEnd - UpEnd));
            Assert.Equal(expected, schedule.Rate(123, step, StepsPerEpoch), 1e-12);
        }

        static double Cosine(double from, double to, double part) => to + ((from - to) / 2 * (1 + Math.Cos(Math.PI * part)));
    }

    [Fact]
    public void Bad_arguments_are_refused_by_name()
    {
        Assert.Equal("everyEpochs", Refused(() => LearningRateSchedule.Step(0, 0.5)));
        Assert.Equal("factor", Refused(() => LearningRateSchedule.Step(1, double.NaN)));
        Assert.Equal("factor", Refused(() => LearningRateSchedule.Exponential(-1)));
        Assert.Equal("epochs", Refused(() => LearningRateSchedule.Cosine(0)));
        Assert.Equal("minimum", Refused(() => LearningRateSchedule.Cosine(3, minimum: double.PositiveInfinity)));
        Assert.Equal("warmUpEpochs", Refused(() => LearningRateSchedule.Cosine(3, warmUpEpochs: 3)));
        Assert.Equal("epochs", Refused(() => LearningRateSchedule.OneCycle(0, 0.1)));
        Assert.Equal("peak", Refused(() => LearningRateSchedule.OneCycle(3, double.NaN)));
        Assert.Equal("patience", Refused(() => _ = new EarlyStopping(0)));

        static string? Refused(Action call) => Assert.Throws<ArgumentOutOfRangeException>(call).ParamName;
    }
}
