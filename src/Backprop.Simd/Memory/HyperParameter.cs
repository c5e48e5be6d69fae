using System.Runtime.CompilerServices;

namespace Backprop.Simd.Internal.Memory;

/// <summary>Checks of hyper-parameters: each names the parameter and the value that it got.</summary>
internal static class HyperParameter
{
    public static double Finite(double value, [CallerArgumentExpression(nameof(value))] string? name = null) =>
        float.IsFinite((float)value) ? value : throw Bad(name, value, "finite in single precision");

    public static double NonNegative(double value, [CallerArgumentExpression(nameof(value))] string? name = null) =>
        double.IsFinite(value) && value >= 0 ? value : throw Bad(name, value, "finite and not negative");

    public static double Positive(double value, [CallerArgumentExpression(nameof(value))] string? name = null) =>
        double.IsFinite(value) && value > 0 ? value : throw Bad(name, value, "finite and greater than 0");

    /// <summary>0 &lt;= value &lt; 1.</summary>
    public static double BelowOne(double value, [CallerArgumentExpression(nameof(value))] string? name = null) =>
        value is >= 0 and < 1 ? value : throw Bad(name, value, "at least 0 and below 1");

    private static ArgumentOutOfRangeException Bad(string? name, double value, string rule) =>
        new(name, value, FormattableString.Invariant($"{name} must be {rule}; it is {value}."));
}
