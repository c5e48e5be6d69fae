using Backprop.Simd.Internal.Memory;
using Backprop.Simd.Internal.Optimizers;

namespace Backprop.Simd;

/// <summary>The learning rate as a pure function of the step and the steps per epoch. The default value is <see cref="Constant"/>.</summary>
public readonly record struct LearningRateSchedule
{
    private readonly Form _form;
    private readonly int _epochs;
    private readonly int _warmUpEpochs;
    private readonly double _value;

    private LearningRateSchedule(Form form, int epochs, double value, int warmUpEpochs = 0)
    {
        _form = form;
        _epochs = epochs;
        _value = value;
        _warmUpEpochs = warmUpEpochs;
    }

    private enum Form : byte
    {
        Constant,
        Step,
        Exponential,
        Cosine,
        OneCycle,
    }

    /// <summary>The base rate.</summary>
    public static LearningRateSchedule Constant => default;

    /// <summary>base factor^(epoch / everyEpochs), whole division.</summary>
    /// <param name="everyEpochs">At least 1.</param>
    /// <param name="factor">Greater than 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">A value is outside its range.</exception>
    public static LearningRateSchedule Step(int everyEpochs, double factor)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(everyEpochs, 1);
        return new(Form.Step, everyEpochs, HyperParameter.Positive(factor));
    }

    /// <summary>base factor^epoch.</summary>
    /// <param name="factor">Greater than 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside its range.</exception>
    public static LearningRateSchedule Exponential(double factor) => new(Form.Exponential, 1, HyperParameter.Positive(factor));

    /// <summary>
    /// With W warm-up steps and S steps in all: base (step + 1) / W before W; then minimum + (base - minimum) (1 + cos(pi (step - W) / (S - W))) / 2;
    /// minimum after S (I. Loshchilov, F. Hutter 2017, by the step).
    /// </summary>
    /// <param name="epochs">Length, warm-up included; at least 1.</param>
    /// <param name="minimum">Last rate; 0 or more.</param>
    /// <param name="warmUpEpochs">0 to below <paramref name="epochs"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">A value is outside its range.</exception>
    public static LearningRateSchedule Cosine(int epochs, double minimum = 0, int warmUpEpochs = 0)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(epochs, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(warmUpEpochs);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(warmUpEpochs, epochs);
        return new(Form.Cosine, epochs, HyperParameter.NonNegative(minimum), warmUpEpochs);
    }

    /// <summary>
    /// Cosine from peak / 25 up to peak over the first 0.3 of the steps, then cosine down to peak / 250,000; the base rate is not used
    /// (L. Smith, N. Topin 2018, with PyTorch's defaults).
    /// </summary>
    /// <param name="epochs">Length; at least 1.</param>
    /// <param name="peak">Highest rate; greater than 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">A value is outside its range.</exception>
    public static LearningRateSchedule OneCycle(int epochs, double peak)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(epochs, 1);
        return new(Form.OneCycle, epochs, HyperParameter.Positive(peak));
    }

    /// <summary>The rate of one step.</summary>
    /// <param name="baseRate">Where the schedule starts from.</param>
    /// <param name="step">0 for the first step.</param>
    /// <param name="stepsPerEpoch">At least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">A value is outside its range.</exception>
    public double Rate(double baseRate, long step, int stepsPerEpoch)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        ArgumentOutOfRangeException.ThrowIfLessThan(stepsPerEpoch, 1);
        long epoch = step / stepsPerEpoch;
        return _form switch
        {
            Form.Step => baseRate * IntegerPower.Of(_value, epoch / _epochs),
            Form.Exponential => baseRate * IntegerPower.Of(_value, epoch),
            Form.Cosine => CosineRate(baseRate, step, stepsPerEpoch),
            Form.OneCycle => OneCycleRate(step, stepsPerEpoch),
            _ => baseRate,
        };
    }

    /// <summary>Name and arguments, as in <c>Step(everyEpochs: 10, factor: 0.5)</c>.</summary>
    public override string ToString() => _form switch
    {
        Form.Step => FormattableString.Invariant($"Step(everyEpochs: {_epochs}, factor: {_value})"),
        Form.Exponential => FormattableString.Invariant($"Exponential(factor: {_value})"),
        Form.Cosine => FormattableString.Invariant($"Cosine(epochs: {_epochs}, minimum: {_value}, warmUpEpochs: {_warmUpEpochs})"),
        Form.OneCycle => FormattableString.Invariant($"OneCycle(epochs: {_epochs}, peak: {_value})"),
        _ => nameof(Constant),
    };

    private double CosineRate(double baseRate, long step, int stepsPerEpoch)
    {
        long warmUp = (long)_warmUpEpochs * stepsPerEpoch, total = (long)_epochs * stepsPerEpoch;
        if (step < warmUp)
            return baseRate * (step + 1) / warmUp;
        return Anneal(baseRate, _value, (double)(step - warmUp) / (total - warmUp));
    }

    private double OneCycleRate(long step, int stepsPerEpoch)
    {
        double start = _value / 25, last = start / 1e4;
        double lastStep = Math.Max(((double)_epochs * stepsPerEpoch) - 1, 1);
        double peakStep = Math.Max((0.3 * (lastStep + 1)) - 1, 0);
        return step <= peakStep && peakStep > 0
            ? Anneal(start, _value, step / peakStep)
            : Anneal(_value, last, (step - peakStep) / (lastStep - peakStep));
    }

    /// <summary>Half a cosine from one rate to another while progress goes from 0 to 1.</summary>
    private static double Anneal(double from, double to, double progress) =>
        to + ((from - to) * 0.5 * (1 + CosinePi.Of(Math.Min(progress, 1))));
}
