using System.Runtime.CompilerServices;
using Backprop.Simd.Internal.Elementwise;
using Backprop.Simd.Internal.Simd;

namespace Backprop.Simd.Internal.Losses;

/// <summary>The sum of losses of each row, in 16 lanes and a tree of halves.</summary>
internal readonly unsafe struct ElementLossRows<TLoss>(TLoss loss, float* outputs, float* targets, float* rowLosses, int rows, int size) : IVectorAction
    where TLoss : struct, IElementLoss
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public void Invoke<V>()
        where V : struct, IVectorF32<V>
    {
        TLoss f = loss;
        for (int row = 0; row < rows; row++)
        {
            float* y = outputs + ((nint)row * size), t = targets + ((nint)row * size);
            V sum = V.Create(0f);
            int column = 0;
            for (; column <= size - V.Count; column += V.Count)
                sum += f.Loss(V.Load(y + column), V.Load(t + column));
            if (column < size)
                sum += Rest<V>(f, y + column, t + column, size - column);
            rowLosses[row] = V.SumHalves(sum);
        }
    }

    // Apart, because the formula a second time in one method goes beyond what the JIT inlines where 16 lanes are several registers.
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static V Rest<V>(TLoss f, float* y, float* t, int count)
        where V : struct, IVectorF32<V>
    {
        V present = V.LessThanInt(V.IndicesInt, V.CreateInt(count));
        return V.Select(present, f.Loss(V.LoadPartial(y, count), V.LoadPartial(t, count)), V.Create(0f));
    }
}

/// <summary>dLoss/dOutput of each element: the derivative times 1 / count, where the mean is taken.</summary>
internal readonly struct ScaledDerivative<TLoss>(TLoss loss, float scale) : IBinaryOperation
    where TLoss : struct, IElementLoss
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V>(V x, V y)
        where V : struct, IVectorF32<V> => loss.Derivative(x, y) * V.Create(scale);
}
