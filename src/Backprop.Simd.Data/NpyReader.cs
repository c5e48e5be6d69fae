using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Backprop.Simd.Data;

/// <summary>NumPy's .npy, versions 1 to 3: real numbers of any byte order, C or Fortran order.</summary>
public static class NpyReader
{
    private const int LongestHeader = 1 << 16;

    /// <summary>Reads an array into floats, row-major whatever the file's order.</summary>
    /// <param name="path">An .npy file.</param>
    /// <exception cref="InvalidDataException">The file is no .npy file, holds no real numbers, ends too early or goes on too long.</exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public static DataArray Read(string path)
    {
        using var file = new StrictFile(path);
        Span<byte> start = stackalloc byte[8];
        file.Read(start, "the magic string");
        if (start[0] != 0x93 || !start[1..6].SequenceEqual("NUMPY"u8))
            throw file.Error("no .npy file: it does not start with \\x93NUMPY.");
        if (start[6] is < 1 or > 3)
            throw file.Error($".npy version {start[6]}.{start[7]}; 1 to 3 are read.");
        Span<byte> length = stackalloc byte[4];
        length.Clear();
        file.Read(length[..(start[6] == 1 ? 2 : 4)], "the header's length");
        uint headerLength = BinaryPrimitives.ReadUInt32LittleEndian(length);
        if (headerLength > LongestHeader)
            throw file.Error($"a header of {headerLength} bytes; at most {LongestHeader} are read.");
        byte[] header = new byte[headerLength];
        file.Read(header, "the header");
        var dictionary = new NpyHeader(file, Encoding.UTF8.GetString(header));
        long count = Shape.Count(file, dictionary.Shape);
        float[] values = file.ReadToEnd(count, dictionary.Type);
        return new DataArray(path, dictionary.Shape, dictionary.FortranOrder ? RowMajor(values, dictionary.Shape) : values);
    }

    private static float[] RowMajor(float[] columnMajor, int[] shape)
    {
        float[] values = new float[columnMajor.Length];
        int[] index = new int[shape.Length];
        for (int i = 0; i < values.Length; i++)
        {
            long from = 0;
            for (int d = shape.Length - 1; d >= 0; d--)
                from = (from * shape[d]) + index[d];
            values[i] = columnMajor[from];
            for (int d = shape.Length - 1; d >= 0 && ++index[d] == shape[d]; d--)
                index[d] = 0;
        }

        return values;
    }
}

/// <summary>The header: a Python dictionary with the keys descr, fortran_order and shape, parsed and never evaluated.</summary>
internal sealed class NpyHeader
{
    private readonly StrictFile _file;
    private readonly string _text;
    private int _at;

    public NpyHeader(StrictFile file, string text)
    {
        _file = file;
        _text = text;
        string? descr = null;
        bool? fortran = null;
        int[]? shape = null;
        Expect('{');
        while (!Accept('}'))
        {
            string key = Quoted();
            Expect(':');
            switch (key)
            {
                case "descr" when descr is null: descr = Quoted(); break;
                case "fortran_order" when fortran is null: fortran = Truth(); break;
                case "shape" when shape is null: shape = Tuple(); break;
                default: throw Bad($"the key '{key}' is unknown or stands there twice");
            }

            if (!Accept(','))
            {
                Expect('}');
                break;
            }
        }

        if (_text[_at..].Trim().Length > 0)
            throw Bad("there is text after the dictionary");
        Type = ParseType(descr ?? throw Bad("the key 'descr' is missing"));
        FortranOrder = fortran ?? throw Bad("the key 'fortran_order' is missing");
        Shape = shape ?? throw Bad("the key 'shape' is missing");
    }

    public ElementType Type { get; }

    public bool FortranOrder { get; }

    public int[] Shape { get; }

    private ElementType ParseType(string descr)
    {
        bool known = descr.Length == 3 && descr[0] is '<' or '>' or '|' or '=';
        return known
            ? (descr[1], descr[2]) switch
            {
                ('f', '2' or '4' or '8') => new(ElementForm.Float, descr[2] - '0', descr[0] == '>'),
                ('i', '1' or '2' or '4' or '8') => new(ElementForm.Signed, descr[2] - '0', descr[0] == '>'),
                ('u', '1' or '2' or '4' or '8') => new(ElementForm.Unsigned, descr[2] - '0', descr[0] == '>'),
                ('b', '1') => new(ElementForm.Unsigned, 1, false),
                _ => throw Bad($"the type '{descr}' is no real number"),
            }
            : throw Bad($"the type '{descr}' is no real number");
    }

    private InvalidDataException Bad(string what) => _file.Error($"in the .npy header, at character {_at}: {what}.");

    private void Skip()
    {
        while (_at < _text.Length && char.IsWhiteSpace(_text[_at]))
            _at++;
    }

    private bool Accept(char c)
    {
        Skip();
        if (_at == _text.Length || _text[_at] != c)
            return false;
        _at++;
        return true;
    }

    private void Expect(char c)
    {
        if (!Accept(c))
            throw Bad($"'{c}' is missing");
    }

    private string Quoted()
    {
        char quote = Accept('"') ? '"' : '\'';
        if (quote == '\'')
            Expect('\'');
        int end = _text.IndexOf(quote, _at);
        if (end < 0)
            throw Bad("a string does not end");
        string text = _text[_at..end];
        _at = end + 1;
        return text;
    }

    private bool Truth()
    {
        Skip();
        foreach ((string word, bool value) in (ReadOnlySpan<(string, bool)>)[("True", true), ("False", false)])
        {
            if (string.CompareOrdinal(_text, _at, word, 0, word.Length) == 0)
            {
                _at += word.Length;
                return value;
            }
        }

        throw Bad("True or False is missing");
    }

    private int[] Tuple()
    {
        const int MostDimensions = 32;
        Expect('(');
        var sizes = new List<int>();
        while (!Accept(')'))
        {
            Skip();
            int start = _at;
            while (_at < _text.Length && char.IsAsciiDigit(_text[_at]))
                _at++;
            if (!int.TryParse(_text.AsSpan(start, _at - start), NumberStyles.None, CultureInfo.InvariantCulture, out int size))
                throw Bad("a size is no whole number that can be addressed");
            sizes.Add(size);
            if (sizes.Count > MostDimensions)
                throw Bad($"more than {MostDimensions} dimensions");
            if (!Accept(','))
            {
                Expect(')');
                break;
            }
        }

        return [.. sizes];
    }
}
