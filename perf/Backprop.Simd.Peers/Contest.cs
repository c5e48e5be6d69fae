using System.Diagnostics;

namespace Backprop.Simd.Peers;

/// <summary>Times several ways to do the same work, in turns, so that all meet the same machine.</summary>
internal static class Contest
{
    private const int Turns = 5;

    /// <summary>Median microseconds per call of each action.</summary>
    /// <param name="actions">What is measured.</param>
    /// <param name="seconds">For how long.</param>
    /// <param name="compiles">Whether the managed code of an action was not run before: the runtime then gets the time to compile it in its last form.</param>
    public static double[] Run(Action[] actions, double seconds, Predicate<int> compiles)
    {
        int[] repeats = new int[actions.Length];
        for (int i = 0; i < actions.Length; i++)
        {
            // The first call compiles: counted, it would pass for a slow action, of which the turns below are few and the samples single calls.
            actions[i]();

            // Some turns with pauses, in which the runtime compiles in its last form what was called often; then how long a call takes.
            double each = 0;
            for (int turn = 0; turn < Turns; turn++)
            {
                long start = Stopwatch.GetTimestamp();
                int calls = 0;
                do
                {
                    actions[i]();
                    calls++;
                }
                while (calls < 4 || (calls < 40 && Stopwatch.GetElapsedTime(start).TotalMilliseconds < 500) || (Stopwatch.GetElapsedTime(start).TotalMilliseconds < 15 && calls < 100_000));
                each = Stopwatch.GetElapsedTime(start).TotalMicroseconds / calls;
                if (each > 5_000)
                    break;
                if (turn < Turns - 1)
                    Thread.Sleep(compiles(i) ? 200 : 1);
            }

            repeats[i] = (int)Math.Clamp(150 / each, 1, 2000);
        }

        var samples = new List<double>[actions.Length];
        for (int i = 0; i < samples.Length; i++)
            samples[i] = [];
        int[] order = [.. Enumerable.Range(0, actions.Length)];
        var random = new Random(1);
        long began = Stopwatch.GetTimestamp();
        for (int round = 0; round < 7 || (Stopwatch.GetElapsedTime(began).TotalSeconds < seconds && round < 200); round++)
        {
            // Not always after the same one, whose operands may be others, or the same.
            random.Shuffle(order);
            foreach (int i in order)
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
