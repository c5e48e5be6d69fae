using System.Diagnostics;

namespace Backprop.Simd.Peers;

/// <summary>Times several ways to do the same work, in turns, so that all meet the same machine.</summary>
internal static class Contest
{
    /// <summary>Median microseconds per call of each action.</summary>
    public static double[] Run(Action[] actions, double seconds)
    {
        int[] repeats = new int[actions.Length];
        for (int i = 0; i < actions.Length; i++)
        {
            // Long enough to be compiled in its last form, and to know how many calls make a sample.
            long start = Stopwatch.GetTimestamp();
            int calls = 0;
            do
            {
                actions[i]();
                calls++;
            }
            while (calls < 40 || (Stopwatch.GetElapsedTime(start).TotalMilliseconds < 20 && calls < 100_000));
            if (Stopwatch.GetElapsedTime(start).TotalMilliseconds < 200)
                Thread.Sleep(1);
            double each = Stopwatch.GetElapsedTime(start).TotalMicroseconds / calls;
            repeats[i] = (int)Math.Clamp(150 / each, 1, 2000);
        }

        var samples = new List<double>[actions.Length];
        for (int i = 0; i < samples.Length; i++)
            samples[i] = [];
        long began = Stopwatch.GetTimestamp();
        for (int round = 0; round < 7 || (Stopwatch.GetElapsedTime(began).TotalSeconds < seconds && round < 200); round++)
        {
            for (int i = 0; i < actions.Length; i++)
            {
                // The first call warms the caches that the peer before has filled.
                actions[i]();
                long start = Stopwatch.GetTimestamp();
                for (int call = 0; call < repeats[i]; call++)
                    actions[i]();
                samples[i].Add(Stopwatch.GetElapsedTime(start).TotalMicroseconds / repeats[i]);
            }
        }

        return [.. samples.Select(Median)];
    }

    private static double Median(List<double> values)
    {
        values.Sort();
        return values[values.Count / 2];
    }
}
