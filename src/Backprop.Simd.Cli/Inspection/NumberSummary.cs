using Backprop.Simd.Cli.Reports;

namespace Backprop.Simd.Cli.Inspection;

/// <summary>Least, mean and largest of numbers that are looked at once.</summary>
internal sealed class NumberSummary
{
    public static readonly string[] Headers = ["least", "mean", "largest", "not finite"];

    private double _sum;
    private float _least = float.PositiveInfinity;
    private float _largest = float.NegativeInfinity;

    public long Finite { get; private set; }

    public long NotFinite { get; private set; }

    public static NumberSummary Of(ReadOnlySpan<float> values)
    {
        var summary = new NumberSummary();
        summary.Add(values);
        return summary;
    }

    public void Add(params ReadOnlySpan<float> values)
    {
        foreach (float value in values)
        {
            if (!float.IsFinite(value))
            {
                NotFinite++;
                continue;
            }

            Finite++;
            _sum += value;
            _least = Math.Min(_least, value);
            _largest = Math.Max(_largest, value);
        }
    }

    /// <summary>Under <see cref="Headers"/>.</summary>
    public Cell[] Cells() =>
    [
        Text(_least),
        Text(_sum / Finite),
        Text(_largest),
        NotFinite == 0 ? new Cell("0", Tone.Faint) : new Cell(FormattableString.Invariant($"{NotFinite:N0}"), Tone.Bad),
    ];

    private Cell Text(double value) => Finite == 0 ? new Cell("-", Tone.Faint) : FormattableString.Invariant($"{value:G6}");
}
