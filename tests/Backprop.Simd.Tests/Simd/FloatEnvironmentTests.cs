using System.Runtime.InteropServices;
using Backprop.Simd.Internal.Simd;
using Xunit;

namespace Backprop.Simd.Tests;

/// <summary>Host code can leave a thread in another rounding mode or with denormals flushed: that must be found and said.</summary>
public sealed unsafe partial class FloatEnvironmentTests
{
    private const string NeedsGlibc = "Sets the float environment through glibc on x86-64.";
    private const int RoundUp = 0x800, RoundDown = 0x400, RoundToZero = 0xC00;

    private static bool IsGlibcOnX64 => OperatingSystem.IsLinux() && RuntimeInformation.ProcessArchitecture == Architecture.X64
        && NativeLibrary.TryLoad("libm.so.6", out _);

    [Fact]
    public void An_ordinary_thread_has_nothing_unusual() => Assert.Null(FloatEnvironment.Test());

    [Theory]
    [InlineData(RoundUp)]
    [InlineData(RoundDown)]
    [InlineData(RoundToZero)]
    public void Another_rounding_mode_is_found(int mode)
    {
        Assert.SkipUnless(IsGlibcOnX64, NeedsGlibc);
        Assert.Equal("this process does not round to nearest", OnThread(() =>
        {
            Assert.Equal(0, SetRounding(mode));
            return FloatEnvironment.Test();
        }));
    }

    [Theory]
    [InlineData(1 << 15)] // flush to zero: results
    [InlineData(1 << 6)] // denormals are zero: operands
    public void Flushing_is_found(int flag)
    {
        Assert.SkipUnless(IsGlibcOnX64, NeedsGlibc);
        Assert.Equal("this process flushes denormals to zero", OnThread(() =>
        {
            SetControl(flag);
            return FloatEnvironment.Test();
        }));
    }

    [Fact]
    public void What_one_thread_saw_puts_the_process_outside_the_promise()
    {
        Assert.SkipUnless(IsGlibcOnX64, NeedsGlibc);
        ChildProcess.Result result = ChildProcess.Run(ObserveFlushingThread);
        Assert.SkipUnless(result.Report.Contains("FMA", StringComparison.Ordinal), "Without FMA that is the reason that is named.");
        Assert.EndsWith("OUTSIDE the same-bits promise: this process flushes denormals to zero\n", result.Report, StringComparison.Ordinal);
    }

    private static void ObserveFlushingThread()
    {
        OnThread(() =>
        {
            SetControl(1 << 15);
            FloatEnvironment.Observe();
            return null;
        });
        ChildProcess.Report(SimdInfo.Description);
    }

    private static string? OnThread(Func<string?> body)
    {
        string? answer = null;
        Exception? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                answer = body();
            }
            catch (Exception e)
            {
                failure = e;
            }
        });
        thread.Start();
        thread.Join();
        return failure is null ? answer : throw new InvalidOperationException("The thread failed.", failure);
    }

    // glibc's fenv_t on x86-64: 28 bytes of x87 state, then MXCSR.
    private static void SetControl(int flag)
    {
        int* environment = stackalloc int[8];
        Assert.Equal(0, GetEnvironment(environment));
        environment[7] |= flag;
        Assert.Equal(0, SetEnvironment(environment));
    }

    [LibraryImport("libm.so.6", EntryPoint = "fesetround")]
    private static partial int SetRounding(int mode);

    [LibraryImport("libm.so.6", EntryPoint = "fegetenv")]
    private static partial int GetEnvironment(int* environment);

    [LibraryImport("libm.so.6", EntryPoint = "fesetenv")]
    private static partial int SetEnvironment(int* environment);
}
