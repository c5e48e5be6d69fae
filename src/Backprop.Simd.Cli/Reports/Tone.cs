namespace Backprop.Simd.Cli.Reports;

/// <summary>How a table cell is meant; only a terminal shows it.</summary>
internal enum Tone
{
    Normal,
    Faint,
    Good,
    Bad,
}
