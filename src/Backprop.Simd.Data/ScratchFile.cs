using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Backprop.Simd.Data;

/// <summary>Floats written to a file that is gone when it is closed, also where the process is killed.</summary>
internal sealed class ScratchFile : IFloatSink, IDisposable
{
    private readonly float[] _buffer = new float[1 << 14];
    private readonly SafeFileHandle _file;
    private int _used;
    private long _written;
    private bool _handedOver;

    public ScratchFile(string folder)
    {
        string path = Path.Combine(folder, $"backprop-{Guid.NewGuid():N}.tmp");
        _file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.Delete, FileOptions.DeleteOnClose);

        // A file without a name lives on until it is closed; Windows deletes it by itself.
        if (!OperatingSystem.IsWindows())
            File.Delete(path);
    }

    public long Count => (_written / sizeof(float)) + _used;

    public void Add(float value)
    {
        if (_used == _buffer.Length)
            Flush();
        _buffer[_used++] = value;
    }

    public void Add(ReadOnlySpan<float> values)
    {
        foreach (float value in values)
            Add(value);
    }

    /// <summary>The numbers as rows; the caller closes the file by it.</summary>
    /// <param name="name">What messages call it.</param>
    /// <param name="width">Numbers of a row.</param>
    public StreamedArray ToRows(string name, int width) => ToArray(name, [(int)(Count / width), width]);

    /// <summary>The numbers in a shape of as many; the caller closes the file by it.</summary>
    /// <param name="name">What messages call it.</param>
    /// <param name="shape">Slowest first.</param>
    public StreamedArray ToArray(string name, int[] shape)
    {
        Flush();
        var array = new StreamedArray(name, _file, 0, shape, new ElementType(ElementForm.Float, sizeof(float), !BitConverter.IsLittleEndian));
        _handedOver = true;
        return array;
    }

    public void Dispose()
    {
        if (!_handedOver)
            _file.Dispose();
    }

    private void Flush()
    {
        ReadOnlySpan<byte> bytes = MemoryMarshal.AsBytes(_buffer.AsSpan(0, _used));
        RandomAccess.Write(_file, bytes, _written);
        _written += bytes.Length;
        _used = 0;
    }
}
