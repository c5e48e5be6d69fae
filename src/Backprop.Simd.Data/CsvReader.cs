using System.Globalization;
using Sylvan.Data.Csv;

namespace Backprop.Simd.Data;

/// <summary>Comma-separated values: numbers, one column of labels (whole numbers or text), quoted fields, a header or none.</summary>
public static class CsvReader
{
    private const int LargestClassNumber = 1 << 20;

    /// <summary>Reads a table of examples.</summary>
    /// <param name="path">A CSV file in UTF-8, compressed with gzip or not.</param>
    /// <param name="options">Header, label column, delimiter; null: the defaults.</param>
    /// <remarks>Labels that are all whole numbers from 0 on keep their value (there are as many classes as the largest plus one); other labels are numbered in ordinal order of their text.</remarks>
    /// <exception cref="InvalidDataException">A row has another number of fields, or an input is no number; the message says row and column.</exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public static CsvTable Read(string path, CsvOptions? options = null)
    {
        options ??= new CsvOptions();
        List<string[]> rows = ReadRows(path, options);
        if (rows.Count == 0)
            throw new InvalidDataException($"{path}: the file has no rows.");
        int width = rows[0].Length;
        for (int row = 1; row < rows.Count; row++)
        {
            if (rows[row].Length != width)
                throw new InvalidDataException($"{path}, row {row + 1}: {rows[row].Length} fields; the first row has {width}.");
        }

        int label = LabelIndex(path, rows[0], options);
        bool header = options.HasHeader ?? (options.LabelName is not null || HasText(rows[0], label));
        int first = header ? 1 : 0, count = rows.Count - first;
        if (count == 0)
            throw new InvalidDataException($"{path}: the file has a header and no rows.");
        if (width < 2)
            throw new InvalidDataException($"{path}: {width} column; a label and at least one input are needed.");
        float[] inputs = new float[checked(count * (width - 1))];
        string[] labels = new string[count];
        int at = 0;
        for (int row = 0; row < count; row++)
        {
            for (int column = 0; column < width; column++)
            {
                string field = rows[first + row][column];
                if (column == label)
                    labels[row] = field.Trim();
                else if (!float.TryParse(field, NumberStyles.Float, CultureInfo.InvariantCulture, out inputs[at++]))
                    throw new InvalidDataException($"{path}, row {first + row + 1}, column {column + 1}: \"{Shorten(field)}\" is no number.");
            }
        }

        (int[] classes, string[] names) = Classes(labels);
        string[] inputNames = [.. Enumerable.Range(0, width).Where(column => column != label).Select(column => header ? rows[0][column] : $"column {column}")];
        return new CsvTable(new Dataset(inputs, width - 1, classes, names.Length), inputNames, names);
    }

    private static List<string[]> ReadRows(string path, CsvOptions options)
    {
        using var file = File.OpenRead(path);
        bool compressed = file.ReadByte() == 0x1F && file.ReadByte() == 0x8B;
        file.Position = 0;
        using Stream content = compressed ? new System.IO.Compression.GZipStream(file, System.IO.Compression.CompressionMode.Decompress) : file;
        using var text = new StreamReader(content);
        var settings = new CsvDataReaderOptions
        {
            HasHeaders = false,
            Delimiter = options.Delimiter,
            ResultSetMode = ResultSetMode.SingleResult,
        };
        var rows = new List<string[]>();
        try
        {
            using CsvDataReader reader = CsvDataReader.Create(text, settings);
            while (reader.Read())
            {
                string[] fields = new string[reader.RowFieldCount];
                for (int i = 0; i < fields.Length; i++)
                    fields[i] = reader.GetString(i);
                if (fields.Length > 1 || fields is [{ Length: > 0 }])
                    rows.Add(fields);
            }
        }
        catch (Exception e) when (e is CsvFormatException or InvalidDataException or FormatException)
        {
            throw new InvalidDataException($"{path}, row {rows.Count + 1}: {e.Message}", e);
        }

        return rows;
    }

    private static int LabelIndex(string path, string[] firstRow, CsvOptions options)
    {
        if (options.LabelName is { } name)
        {
            int found = Array.IndexOf(firstRow, name);
            return found >= 0 ? found : throw new InvalidDataException($"{path}: no column is called \"{name}\"; there are {string.Join(", ", firstRow.Select(Shorten))}.");
        }

        int label = options.LabelColumn < 0 ? firstRow.Length + options.LabelColumn : options.LabelColumn;
        if (label < 0 || label >= firstRow.Length)
            throw new ArgumentOutOfRangeException(nameof(options), options.LabelColumn, $"LabelColumn is {options.LabelColumn}; the file has {firstRow.Length} columns.");
        return label;
    }

    private static bool HasText(string[] row, int label)
    {
        for (int column = 0; column < row.Length; column++)
        {
            if (column != label && !float.TryParse(row[column], NumberStyles.Float, CultureInfo.InvariantCulture, out _))
                return true;
        }

        return false;
    }

    private static (int[] Labels, string[] Names) Classes(string[] labels)
    {
        int[] numbers = new int[labels.Length];
        bool whole = true;
        for (int i = 0; i < labels.Length && whole; i++)
        {
            whole = float.TryParse(labels[i], NumberStyles.Float, CultureInfo.InvariantCulture, out float value)
                && value >= 0 && value < LargestClassNumber && value == MathF.Floor(value);
            numbers[i] = whole ? (int)value : 0;
        }

        if (whole)
            return (numbers, [.. Enumerable.Range(0, numbers.Max() + 1).Select(c => c.ToString(CultureInfo.InvariantCulture))]);
        string[] names = [.. labels.Distinct().Order(StringComparer.Ordinal)];
        for (int i = 0; i < labels.Length; i++)
            numbers[i] = Array.BinarySearch(names, labels[i], StringComparer.Ordinal);
        return (numbers, names);
    }

    private static string Shorten(string text) => text.Length <= 40 ? text : text[..40] + "...";
}
