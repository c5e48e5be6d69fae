namespace Backprop.Simd.Internal.Layers;

/// <summary>Points where a function has no derivative, found by what slopes do: no list of them is needed.</summary>
internal static class Kink
{
    /// <summary>Whether a slope changes by more than a smooth function can over a distance.</summary>
    /// <param name="distance">Between the two places.</param>
    /// <param name="bend">Between the two slopes.</param>
    /// <param name="curvature">At least the largest second derivative of the function where it is smooth.</param>
    public static bool LiesBetween(double distance, double bend, double curvature) => bend > (2 * curvature * distance) + 1e-9;
}
