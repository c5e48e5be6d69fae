using System.Runtime.CompilerServices;

namespace Backprop.Simd.Internal.Memory;

/// <summary>A pinned, 64-byte-aligned managed block of floats: its address never changes, and the garbage collector frees it.</summary>
internal sealed unsafe class AlignedBuffer
{
    /// <summary>Largest length that one array can hold.</summary>
    public const int MaximumLength = 0x7FFF_FF00;

    private const int Alignment = 64;
    private const int AlignmentFloats = Alignment / sizeof(float);

    private readonly float[] _array;
    private readonly int _offset;

    public AlignedBuffer(int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        Length = length;
        _array = GC.AllocateArray<float>(checked(length + AlignmentFloats), pinned: true);
        nuint address = (nuint)Unsafe.AsPointer(ref _array[0]);
        _offset = (int)((Alignment - (address % Alignment)) % Alignment) / sizeof(float);
        Pointer = (float*)address + _offset;
    }

    public int Length { get; }

    /// <summary>First element. The holder of this pointer keeps the buffer object alive.</summary>
    public float* Pointer { get; }

    public Span<float> Span => _array.AsSpan(_offset, Length);
}
