namespace Backprop.Simd.Internal.Memory;

/// <summary>The gradients of all parameters and the optimizer's state in one block.</summary>
/// <remarks>
/// Parameters, gradients and arrays of state lie in their pages a quarter of a page after each other: an update reads all of them side by side and stores to most, and some CPUs let a load wait
/// for an earlier store that has the last twelve bits of its address. (Zen 4, Adam, 64-64-10 of 32: 8.0 to 8.2 us wherever they lie, before up to 9.3; 1024-1024-10 of 4 449 to 482 us in eight of eight, before 486 to 1060.)
/// </remarks>
internal sealed unsafe class TrainingArrays : IDisposable
{
    private const int PageFloats = 1024;
    private const int Apart = PageFloats / 4;

    private readonly AlignedBuffer _buffer;
    private readonly int _first;
    private readonly int _count;

    /// <summary>Makes the arrays, all +0.</summary>
    /// <param name="parameters">Where the parameters lie, 64-byte aligned.</param>
    /// <param name="count">Parameters.</param>
    /// <param name="states">Arrays of state; <see cref="Floats"/> is at most <see cref="AlignedBuffer.MaximumLength"/>.</param>
    public TrainingArrays(float* parameters, int count, int states)
    {
        _count = count;
        StateLength = (int)Pitch(count);
        StateFloats = StateLength * states;
        _buffer = BufferPool.Rent((int)Floats(count, states));
        _first = (int)(parameters - _buffer.Pointer + Apart) & (PageFloats - 1);
    }

    /// <summary>The floats that so many parameters with so many arrays of state take.</summary>
    public static long Floats(int count, int states) => PageFloats + (Pitch(count) * (states + 1));

    public float* Gradients => _buffer.Pointer + _first;

    /// <summary>The first array of state; the second lies <see cref="StateLength"/> further.</summary>
    public float* States => Gradients + StateLength;

    public int StateLength { get; }

    /// <summary>From <see cref="States"/> to the end of the last array, +0 between them; 0 without.</summary>
    public int StateFloats { get; }

    public Span<float> GradientSpan => _buffer.Span.Slice(_first, _count);

    public Span<float> State(int index) => _buffer.Span.Slice(_first + ((index + 1) * StateLength), _count);

    // From an array to the next: whole pages and a quarter.
    private static long Pitch(int count) => (((long)count - Apart + PageFloats - 1) / PageFloats * PageFloats) + Apart;

    public void Dispose() => BufferPool.Return(_buffer);
}
