using System.Globalization;

namespace Backprop.Simd.Data;

/// <summary>A Python dictionary with the keys descr, fortran_order and shape.</summary>
internal sealed record NpyHeader(ElementType Type, bool FortranOrder, int[] Shape)
{
    /// <summary>Parses the text; it is never evaluated.</summary>
    public static NpyHeader Parse(StrictFile file, string text) => new Parser(file, text).Parse();

    private ref struct Parser(StrictFile file, ReadOnlySpan<char> text)
    {
        private const int MostDimensions = 32;

        private readonly ReadOnlySpan<char> _text = text;
        private int _at;

        public NpyHeader Parse()
        {
            ElementType? type = null;
            bool? fortran = null;
            int[]? shape = null;
            Expect('{');
            while (!Accept('}'))
            {
                string key = String();
                Expect(':');
                switch (key)
                {
                    case "descr" when type is null: type = ElementType(); break;
                    case "fortran_order" when fortran is null: fortran = Truth(); break;
                    case "shape" when shape is null: shape = Tuple(); break;
                    case "descr" or "fortran_order" or "shape": throw Bad($"the key '{key}' stands there twice");
                    default: throw Bad($"the key '{Quote.Cut(key)}' is not known");
                }

                if (!Accept(','))
                {
                    Expect('}');
                    break;
                }
            }

            if (!_text[_at..].IsWhiteSpace())
                throw Bad("there is text after the dictionary");
            return new NpyHeader(type ?? throw Bad("the key 'descr' is missing"), fortran ?? throw Bad("the key 'fortran_order' is missing"), shape ?? throw Bad("the key 'shape' is missing"));
        }

        private ElementType ElementType()
        {
            Skip();
            if (_at < _text.Length && _text[_at] == '[')
                throw Bad("a structured type; arrays of real numbers are read");
            string descr = String();
            ElementForm? form = descr is not [('<' or '>' or '|' or '='), _, _] ? null : descr[1..] switch
            {
                "f2" or "f4" or "f8" => ElementForm.Float,
                "i1" or "i2" or "i4" or "i8" => ElementForm.Signed,
                "b1" or "u1" or "u2" or "u4" or "u8" => ElementForm.Unsigned,
                _ => null,
            };
            return form is { } known
                ? new(known, descr[2] - '0', descr[0] == '>')
                : throw Bad($"the type '{Quote.Cut(descr)}'; b1, i1 to i8, u1 to u8, f2, f4 and f8 are read");
        }

        private readonly InvalidDataException Bad(string what) => file.Error($"in the .npy header, at character {_at}: {what}.");

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
                throw Bad($"{c} is missing");
        }

        private string String()
        {
            char quote = Accept('"') ? '"' : '\'';
            if (quote == '\'' && !Accept(quote))
                throw Bad("a string is missing");
            int length = _text[_at..].IndexOf(quote);
            if (length < 0)
                throw Bad("a string does not end");
            string text = _text.Slice(_at, length).ToString();
            _at += length + 1;
            return text;
        }

        private bool Truth()
        {
            Skip();
            ReadOnlySpan<char> rest = _text[_at..];
            bool value = rest.StartsWith("True");
            if (!value && !rest.StartsWith("False"))
                throw Bad("True or False is missing");
            _at += (value ? "True" : "False").Length;
            return value;
        }

        private int[] Tuple()
        {
            Expect('(');
            var sizes = new List<int>();
            bool comma = false;
            while (!Accept(')'))
            {
                Skip();
                int start = _at;
                while (_at < _text.Length && char.IsAsciiDigit(_text[_at]))
                    _at++;
                if (!int.TryParse(_text[start.._at], NumberStyles.None, CultureInfo.InvariantCulture, out int size))
                    throw Bad($"a size must be a whole number from 0 to {int.MaxValue}");

                // NumPy under Python 2 wrote (3L, 4L).
                Accept('L');
                sizes.Add(size);
                if (sizes.Count > MostDimensions)
                    throw Bad($"more than {MostDimensions} dimensions");
                comma = Accept(',');
                if (!comma)
                {
                    Expect(')');
                    break;
                }
            }

            if (sizes.Count == 1 && !comma)
                throw Bad("a tuple of one size needs a comma, as in (3,)");
            return [.. sizes];
        }
    }
}
