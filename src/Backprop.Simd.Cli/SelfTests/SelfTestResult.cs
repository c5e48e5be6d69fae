namespace Backprop.Simd.Cli.SelfTests;

/// <summary>A kernel against plain double-precision code.</summary>
/// <param name="Name">Kernel.</param>
/// <param name="WorstError">In <paramref name="Unit"/>; NaN counts as failed.</param>
/// <param name="Limit">Most that is allowed, in the same unit.</param>
/// <param name="Unit">What the error is measured in.</param>
internal sealed record SelfTestResult(string Name, double WorstError, double Limit, string Unit)
{
    public bool Passed => WorstError <= Limit;
}
