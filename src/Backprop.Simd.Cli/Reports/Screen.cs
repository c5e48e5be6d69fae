using Spectre.Console;

namespace Backprop.Simd.Cli.Reports;

/// <summary>Where the commands write to: a terminal, or plain lines for files, pipes and tests.</summary>
internal abstract class Screen
{
    /// <summary>A terminal gets colours and a progress bar, unless the user, NO_COLOR or TERM=dumb says otherwise.</summary>
    public static Screen Create(bool plain)
    {
        bool dumb = Environment.GetEnvironmentVariable("TERM") == "dumb";
        bool noColor = !string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"));
        return plain || dumb || noColor || Console.IsOutputRedirected ? new PlainScreen(Console.Out) : new TerminalScreen(AnsiConsole.Console);
    }

    public abstract void Heading(string text);

    public abstract void Line(string text = "");

    /// <summary>The first column is left-aligned, the others right-aligned.</summary>
    public abstract void Table(IReadOnlyList<string> headers, IReadOnlyList<IReadOnlyList<Cell>> rows);

    /// <summary>Runs <paramref name="work"/>, which reports how much of <paramref name="total"/> is done, and may add lines.</summary>
    public abstract T Run<T>(string title, int total, Func<IWorkReport, T> work);
}

/// <summary>What work in progress may say.</summary>
internal interface IWorkReport
{
    void Line(string text);

    /// <summary>One more part of the total is done.</summary>
    void Advance();
}
