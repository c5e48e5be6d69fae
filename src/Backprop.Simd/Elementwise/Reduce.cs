using System.Runtime.CompilerServices;
using Backprop.Simd.Internal.Simd;

namespace Backprop.Simd.Internal.Elementwise;

/// <summary>Sums in 16 lanes, lane i taking elements i, i + 16, ..., and a tree of halves: the same order on every tier.</summary>
internal static unsafe class Reduce
{
    /// <summary>Sum of <paramref name="length"/> floats.</summary>
    public static float Sum(float* x, nint length)
    {
        // Added to +0, as below.
        if (length == 1)
            return x[0] + 0f;
        var loop = new SumLoop(x, length);
        Tiers.DispatchSixteenLanes(ref loop);
        return loop.Result;
    }

    internal struct SumLoop(float* x, nint length) : IVectorAction
    {
        public float Result { get; private set; }

        [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
        public void Invoke<V>()
            where V : struct, IVectorF32<V>
        {
            V sum = V.Create(0f);
            nint i = 0;
            for (; i <= length - V.Count; i += V.Count)
                sum += V.Load(x + i);
            if (i < length)
                sum += V.LoadPartial(x + i, (int)(length - i));
            Result = V.SumHalves(sum);
        }
    }
}
