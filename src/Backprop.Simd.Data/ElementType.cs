using System.Runtime.InteropServices;

namespace Backprop.Simd.Data;

/// <summary>How one number lies in a file.</summary>
internal enum ElementForm
{
    Unsigned,
    Signed,
    Float,
}

/// <summary>Form, bytes and byte order of a file's numbers.</summary>
internal readonly record struct ElementType(ElementForm Form, int Size, bool BigEndian)
{
    /// <summary>As NumPy calls it: uint8, float32 big-endian.</summary>
    public override string ToString() =>
        $"{(Form switch { ElementForm.Unsigned => "uint", ElementForm.Signed => "int", _ => "float" })}{8 * Size}{(BigEndian && Size > 1 ? " big-endian" : string.Empty)}";

    /// <summary>Converts values.Length numbers, rounded to float where they are wider.</summary>
    public void Read(ReadOnlySpan<byte> from, Span<float> values)
    {
        if (Form == ElementForm.Float && Size == sizeof(float) && BigEndian != BitConverter.IsLittleEndian)
        {
            MemoryMarshal.Cast<byte, float>(from)[..values.Length].CopyTo(values);
            return;
        }

        if (Form == ElementForm.Unsigned && Size == 1)
        {
            for (int i = 0; i < values.Length; i++)
                values[i] = from[i];
            return;
        }

        for (int i = 0; i < values.Length; i++)
            values[i] = ReadOne(from.Slice(i * Size, Size));
    }

    private float ReadOne(ReadOnlySpan<byte> at)
    {
        ulong bits = 0;
        for (int i = 0; i < Size; i++)
            bits = (bits << 8) | at[BigEndian ? i : Size - 1 - i];
        int unused = 64 - (8 * Size);
        return Form switch
        {
            ElementForm.Unsigned => bits,
            ElementForm.Signed => (long)(bits << unused) >> unused,
            _ when Size == 4 => BitConverter.UInt32BitsToSingle((uint)bits),
            _ when Size == 2 => (float)BitConverter.UInt16BitsToHalf((ushort)bits),
            _ => (float)BitConverter.UInt64BitsToDouble(bits),
        };
    }
}
