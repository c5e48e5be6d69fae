using System.Runtime.CompilerServices;
using Backprop.Simd.Internal.Threading;
using Xunit;
using Xunit.Sdk;

namespace Backprop.Simd.Tests;

/// <summary>The tools of the tests must themselves be able to fail.</summary>
public sealed unsafe class SupportTests
{
    [Fact]
    public void A_guard_page_kills_a_process_that_touches_it()
    {
        foreach (Action child in (Action[])[ReadOneFloatAfter, WriteOneFloatBefore])
        {
            ChildProcess.Result result = ChildProcess.Run(child, ("DOTNET_DbgEnableMiniDump", "0"));
            Assert.NotEqual(0, result.ExitCode);
            Assert.Equal("before the access\n", result.Report);
        }
    }

    private static void ReadOneFloatAfter()
    {
        using var floats = new GuardedSpan(5);
        ChildProcess.Report("before the access");
        ChildProcess.Report(Peek(floats.Pointer + 5).ToString(System.Globalization.CultureInfo.InvariantCulture));
    }

    private static void WriteOneFloatBefore()
    {
        using var floats = new GuardedSpan(5, Guard.Before);
        ChildProcess.Report("before the access");
        floats.Pointer[-1] = 1f;
        ChildProcess.Report("after the access");
    }

    [Fact]
    public void A_write_into_the_slack_is_noticed()
    {
        Assert.Throws<TrueException>(() =>
        {
            using var floats = new GuardedSpan(5);
            floats.Pointer[-1] = 1f;
        });
        Assert.Throws<TrueException>(() =>
        {
            using var floats = new GuardedSpan(5, Guard.Before);
            floats.Pointer[5] = 1f;
        });
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(5000)]
    public void Guarded_floats_can_be_used_from_end_to_end(int length)
    {
        foreach (Guard guard in Enum.GetValues<Guard>())
        {
            using var floats = new GuardedSpan(length, guard);
            floats.Span.Fill(2f);
            Assert.False(floats.Span.ContainsAnyExcept(2f));
        }
    }

    [Fact]
    public void The_probe_sees_what_the_caller_and_a_worker_allocate()
    {
        using var pool = new WorkerPool(2);
        AllocationProbe caller = AllocationProbe.Measure(static () => GC.KeepAlive(new byte[100]), calls: 10, pool);
        Assert.True(caller.CallerBytes >= 1000, $"{caller}");
        Assert.Equal(0, caller.WorkerBytes);

        AllocationProbe worker = AllocationProbe.Measure(
            () =>
            {
                var job = default(AllocateOnWorker);
                pool.Run(ref job, 2);
            },
            calls: 10,
            pool);
        Assert.Equal(0, worker.CallerBytes);
        Assert.True(worker.WorkerBytes >= 1000, $"{worker}");
    }

    [Fact]
    public void A_ulp_is_the_distance_of_neighbours()
    {
        Assert.Equal(0, Tolerance.UlpDistance(1f, 1));
        Assert.Equal(1, Tolerance.UlpDistance(MathF.BitIncrement(1f), 1));
        Assert.Equal(0.5, Tolerance.UlpDistance(MathF.BitDecrement(1f), 1));
        Assert.Equal(0.25, Tolerance.UlpDistance(0f, double.ScaleB(1, -151)));
        Assert.Equal(1, Tolerance.UlpDistance(float.Epsilon, 0));
        Assert.Equal(0, Tolerance.UlpDistance(float.PositiveInfinity, 1e300));
        Assert.Equal(1, Tolerance.UlpDistance(float.PositiveInfinity, float.MaxValue));
        Assert.Equal(0, Tolerance.UlpDistance(float.NaN, double.NaN));
        Assert.Equal(double.PositiveInfinity, Tolerance.UlpDistance(float.NaN, 1));
        Assert.Equal(double.PositiveInfinity, Tolerance.UlpDistance(1f, double.NaN));
    }

    [Fact]
    public void First_difference_tells_zeros_apart_but_not_NaNs()
    {
        float otherNaN = BitConverter.Int32BitsToSingle(unchecked((int)0xFFC0_0001));
        Assert.Equal(-1, Tolerance.FirstDifference([1f, float.NaN], [1f, otherNaN]));
        Assert.Equal(1, Tolerance.FirstDifference([1f, 0f], [1f, -0f]));
        Assert.Equal(1, Tolerance.FirstDifference([1f, 0f], [1f]));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static float Peek(float* address) => *address;

    private struct AllocateOnWorker : IJob
    {
        public readonly void Execute(int part)
        {
            if (part == 1)
                GC.KeepAlive(new byte[100]);
        }
    }
}
