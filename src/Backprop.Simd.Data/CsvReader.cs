using System.Globalization;

namespace Backprop.Simd.Data;

/// <summary>Comma-separated values as in RFC 4180: numbers, one column of labels (whole numbers or text), quoted fields, a header or none.</summary>
/// <remarks>
/// UTF-8, with or without byte order mark, compressed with gzip or not; read in one pass that keeps the numbers and not the text.
/// Every number must be finite: "nan", "inf" and empty fields are refused with their line, because a training would answer them with a loss that is NaN and no place.
/// Blank lines are passed over; a line that begins with # is a row like any other.
/// </remarks>
public static class CsvReader
{
    // Larger numbers are identifiers rather than classes.
    private const int MostNumberedClasses = 1 << 14;
    private const int NoLabel = -1;

    /// <summary>Reads a table of examples with labels.</summary>
    /// <param name="path">A CSV file.</param>
    /// <param name="options">Header, label column, delimiter; null: the defaults.</param>
    /// <remarks>
    /// Labels that are all whole numbers from 0 to 16,383 keep their value (there are as many classes as the largest plus one);
    /// other labels are numbered in ordinal order of their text.
    /// </remarks>
    /// <exception cref="InvalidDataException">A row has another number of fields, an input is no finite number, or it cannot be seen whether the first row is a header; the message says where.</exception>
    /// <exception cref="ArgumentException">The options do not fit the file.</exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public static CsvTable Read(string path, CsvOptions? options = null)
    {
        var inputs = new FloatList();
        Table table = ReadTable(path, options ?? new CsvOptions(), inputs);
        return new CsvTable(new Dataset(inputs.ToArray(), table.InputNames.Length, table.Labels, table.ClassNames.Length), table.InputNames, table.ClassNames);
    }

    /// <summary>Opens a table of examples with labels that is larger than memory: one pass checks it and writes its numbers to a temporary file, from which they are then read.</summary>
    /// <param name="path">A CSV file, compressed with gzip or not.</param>
    /// <param name="options">Header, label column, delimiter; null: the defaults.</param>
    /// <param name="scratchFolder">Where the temporary file is made, of 4 bytes for each input; null: the system's folder for them. It is gone when the result is disposed or the process ends, however it ends.</param>
    /// <remarks>Labels are numbered as by <see cref="Read"/>; 4 bytes of memory for each row.</remarks>
    /// <exception cref="InvalidDataException">As from <see cref="Read"/>.</exception>
    /// <exception cref="ArgumentException">The options do not fit the file.</exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="IOException">The temporary file cannot be written.</exception>
    public static CsvStream Open(string path, CsvOptions? options = null, string? scratchFolder = null)
    {
        using var inputs = new ScratchFile(scratchFolder ?? Path.GetTempPath());
        Table table = ReadTable(path, options ?? new CsvOptions(), inputs);
        int width = table.InputNames.Length;
        var data = new StreamedDataset(new ArrayExamples(inputs.ToRows(path, width), null, scale: 1), width, table.Labels, table.ClassNames.Length);
        return new CsvStream(data, table.InputNames, table.ClassNames);
    }

    /// <summary>Reads a table of which every column is numbers: [rows, columns].</summary>
    /// <param name="path">A CSV file.</param>
    /// <param name="options">Header and delimiter; null: the defaults. The label column is not used.</param>
    /// <exception cref="InvalidDataException">A row has another number of fields, a field is no finite number, or it cannot be seen whether the first row is a header; the message says where.</exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public static DataArray ReadNumbers(string path, CsvOptions? options = null)
    {
        using var rows = new CsvRows(path, options?.Delimiter);
        if (!rows.Next())
            throw new InvalidDataException($"{path}: the file has no rows.");
        bool header = Header(rows, NoLabel, options?.HasHeader) is not null;
        var values = new FloatList();
        ReadInputs(path, rows, header, NoLabel, null, values);
        return new DataArray(path, [(int)(values.Count / rows.Width), rows.Width], values.ToArray(), "text");
    }

    private static Table ReadTable<TSink>(string path, CsvOptions options, TSink inputs)
        where TSink : IFloatSink
    {
        if (options is { LabelName: not null, HasHeader: false })
            throw new ArgumentException("LabelName is the name of a column in the header, and HasHeader is false.", nameof(options));
        using var rows = new CsvRows(path, options.Delimiter);
        if (!rows.Next())
            throw new InvalidDataException($"{path}: the file has no rows.");
        int label = LabelIndex(path, rows, options);
        if (rows.Width < 2)
            throw rows.Error("1 column; a label and at least one input are needed.");
        string[]? header = Header(rows, label, options.LabelName is not null ? true : options.HasHeader);
        var labels = new LabelList(rows, label);
        ReadInputs(path, rows, header is not null, label, labels, inputs);
        (int[] classes, string[] names) = labels.ToClasses(firstMayBeHeader: options.HasHeader is null && header is null);
        return new Table(classes, names, InputNames(rows.Width, label, header));
    }

