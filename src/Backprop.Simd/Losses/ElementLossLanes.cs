using System.Runtime.CompilerServices;
using Backprop.Simd.Internal.Elementwise;
using Backprop.Simd.Internal.Simd;

namespace Backprop.Simd.Internal.Losses;

/// <summary>The sum of losses of each short row, a lane for each: the bits of <see cref="ElementLossRows{TLoss}"/>, whose vectors would be empty for the most part.</summary>
/// <remarks>Size is up to <see cref="SoftmaxLanes.MaxClasses"/>. (Zen 4, 64 rows of one: 0.9 to 0.05 us.)</remarks>
internal readonly unsafe struct ElementLossLanes<TLoss>(TLoss loss, float* outputs, float* targets, float* rowLosses, int rows, int size) : IVectorAction
    where TLoss : struct, IElementLoss
{
    /// <summary>Whether lanes are not the longer way: few rows of several outputs are not worth their rearrangement.</summary>
    public static bool Pays(int rows, int size) => size == 1 ? rows > 1 : size < SoftmaxLanes.MaxClasses && rows >= 8;

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public void Invoke<V>()
        where V : struct, IVectorF32<V>
    {
        if (size == 1)
        {
            Each<V>(outputs, targets, rowLosses, rows);
            return;
        }

        const int MaxFloats = SoftmaxLanes.MaxClasses * SoftmaxLanes.MaxVectors;
        float* values = stackalloc float[MaxFloats * V.Count], columns = stackalloc float[MaxFloats * V.Count];
        for (nint row = 0, count; row < rows; row += count)
        {
            count = Math.Min(rows - row, SoftmaxLanes.MaxVectors * V.Count);
            nint padded = (count + V.Count - 1) & -V.Count;
            for (nint i = (count * size) & -V.Count; i < padded * size; i += V.Count)
                V.Store(V.Create(0f), values + i);
            Each<V>(outputs + (row * size), targets + (row * size), values, count * size);
            SoftmaxLanes.ToColumns<V>(values, padded, size, columns);
            float* to = rowLosses + row;
            nint whole = count & -V.Count;
            for (nint i = 0; i < whole; i += V.Count)
                V.Store(SoftmaxLanes.Sum<V>(columns + i, padded, size), to + i);
            if (whole < count)
                V.StorePartial(SoftmaxLanes.Sum<V>(columns + whole, padded, size), to + whole, (int)(count - whole));
        }
    }

    // Added to +0, as in a row's lanes.
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private void Each<V>(float* y, float* t, float* values, nint length)
        where V : struct, IVectorF32<V>
    {
        TLoss f = loss;
        V zero = V.Create(0f);
        nint i = 0;
        for (; i <= length - V.Count; i += V.Count)
            V.Store(zero + f.Loss(V.Load(y + i), V.Load(t + i)), values + i);
        if (i < length)
        {
            int rest = (int)(length - i);
            V.StorePartial(zero + f.Loss(V.LoadPartial(y + i, rest), V.LoadPartial(t + i, rest)), values + i, rest);
        }
    }
}
