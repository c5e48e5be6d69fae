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
    public float Read(ReadOnlySpan<byte> at)
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
