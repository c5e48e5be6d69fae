using System.Globalization;
using Backprop.Simd.Cli.Reports;

namespace Backprop.Simd.Cli.Inspection;

/// <summary>How often each value stands in an array of one dimension, as long as these are few whole numbers: labels.</summary>
internal sealed class LabelCounts
{
    private const int MostValues = 64;

    private readonly SortedDictionary<float, long> _counts = [];
    private bool _areLabels = true;

    public void Add(int dimensions, ReadOnlySpan<float> values)
    {
        _areLabels &= dimensions == 1;
        for (int i = 0; i < values.Length && _areLabels; i++)
        {
            _counts[values[i]] = _counts.GetValueOrDefault(values[i]) + 1;
            _areLabels = _counts.Count <= MostValues && values[i] == MathF.Floor(values[i]);
        }
    }

    public void Write(Screen screen)
    {
        if (!_areLabels || _counts.Count == 0)
            return;
        screen.Line();
        screen.Table(["value", "times"], [.. _counts.Select(pair => (IReadOnlyList<Cell>)[pair.Key.ToString(CultureInfo.InvariantCulture), FormattableString.Invariant($"{pair.Value:N0}")])]);
    }
}
