using System.Diagnostics;

namespace Backprop.Simd.Fuzz;

/// <summary>What a reader did with a range of inputs.</summary>
/// <param name="Accepted">Inputs that were read.</param>
/// <param name="Refused">Inputs that got an InvalidDataException.</param>
/// <param name="MostAllocated">Largest allocation of one read beyond four times its file.</param>
/// <param name="Faults">What must not be: the number of an input and what happened.</param>
internal sealed record FuzzResult(int Accepted, int Refused, long MostAllocated, IReadOnlyList<string> Faults);

/// <summary>Gives a reader inputs: it may read them or throw InvalidDataException, may allocate four times the file and a mebibyte, and ends.</summary>
internal static class Fuzzing
{
    private const long Slack = 1 << 20;
    private const int MostFaults = 20;
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(5);

    public static FuzzResult Run(Target target, ulong first, int count, string path)
    {
        foreach (byte[] seed in target.Seeds)
        {
            File.WriteAllBytes(path, seed);
            target.Read(path);
        }

        int accepted = 0, refused = 0;
        long most = 0;
        var faults = new List<string>();
        ulong current = first;
        long started = Stopwatch.GetTimestamp();
        using var watch = new Timer(
            _ =>
            {
                if (Stopwatch.GetElapsedTime(Interlocked.Read(ref started)) > s_longest)
                    Environment.FailFast($"{target.Name}: input {Interlocked.Read(ref current)} takes more than {s_longest}.");
            },
            null,
            s_longest,
            TimeSpan.FromSeconds(1));
        using FileStream file = new(path, FileMode.Create, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
        for (ulong number = first; number < first + (ulong)count && faults.Count < MostFaults; number++)
        {
            byte[] input = Mutator.Make(target, number);
            RandomAccess.Write(file.SafeFileHandle, input, 0);
            RandomAccess.SetLength(file.SafeFileHandle, input.Length);
            Interlocked.Exchange(ref current, number);
            Interlocked.Exchange(ref started, Stopwatch.GetTimestamp());
            long before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                target.Read(path);
                accepted++;
            }
            catch (InvalidDataException)
            {
                refused++;
            }
#pragma warning disable CA1031 // every other exception is what is looked for
            catch (Exception e)
#pragma warning restore CA1031
            {
                faults.Add($"{target.Name} {number}: {e}");
            }

            long beyond = GC.GetAllocatedBytesForCurrentThread() - before - (4L * input.Length);
            most = Math.Max(most, beyond);
            if (beyond > Slack)
                faults.Add($"{target.Name} {number}: {beyond} bytes were allocated beyond four times the file's {input.Length}.");
        }

        return new FuzzResult(accepted, refused, most, faults);
    }
}
