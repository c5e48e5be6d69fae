using Backprop.Simd.Cli.Reports;
using Backprop.Simd.Data;

namespace Backprop.Simd.Cli.Inspection;

/// <summary>The columns of a CSV file, numbers or text.</summary>
internal static class CsvInspection
{
    public static void Write(string path, Screen screen)
    {
        using var rows = new CsvRows(path, delimiter: null);
        if (!rows.Next())
            throw new InvalidDataException($"{path}: the file has no rows.");
        string[] first = [.. Enumerable.Range(0, rows.Width).Select(i => rows.Field(i).ToString())];
        bool hasHeader = !first.Any(field => CsvRows.TryNumber(field, out _));
        Column[] columns = [.. first.Select((field, i) => new Column(hasHeader ? field : FormattableString.Invariant($"column {i + 1}")))];
        long count = 0;
        for (bool more = !hasHeader || rows.Next(); more; more = rows.Next())
        {
            count++;
            for (int i = 0; i < columns.Length; i++)
                columns[i].Add(rows.Field(i));
        }

        FileHeading.Write(screen, path, FormattableString.Invariant($"CSV, {count:N0} rows of {columns.Length}, {(hasHeader ? "with" : "without")} a header"));
        screen.Table(["column", "numbers", "texts", "empty", .. NumberSummary.Headers], [.. columns.Select(column => column.Row())]);
        foreach (Column column in columns)
            column.WriteTexts(screen);
    }

    private sealed class Column(string name)
    {
        private const int MostTexts = 20;

        private readonly NumberSummary _numbers = new();
        private readonly SortedDictionary<string, long> _texts = new(StringComparer.Ordinal);
        private long _textCount;
        private long _empty;

        public void Add(ReadOnlySpan<char> field)
        {
            if (field.IsWhiteSpace())
            {
                _empty++;
            }
            else if (CsvRows.TryNumber(field, out float value))
            {
                _numbers.Add(value);
            }
            else
            {
                _textCount++;
                if (_texts.Count > MostTexts)
                    return;
                string text = FileHeading.OneLine(field.Trim().ToString());
                _texts[text] = _texts.GetValueOrDefault(text) + 1;
            }
        }

        public IReadOnlyList<Cell> Row() => [FileHeading.OneLine(name), Count(_numbers.Finite + _numbers.NotFinite), Count(_textCount), Count(_empty), .. _numbers.Cells()];

        /// <summary>Few different texts are classes.</summary>
        public void WriteTexts(Screen screen)
        {
            if (_texts.Count is 0 or > MostTexts)
                return;
            screen.Line();
            screen.Table([FileHeading.OneLine(name), "times"], [.. _texts.Select(pair => (IReadOnlyList<Cell>)[pair.Key, Count(pair.Value)])]);
        }

        private static Cell Count(long count) => new(FormattableString.Invariant($"{count:N0}"), count == 0 ? Tone.Faint : Tone.Normal);
    }
}
