using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Backprop.Simd.Internal.Simd;

/// <summary>Lookups in tables of sixteen floats byte by byte, for two vectors at once.</summary>
/// <remarks>
/// A permutation across a vector of 256 bits takes two cycles on Zen 3, and sixteen floats take two of them for each vector: 32 of some 36 cycles of tanh. So the first bytes of the sixteen floats make one plane,
/// the second bytes another, ...; each takes one shuffle for both vectors, whose integers stand in the even or the odd bytes of one register:
/// <code>
///   integers:  a0 .. b0 .. a1 .. b1 ..   (within a half: four of a, then four of b)
///   planes 0 and 1, then 2 and 3, each pair joined to words:  low and high halves of floats, which unpacking joins
/// </code>
/// (Zen 3, 65,536 values in pairs of vectors: tanh 97 to 63 us, sigmoid 57 to 43, GELU 105 to 80. Not measured on other CPUs.)
/// Few inlined calls: GELU looks up seven rows, and what RyuJIT inlines into a method has a limit.
/// </remarks>
internal static class BytePlanes
{
    private const int TanhLength = 128, NormalTailLength = 112;

    public static bool IsSupported
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Avx2.IsSupported && !Tiers.HasThirtyTwoRegisters;
    }

    /// <summary>Where in <see cref="Planes"/> those of a table of <see cref="Elementary"/> begin. Tables are told apart by their lengths, a constant to the JIT, that are compared without a call.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Start(ReadOnlySpan<float> table)
    {
        Debug.Assert(table == Elementary.TanhTable || table == Elementary.NormalTailTable || table == Elementary.PowerTable, "No table with planes.");
        return table.Length == TanhLength ? 0 : table.Length == NormalTailLength ? TanhLength / 2 : (TanhLength + NormalTailLength) / 2;
    }

    /// <summary>The low four bits of the integers of both vectors in the even bytes, and in the odd ones. Where the highest bit of a byte is set, a shuffle gives 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pair<F32x8> Index(Pair<F32x8> integers)
    {
        Vector256<int> lowBits = Vector256.Create(15);
        Vector256<short> words = Avx2.PackSignedSaturate(F32x8.Unwrap(integers.Low).AsInt32() & lowBits, F32x8.Unwrap(integers.High).AsInt32() & lowBits);
        return new(new((words | Vector256.Create(unchecked((short)0x8000))).AsSingle()), new(((words << 8) | Vector256.Create((short)0x0080)).AsSingle()));
    }

    /// <summary>As <see cref="IVectorBits{V}.Lookup"/>, for two vectors.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pair<F32x8> Lookup(ReadOnlySpan<float> table, int row, Pair<F32x8> index)
    {
        ref ulong planes = ref MemoryMarshal.GetReference(Planes);
        nuint start = (nuint)(Start(table) + (8 * row));
        Vector256<byte> even = F32x8.Unwrap(index.Low).AsByte(), odd = F32x8.Unwrap(index.High).AsByte();
        Vector256<byte> low = Avx2.Shuffle(Plane(ref planes, start), even) | Avx2.Shuffle(Plane(ref planes, start + 2), odd);
        Vector256<byte> high = Avx2.Shuffle(Plane(ref planes, start + 4), even) | Avx2.Shuffle(Plane(ref planes, start + 6), odd);
        return new(new(Avx2.UnpackLow(low.AsInt16(), high.AsInt16()).AsSingle()), new(Avx2.UnpackHigh(low.AsInt16(), high.AsInt16()).AsSingle()));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<byte> Plane(ref ulong planes, nuint start)
    {
        Vector128<byte> plane = Vector128.LoadUnsafe(ref planes, start).AsByte();
        return Vector256.Create(plane, plane);
    }

    /// <summary>Of each row of the tables of tanh, of the normal tail and of powers the first bytes of its sixteen floats, the second, third and fourth ones, sixteen bytes each.</summary>
    public static ReadOnlySpan<ulong> Planes =>
    [
        0x8D6E3E09D752A500, 0x00FEFAECBF2836C9, 0xE19BB4BE310C0E00, 0x00FFFFFFFFFFFDF6,
        0x7F7F7E7B72550900, 0x807F7F7F7F7F7F7F, 0x3F3F3F3F3F3F3F00, 0x3F3F3F3F3F3F3F3F,
        0xE19D84DCDDFF5300, 0xAF16CADA4A8F54BB, 0x8AFC751CED649F00, 0x5AE89647C30E7D71,
        0x73482507D69D3600, 0x8C673F1E02D8B293, 0x3A3B3C3D3D3E3F00, 0x3334353637373839,
        0x122527D56ED37200, 0xAC0C5900F8C438BB, 0xABB39FDE56FC8B00, 0xD0C72F92EFA92F30,
        0x73482404CB82C300, 0x48532DA224DAB294, 0xBABBBCBDBDBEBE00, 0xB635B5B5B7B7B8B9,
        0x90E66B4200D28055, 0x4DDCB17BD8327A28, 0x225F453C762D79AA, 0x239A730A5808F482,
        0x2205D9AB71E208AA, 0x3B1AFFD3AE906D44, 0x3A3B3B3C3D3DBDBE, 0x3334343536373839,
        0x3B860051ABF28700, 0x6A17F8B04E355F11, 0x2096D232E4B4A400, 0x685EFB1B6B5D4668,
        0x9783541FB9D71400, 0x89BDEDDE34D9047F, 0xB9BABBBCBCBB3E00, 0x38B7B5B738B5B8B8,
        0x366B0DEA013950BB, 0x0DB4F0C02A772A03, 0x047F2F7E72795759, 0xCF4156C096765006,
        0x01D1A35B87C84F08, 0x15F7CCA88B663E1D, 0x39393A3B3BBCBD3E, 0x3232333435363738,
        0x13FA144FD0E4A600, 0x3609E6B602FD33C9, 0x06983A7946F3E100, 0xDAF33F3D2FBD74E7,
        0x343AC971D685F500, 0xDB16242C993F8A68, 0xB9B9B9BA3A3CBC00, 0xB9393739B9B837B9,
        0xBEA0209979006682, 0xBD12F305C77E5B34, 0x0EFBB05AA9E5A386, 0x2648C1685A5792D0,
        0x3E12C08EDA77EA4E, 0x5B431D05CAAE8F66, 0x37383836BABB3CBD, 0x3031323333343536,
        0xAD1423624C857800, 0x4D909956F3647CB8, 0x4F531745237C1C00, 0x68763453AA5F19FA,
        0xFCAA885BEFEAB000, 0xEAF36C52A3506DF8, 0x3E3D3E3D3EBE3E00, 0x3E3E3D3EBD3E3D3E,
        0xBF31FF957EF8CC62, 0xDBE6FB96BE73CE6E, 0xC1287014911FD157, 0xE265EA72FA184077,
        0x240EEFC3975B0C93, 0xADA2968B7F69523B, 0xC1C1C0C0C0C0C0BF, 0xC1C1C1C1C1C1C1C1,
        0xEC3D88D4A9DE11ED, 0x8A22F9E0ADB4E105, 0x4A3CA00BA28FE61E, 0xDDC09B6E35EB8905,
        0x353432302B2313EB, 0x3737373737363636, 0xBFBFBFBFBFBFBFBE, 0xBFBFBFBFBFBFBFBF,
        0x9ECBBB5FF468BFD9, 0x6E1919D16056C032, 0x6113A9B2E6D857DF, 0xDFDAADC861178A08,
        0x94DB2A8CF769E656, 0x06254E88ABE1154F, 0xBABABBBBBBBCBCBD, 0xB9B9B9B9B9B9BABA,
        0xB71AC3A9C6DB7C9B, 0x1395A8C829EF1E18, 0xC688E3B4474E2198, 0x30D2BD58CEB02128,
        0xDD37A016961C9CE7, 0xEE173E7EAFF9388A, 0x3839393A3A3B3B3B, 0x3637373737373838,
        0x78A95369D379EB0F, 0xE5150434806E989B, 0xD96DEB370BB508CE, 0x6A7C975383599CFF,
        0x5DA90B9D31B61799, 0xA2ABB42DE73B8635, 0x36B7B8B8B9B9BAB9, 0xB7B7B737B6B6B7B7,
        0x97A1A9B0B5BABCBE, 0x172C40526372808C, 0x0000000000000000, 0x0000000000000000,
        0x4040404040404040, 0x4040404040404040, 0x4B4B4B4B4B4B4B4B, 0x4B4B4B4B4B4B4B4B,
        0xA42A8CFDDFC77D00, 0xC3C2D3F032D73FF3, 0x08672444CCC02500, 0xAA95C337F5FE5804,
        0x3D454E57606A7580, 0x050B11181E252D35, 0x5353535353535353, 0x5353535353535353,
        0xE837248A59DE3600, 0x91A12471425EF67A, 0x4FA8FCA5AB162400, 0x98AB561B239DEAE7,
        0xC18AA8549EC1A900, 0xCFE0E7A3C1ACAD4F, 0xC64545C6C5C54500, 0x46C5464646C6C546,
        0x34716254BD37869A, 0x8EAB6D81C9B04B80, 0xDD74568607DE0D99, 0x86D894BE5BB8828D,
        0x949BA2A9B1B8C1C9, 0x525B656F7A82888E, 0x5353535353535353, 0x5353535353535353,
        0x96D97238A3487B00, 0x2C089753727457CB, 0x319ED55F32364400, 0xF0ACFA3EB9563C71,
        0x325FA6D7184A2F00, 0x5FD3FBC1E11655C7, 0x4747C646C7C74600, 0xC646464646C747C6,
    ];
}