    private static void ReadInputs<TSink>(string path, CsvRows rows, bool header, int label, LabelList? labels, TSink inputs)
        where TSink : IFloatSink
    {
        if (header && !rows.Next())
            throw new InvalidDataException($"{path}: the file has a header and no rows.");
        do
        {
            for (int column = 0; column < rows.Width; column++)
            {
                if (column == label)
                    labels!.Add();
                else
                    inputs.Add(rows.Number(column));
            }

            if (inputs is FloatList && inputs.Count > Array.MaxLength)
                throw rows.Error($"more than {Array.MaxLength} numbers: Open reads larger files.");
        }
        while (rows.Next());
    }

    private static int LabelIndex(string path, CsvRows rows, CsvOptions options)
    {
        if (options.LabelName is { } name)
        {
            int found = NoLabel;
            for (int column = 0; column < rows.Width; column++)
            {
                if (!rows.Field(column).SequenceEqual(name))
                    continue;
                if (found >= 0)
                    throw rows.Error($"columns {found + 1} and {column + 1} are both called \"{Quote.Cut(name)}\".");
                found = column;
            }

            return found >= 0 ? found : throw rows.Error($"no column is called \"{Quote.Cut(name)}\"; there are {Quote.List(Names(rows))}.");
        }

        int label = options.LabelColumn < 0 ? rows.Width + options.LabelColumn : options.LabelColumn;
        return label >= 0 && label < rows.Width
            ? label
            : throw new ArgumentOutOfRangeException(nameof(options), options.LabelColumn, $"LabelColumn is {options.LabelColumn}; {path} has {rows.Width} columns.");
    }

    /// <summary>The names in the first row, or null where it is an example.</summary>
    private static string[]? Header(CsvRows rows, int label, bool? hasHeader)
    {
        int number = NoLabel, text = NoLabel;
        for (int column = 0; column < rows.Width; column++)
        {
            if (column == label || rows.Field(column).IsWhiteSpace())
                continue;
            if (CsvRows.TryNumber(rows.Field(column), out _))
                number = column;
            else if (text < 0)
                text = column;
        }

        if (hasHeader is null && number >= 0 && text >= 0)
            throw rows.Error(text, $"\"{Quote.Cut(rows.Field(text))}\" is no number, and \"{Quote.Cut(rows.Field(number))}\" in column {number + 1} is one: say whether the first row is a header.");
        if (!(hasHeader ?? text >= 0))
            return null;
        return Names(rows);
    }

    private static string[] Names(CsvRows rows) => [.. Enumerable.Range(0, rows.Width).Select(column => rows.Field(column).ToString())];

    private static string[] InputNames(int width, int label, string[]? header) =>
        [.. Enumerable.Range(0, width).Where(column => column != label).Select(column => header?[column] ?? $"column {column + 1}")];

    private sealed record Table(int[] Labels, string[] ClassNames, string[] InputNames);

    /// <summary>The label column: each different text once.</summary>
    private sealed class LabelList
    {
        private readonly CsvRows _rows;
        private readonly int _column;
        private readonly List<int> _ids = [];
        private readonly List<string> _texts = [];
        private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _known;
        private long _firstLine;

        public LabelList(CsvRows rows, int column)
        {
            _rows = rows;
            _column = column;
            _known = new Dictionary<string, int>(StringComparer.Ordinal).GetAlternateLookup<ReadOnlySpan<char>>();
        }

        /// <summary>Takes the label of the current row.</summary>
        public void Add()
        {
            ReadOnlySpan<char> text = _rows.Field(_column).Trim();
            if (text.IsEmpty)
                throw _rows.Error(_column, "the label is empty.");
            if (!_known.TryGetValue(text, out int id))
            {
                id = _texts.Count;
                if (id == 0)
                    _firstLine = _rows.Line;
                _texts.Add(text.ToString());
                _known[text] = id;
            }

            _ids.Add(id);
        }

        /// <summary>The class of each row and the name of each class.</summary>
        public (int[] Classes, string[] Names) ToClasses(bool firstMayBeHeader)
        {
            int[] numbers = [.. _texts.Select(Number)];
            if (firstMayBeHeader && numbers.Length > 1 && numbers[0] < 0 && !numbers.AsSpan(1).ContainsAnyExceptInRange(0, int.MaxValue))
                throw new InvalidDataException($"{_rows.Path}, line {_firstLine}, column {_column + 1}: the label \"{Quote.Cut(_texts[0])}\" is no whole number, and all others are: say whether the first row is a header.");
            string[] names;
            if (!numbers.Contains(-1))
            {
                names = [.. Enumerable.Range(0, numbers.Max() + 1).Select(c => c.ToString(CultureInfo.InvariantCulture))];
            }
            else
            {
                names = [.. _texts.Order(StringComparer.Ordinal)];
                numbers = [.. _texts.Select(text => Array.BinarySearch(names, text, StringComparer.Ordinal))];
            }

            return ([.. _ids.Select(id => numbers[id])], names);
        }

        /// <summary>A class number, or -1.</summary>
        private static int Number(string text) =>
            double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value)
            && value is >= 0 and < MostNumberedClasses && value == Math.Floor(value) ? (int)value : -1;
    }
}
