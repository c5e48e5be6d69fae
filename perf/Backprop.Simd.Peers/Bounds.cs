using System.Runtime.CompilerServices;
using Backprop.Simd.Internal.Simd;

namespace Backprop.Simd.Peers;

/// <summary>What no elementwise loop can beat on this machine: reading and writing its arrays, and its divisions and square roots. Two vectors a round.</summary>
internal static unsafe class Bounds
{
    /// <summary>Reads <paramref name="inputs"/> arrays (1 or 2) and writes one.</summary>
    public static void Stream(float[] a, float[] b, float[] to, int inputs)
    {
        fixed (float* left = a, right = b, result = to)
        {
            var loop = new StreamLoop(left, inputs == 2 ? right : null, result, to.Length);
            Tiers.Dispatch(ref loop);
        }
    }

    /// <summary>What an update must do to memory: gradients read, parameters and up to two states read and written.</summary>
    public static void StreamUpdate(float[] parameters, float[] gradients, float[]? first, float[]? second)
    {
        fixed (float* p = parameters, g = gradients, s = first, t = second)
        {
            var loop = new UpdateLoop(p, g, s, t, parameters.Length);
            Tiers.Dispatch(ref loop);
        }
    }

    /// <summary>One square root and one division a value, all operands in the first-level cache.</summary>
    public static void DivideByRoot(float[] block, int count)
    {
        fixed (float* values = block)
        {
            var loop = new DivideLoop(values, block.Length, count / block.Length);
            Tiers.Dispatch(ref loop);
        }
    }

    private readonly struct StreamLoop(float* a, float* b, float* to, nint length) : IVectorAction
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
        public void Invoke<V>()
            where V : struct, IVectorF32<V>
        {
            float* left = a, right = b, result = to;
            nint count = length;
            if (right is null)
            {
                for (nint i = 0; i <= count - (2 * V.Count); i += 2 * V.Count)
                {
                    V x = V.Load(left + i), y = V.Load(left + i + V.Count);
                    V.Store(x, result + i);
                    V.Store(y, result + i + V.Count);
                }

                return;
            }

            for (nint i = 0; i <= count - (2 * V.Count); i += 2 * V.Count)
            {
                V x = V.Load(left + i) & V.Load(right + i), y = V.Load(left + i + V.Count) & V.Load(right + i + V.Count);
                V.Store(x, result + i);
                V.Store(y, result + i + V.Count);
            }
        }
    }

    private readonly struct UpdateLoop(float* parameters, float* gradients, float* first, float* second, nint length) : IVectorAction
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
        public void Invoke<V>()
            where V : struct, IVectorF32<V>
        {
            float* p = parameters, g = gradients, s = first, t = second;
            nint count = length;
            for (nint i = 0; i <= count - V.Count; i += V.Count)
            {
                V gradient = V.Load(g + i);
                V.Store(V.Load(p + i) ^ gradient, p + i);
                if (s is not null)
                    V.Store(V.Load(s + i) ^ gradient, s + i);
                if (t is not null)
                    V.Store(V.Load(t + i) ^ gradient, t + i);
            }
        }
    }

    private readonly struct DivideLoop(float* values, nint length, int rounds) : IVectorAction
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
        public void Invoke<V>()
            where V : struct, IVectorF32<V>
        {
            float* block = values;
            nint count = length;
            V one = V.Create(1f);
            for (int round = rounds; round > 0; round--)
            {
                for (nint i = 0; i <= count - (2 * V.Count); i += 2 * V.Count)
                {
                    V x = one / V.Sqrt(V.Load(block + i)), y = one / V.Sqrt(V.Load(block + i + V.Count));
                    V.Store(x, block + i);
                    V.Store(y, block + i + V.Count);
                }
            }
        }
    }
}
