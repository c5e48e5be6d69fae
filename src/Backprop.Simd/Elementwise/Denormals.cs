using System.Runtime.CompilerServices;
using Backprop.Simd.Internal.Simd;
using Backprop.Simd.Internal.Threading;

namespace Backprop.Simd.Internal.Elementwise;

/// <summary>Stops denormals where training makes them: many CPUs take a hundred times as long for them, and .NET cannot switch them off.</summary>
internal static unsafe class Denormals
{
    /// <summary>Optimizers' state is looked through after every so many updates: a test in each would cost Adam a third more (AMD Zen 5).</summary>
    public const int UpdatesBetween = 32;

    // As many as a core reads and writes while a thread wakes, and more.
    private const int FloatsWorthAThread = 1 << 20;

    private const float SmallestNormal = 1.17549435e-38f;

    /// <summary>+0 for |value| &lt; 2^-126, else the value; NaN stays.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V ToZero<V>(V value)
        where V : struct, IVectorF32<V> => V.SelectLess(V.Abs(value), V.Create(SmallestNormal), V.Create(0f), value);

    /// <summary>+0 wherever |value| &lt; 2^-126.</summary>
    public static void Clear(float* values, nint length, WorkerPool? workers = null)
    {
        int parts = workers is null ? 1 : (int)Math.Clamp(length / FloatsWorthAThread, 1, workers.Threads);
        var pass = new Pass(values, length, parts);
        if (parts == 1)
            pass.Execute(0);
        else
            workers!.Run(ref pass, parts);
    }

    private readonly struct Pass(float* values, nint length, int parts) : IJob
    {
        public void Execute(int part)
        {
            nint first = length * part / parts, last = length * (part + 1) / parts;
            Map.Unary(default(ToZeroOperation), values + first, values + first, last - first);
        }
    }

    private readonly struct ToZeroOperation : IUnaryOperation
    {
        // Memory is what it waits for.
        public static bool TakesPairs => false;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public V Invoke<V>(V x)
            where V : struct, IVectorF32<V> => ToZero(x);
    }
}
