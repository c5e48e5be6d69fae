namespace Backprop.Simd.Cli.Reports;

/// <summary>Lines of text, no escape sequences.</summary>
internal sealed class PlainScreen(TextWriter output) : Screen, IWorkReport
{
    private const string Gap = "  ";

    public override void Heading(string text) => output.WriteLine(text);

    public override void Line(string text = "") => output.WriteLine(text);

    public override void Table(IReadOnlyList<string> headers, IReadOnlyList<IReadOnlyList<Cell>> rows)
    {
        int[] widths = [.. headers.Select((header, column) => rows.Select(row => row[column].Text.Length).Append(header.Length).Max())];
        Write(headers);
        foreach (IReadOnlyList<Cell> row in rows)
            Write([.. row.Select(cell => cell.Text)]);

        void Write(IReadOnlyList<string> cells) =>
            output.WriteLine(string.Join(Gap, cells.Select((cell, column) => column == 0 ? cell.PadRight(widths[0]) : cell.PadLeft(widths[column]))).TrimEnd());
    }

    public override T Run<T>(string title, int total, Func<IWorkReport, T> work) => work(this);

    public void Advance()
    {
    }
}
