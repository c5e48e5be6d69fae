using System.Runtime.InteropServices;
using Backprop.Simd.Internal.Threading;

namespace Backprop.Simd.Benchmarks;

/// <summary>Keeps threads to cores. The scheduler moves those that are not, and each move costs a cold cache; two on one core are slower than one.</summary>
internal static unsafe partial class Cores
{
    /// <summary>The calling thread stays where it is.</summary>
    /// <returns>Whether it does.</returns>
    public static bool PinHere() => OperatingSystem.IsLinux() && Pin(CurrentCore());

    /// <summary>The calling thread goes to one core and stays there. Threads that it starts inherit that.</summary>
    /// <returns>Whether it does.</returns>
    public static bool Pin(int core)
    {
        if (!OperatingSystem.IsLinux() || core is < 0 or > 63)
            return false;
        ulong mask = 1ul << core;
        return SetAffinity(0, sizeof(ulong), &mask) == 0;
    }

    /// <summary>The calling thread and the workers get a core each.</summary>
    public static void PinEach(WorkerPool pool)
    {
        var job = default(PinJob);
        pool.Run(ref job, pool.Threads);
    }

    /// <summary>How often the calling thread has been taken off its core, or given it up; 0 where the system does not say.</summary>
    public static long Switches()
    {
        // struct rusage of 64-bit Linux: two times of two longs each, then fourteen longs, of which the last two are these.
        long* usage = stackalloc long[18];
        const int ThisThread = 1;
        return OperatingSystem.IsLinux() && GetUsage(ThisThread, usage) == 0 ? usage[16] + usage[17] : 0;
    }

    [LibraryImport("libc", EntryPoint = "getrusage")]
    private static partial int GetUsage(int who, long* usage);

    [LibraryImport("libc", EntryPoint = "sched_getcpu")]
    private static partial int CurrentCore();

    [LibraryImport("libc", EntryPoint = "sched_setaffinity")]
    private static partial int SetAffinity(int thread, nuint size, ulong* mask);

    private struct PinJob : IJob
    {
        public readonly void Execute(int part) => Pin(part % Environment.ProcessorCount);
    }
}
