using System.Runtime.InteropServices;

namespace Backprop.Simd.Peers;

/// <summary>Pins the measuring thread, and names the CPU.</summary>
internal static partial class Machine
{
    public static string Cpu => File.Exists("/proc/cpuinfo")
        ? File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(": ")[^1] ?? "unknown CPU"
        : "unknown CPU";

    public static void PinThisThread()
    {
        ulong mask = 1ul << Math.Min(1, Environment.ProcessorCount - 1);
        if (SetAffinity(0, sizeof(ulong), ref mask) != 0)
            Console.WriteLine("the thread could not be pinned");
    }

    /// <summary>Lets this thread run anywhere again: a process inherits the mask of the thread that starts it, and pinned as a whole its compiler would starve.</summary>
    public static void UnpinThisThread()
    {
        ulong mask = ulong.MaxValue;
        if (SetAffinity(0, sizeof(ulong), ref mask) != 0)
            Console.WriteLine("the thread could not be unpinned");
    }

    [LibraryImport("libc", EntryPoint = "sched_setaffinity")]
    private static partial int SetAffinity(int thread, nint size, ref ulong mask);
}
