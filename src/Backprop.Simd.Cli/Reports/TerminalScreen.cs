using Spectre.Console;

namespace Backprop.Simd.Cli.Reports;

/// <summary>Colours, tables and a live progress bar.</summary>
internal sealed class TerminalScreen(IAnsiConsole console) : Screen
{
    public override void Heading(string text) => console.Write(new Rule($"[bold]{Markup.Escape(text)}[/]").LeftJustified().RuleStyle("grey"));

    public override void Line(string text = "") => console.WriteLine(text);

    public override void Table(IReadOnlyList<string> headers, IReadOnlyList<IReadOnlyList<Cell>> rows)
    {
        var table = new Table().Border(TableBorder.Rounded).BorderColor(Color.Grey);
        for (int column = 0; column < headers.Count; column++)
        {
            var heading = new TableColumn(new Markup($"[bold]{Markup.Escape(headers[column])}[/]")) { NoWrap = true };
            table.AddColumn(column == 0 ? heading.LeftAligned() : heading.RightAligned());
        }

        foreach (IReadOnlyList<Cell> row in rows)
            table.AddRow([.. row.Select(cell => new Markup(Markup.Escape(cell.Text), StyleOf(cell.Tone)))]);
        console.Write(table);
    }

    public override T Run<T>(string title, int total, Func<IWorkReport, T> work) =>
        console.Progress()
            .AutoClear(true)
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn())
            .Start(progress => work(new Report(console, progress.AddTask(Markup.Escape(title), maxValue: total))));

    private static Style StyleOf(Tone tone) => tone switch
    {
        Tone.Faint => new Style(Color.Grey),
        Tone.Good => new Style(Color.Green),
        Tone.Bad => new Style(Color.Red, decoration: Decoration.Bold),
        _ => Style.Plain,
    };

    private sealed class Report(IAnsiConsole console, ProgressTask task) : IWorkReport
    {
        public void Line(string text) => console.WriteLine(text);

        public void Advance() => task.Increment(1);
    }
}
