using System.Globalization;

namespace Backprop.Simd.Verification;

/// <summary>What <see cref="GradientCheck"/> found.</summary>
public sealed record GradientCheckResult
{
    /// <summary>Largest of the parameters' relative errors; infinite where a gradient is not finite.</summary>
    public required double MaxRelativeError { get; init; }

    /// <summary>Index in <see cref="Network.Parameters"/> of the parameter with the largest error; -1 if every parameter was left out.</summary>
    public required int WorstParameter { get; init; }

    /// <summary>Which one that is, as in <c>layer 0 weight [3, 5]</c>: the index in <see cref="Network.Layers"/>, and where in its weights or bias.</summary>
    public required string WorstParameterName { get; init; }

    /// <summary>The gradient that the float kernels return for it.</summary>
    public required double WorstGradient { get; init; }

    /// <summary>The difference in double precision for it.</summary>
    public required double WorstDifference { get; init; }

    /// <summary>Parameters that were left out, because a kink (ReLU at 0, Huber at delta, ...) lies so near that a difference means nothing.</summary>
    public required int Kinks { get; init; }

    /// <summary>Parameters that were compared.</summary>
    public required int Compared { get; init; }

    /// <summary>Whether parameters were compared and no error exceeds <see cref="GradientCheck.Tolerance"/>.</summary>
    public bool Passed => Compared > 0 && MaxRelativeError <= GradientCheck.Tolerance;

    /// <summary>One line for people.</summary>
    public override string ToString() => Compared == 0
        ? $"failed: all {Kinks} parameters lie at kinks"
        : string.Create(
            CultureInfo.InvariantCulture,
            $"{(Passed ? "passed" : "failed")}: {Compared} gradients compared, {Kinks} at kinks; worst relative error {MaxRelativeError:E2} (tolerance {GradientCheck.Tolerance:E2}) at {WorstParameterName}: {WorstGradient:G9}, by differences {WorstDifference:G9}");
}
