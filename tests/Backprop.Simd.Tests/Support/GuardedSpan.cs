using System.ComponentModel;
using System.Runtime.InteropServices;
using Xunit;

namespace Backprop.Simd.Tests;

/// <summary>On which side of the floats the inaccessible page lies directly.</summary>
public enum Guard
{
    After,
    Before,
}

/// <summary>Floats that end exactly at, or start exactly after, a page that may not be touched: one float too far kills the process.</summary>
/// <remarks>The rest of the accessible page holds a NaN pattern; <see cref="Dispose"/> fails the test if a write changed it.</remarks>
internal sealed unsafe partial class GuardedSpan : IDisposable
{
    private const uint Canary = 0x7FC0_BEEF;

    private readonly byte* _mapping;
    private readonly nuint _mappingSize;
    private readonly int _accessibleFloats;
    private readonly float* _accessible;
    private bool _disposed;

    public GuardedSpan(int length, Guard guard = Guard.After)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        nuint page = (nuint)Environment.SystemPageSize;
        nuint accessibleSize = Math.Max(page, (((nuint)length * sizeof(float)) + page - 1) / page * page);
        _mappingSize = accessibleSize + (2 * page);
        _mapping = Reserve(_mappingSize);
        Forbid(_mapping, page);
        Forbid(_mapping + page + accessibleSize, page);

        _accessible = (float*)(_mapping + page);
        _accessibleFloats = (int)(accessibleSize / sizeof(float));
        new Span<uint>(_accessible, _accessibleFloats).Fill(Canary);
        Length = length;
        Pointer = guard == Guard.Before ? _accessible : _accessible + _accessibleFloats - length;
        Span.Clear();
    }

    public GuardedSpan(ReadOnlySpan<float> values, Guard guard = Guard.After)
        : this(values.Length, guard) => values.CopyTo(Span);

    public int Length { get; }

    public float* Pointer { get; }

    public Span<float> Span => new(Pointer, Length);

    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        int before = (int)(Pointer - _accessible);
        int after = before + Length;
        bool untouched = !new ReadOnlySpan<uint>(_accessible, before).ContainsAnyExcept(Canary)
            && !new ReadOnlySpan<uint>(_accessible + after, _accessibleFloats - after).ContainsAnyExcept(Canary);
        Release(_mapping, _mappingSize);
        Assert.True(untouched, "Something was written beside the span.");
    }

    private static byte* Reserve(nuint size)
    {
        if (OperatingSystem.IsWindows())
        {
            byte* block = VirtualAlloc(null, size, 0x3000 /* MEM_COMMIT | MEM_RESERVE */, 4 /* PAGE_READWRITE */);
            return block != null ? block : throw new Win32Exception();
        }

        int privateAnonymous = OperatingSystem.IsMacOS() ? 0x1002 : 0x22;
        byte* mapping = MapMemory(null, size, 3 /* PROT_READ | PROT_WRITE */, privateAnonymous, -1, 0);
        return mapping != (byte*)-1 ? mapping : throw new Win32Exception();
    }

    private static void Forbid(byte* address, nuint size)
    {
        bool done = OperatingSystem.IsWindows()
            ? VirtualProtect(address, size, 1 /* PAGE_NOACCESS */, out _) != 0
            : ProtectMemory(address, size, 0 /* PROT_NONE */) == 0;
        if (!done)
            throw new Win32Exception();
    }

    private static void Release(byte* address, nuint size)
    {
        bool done = OperatingSystem.IsWindows()
            ? VirtualFree(address, 0, 0x8000 /* MEM_RELEASE */) != 0
            : UnmapMemory(address, size) == 0;
        if (!done)
            throw new Win32Exception();
    }

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    private static partial byte* MapMemory(byte* address, nuint length, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "mprotect", SetLastError = true)]
    private static partial int ProtectMemory(byte* address, nuint length, int protection);

    [LibraryImport("libc", EntryPoint = "munmap", SetLastError = true)]
    private static partial int UnmapMemory(byte* address, nuint length);

    [LibraryImport("kernel32", SetLastError = true)]
    private static partial byte* VirtualAlloc(byte* address, nuint size, uint type, uint protection);

    [LibraryImport("kernel32", SetLastError = true)]
    private static partial int VirtualProtect(byte* address, nuint size, uint protection, out uint former);

    [LibraryImport("kernel32", SetLastError = true)]
    private static partial int VirtualFree(byte* address, nuint size, uint type);
}
