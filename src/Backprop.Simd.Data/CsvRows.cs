using System.Globalization;
using System.Text;
using Sylvan.Data.Csv;

namespace Backprop.Simd.Data;

/// <summary>The rows of a CSV file, one at a time; blank lines are passed over, rows of different length refused.</summary>
internal sealed class CsvRows : IDisposable
{
    // A longer row is likelier a quote that is never closed.
    private const int LongestRow = 1 << 24;

    // Marks comments for the parser, which by default drops lines that begin with '#': no text holds this character.
    private const char NoComment = '\uFFFF';

    private readonly CsvDataReader _reader;
    private readonly Func<bool> _read;
    private long _nextLine = 1;

    public CsvRows(string path, char? delimiter)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (delimiter is '"' or '\r' or '\n')
            throw new ArgumentException("The delimiter cannot be a quote or the end of a line.", nameof(delimiter));
        Path = path;
        FileStream file = StrictFile.Open(path);
        try
        {
            _reader = Guard(() => Parse(file, delimiter));
            _read = _reader.Read;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    public string Path { get; }

    /// <summary>Fields of every row; 0 before the first.</summary>
    public int Width { get; private set; }

    /// <summary>Where the current row begins, from 1.</summary>
    public long Line { get; private set; } = 1;

    public void Dispose() => _reader.Dispose();

    /// <summary>Goes to the next row that is not blank.</summary>
    public bool Next()
    {
        while (true)
        {
            Line = _nextLine;
            if (!Guard(_read))
                return false;
            int width = _reader.RowFieldCount;
            for (int i = 0; i < width; i++)
                _nextLine += _reader.GetFieldSpan(i).Count('\n');
            _nextLine++;
            if (width == 1 && _reader.GetFieldSpan(0).IsEmpty)
                continue;
            if (Width == 0)
                Width = width;
            if (width != Width)
                throw Error($"{width} fields; the first row has {Width}.");
            return true;
        }
    }

    public ReadOnlySpan<char> Field(int column) => _reader.GetFieldSpan(column);

    /// <summary>The field as a finite number.</summary>
    public float Number(int column)
    {
        ReadOnlySpan<char> field = Field(column);
        if (!TryNumber(field, out float value))
            throw Error(column, field.IsWhiteSpace() ? "the field is empty; a number is needed." : $"\"{Quote.Cut(field)}\" is no number.");
        return float.IsFinite(value) ? value : throw Error(column, $"\"{Quote.Cut(field)}\" is not finite as a float.");
    }

    /// <summary>Whether the text is a number, be it infinite or none ("nan").</summary>
    public static bool TryNumber(ReadOnlySpan<char> text, out float value)
    {
        if (float.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value))
            return true;

        // As C and NumPy write it.
        value = float.PositiveInfinity;
        return text.Trim().TrimStart("+-").Equals("inf", StringComparison.OrdinalIgnoreCase);
    }

    public InvalidDataException Error(string what) => new($"{Path}, line {Line}: {what}");

    public InvalidDataException Error(int column, string what) => new($"{Path}, line {Line}, column {column + 1}: {what}");

    private static CsvDataReader Parse(FileStream file, char? delimiter)
    {
        Stream content = GzipContent.IsGzip(file) ? new GzipContent(file) : file;

        // UTF-8 with or without its mark; anything else is refused instead of being replaced by question marks.
        var text = new StreamReader(content, new UTF8Encoding(encoderShouldEmitUTF8Identifier: true, throwOnInvalidBytes: true), detectEncodingFromByteOrderMarks: false);
        return CsvDataReader.Create(text, new CsvDataReaderOptions
        {
            HasHeaders = false,
            Delimiter = delimiter,
            Comment = NoComment,
            ResultSetMode = ResultSetMode.SingleResult,
            MaxBufferSize = LongestRow,
        });
    }

    private T Guard<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (CsvRecordTooLargeException e)
        {
            throw new InvalidDataException($"{Path}, line {Line}: a row of more than {LongestRow} characters; is a quote not closed?", e);
        }
        catch (Exception e) when (e is CsvFormatException or InvalidDataException)
        {
            throw new InvalidDataException($"{Path}, line {Line}: {e.Message}", e);
        }
        catch (DecoderFallbackException e)
        {
            throw new InvalidDataException($"{Path}, line {Line} or after it: the text is not UTF-8.", e);
        }
    }
}
