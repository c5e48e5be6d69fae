using System.Diagnostics;
using System.Globalization;

namespace Backprop.Simd.ColdStart;

/// <summary>Wall time of whole processes, one after the other, commands interleaved; the first round warms the file cache and does not count.</summary>
internal static class Measurement
{
    public static int Run(string runs, string[] commands)
    {
        int count = int.Parse(runs, CultureInfo.InvariantCulture);
        var times = new double[commands.Length][];
        for (int c = 0; c < commands.Length; c++)
            times[c] = new double[count];
        for (int run = -1; run < count; run++)
        {
            for (int c = 0; c < commands.Length; c++)
            {
                double milliseconds = Time(commands[c][(commands[c].IndexOf('=') + 1)..]);
                if (run >= 0)
                    times[c][run] = milliseconds;
            }
        }

        for (int c = 0; c < commands.Length; c++)
        {
            Array.Sort(times[c]);
            double median = (times[c][(count - 1) / 2] + times[c][count / 2]) / 2;
            Console.WriteLine(FormattableString.Invariant($"{commands[c][..commands[c].IndexOf('=')],-28} median {median,6:0.0} ms, least {times[c][0],6:0.0} ms"));
        }

        return 0;
    }

    private static double Time(string command)
    {
        string[] words = command.Split(' ');
        var start = new ProcessStartInfo(words[0], words[1..]);
        long before = Stopwatch.GetTimestamp();
        using Process process = Process.Start(start)!;
        process.WaitForExit();
        double milliseconds = Stopwatch.GetElapsedTime(before).TotalMilliseconds;
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"{command}: exit code {process.ExitCode}");
        return milliseconds;
    }
}
