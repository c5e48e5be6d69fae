namespace Backprop.Simd.Cli.Reports;

/// <summary>Text in a table. A string is a cell of normal tone.</summary>
internal readonly record struct Cell(string Text, Tone Tone = Tone.Normal)
{
    public static implicit operator Cell(string text) => new(text);
}
