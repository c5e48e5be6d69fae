using System.Runtime.CompilerServices;
using Backprop.Simd.Internal.Simd;

namespace Backprop.Simd.Internal.Losses;

/// <summary>One pass over outputs and targets: the sum of losses of each row in 16 lanes and a fixed tree, and the scaled derivative.</summary>
internal readonly unsafe struct ElementLossRows<TLoss>(TLoss loss, float* outputs, float* targets, float* gradient, float* rowLosses, int rows, int size, float scale)
    : IVectorAction
    where TLoss : struct, IElementLoss
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public void Invoke<V>()
        where V : struct, IVectorF32<V>
    {
        TLoss f = loss;
        V scales = V.Create(scale);
        for (int row = 0; row < rows; row++)
        {
            nint start = (nint)row * size;
            V sum = V.Create(0f);
            nint column = 0;
            for (; column <= size - V.Count; column += V.Count)
            {
                nint at = start + column;
                V y = V.Load(outputs + at), t = V.Load(targets + at);
                sum += f.Loss(y, t);
                if (gradient is not null)
                    V.Store(f.Derivative(y, t) * scales, gradient + at);
            }

            if (column < size)
            {
                nint at = start + column;
                int rest = (int)(size - column);
                V y = V.LoadPartial(outputs + at, rest), t = V.LoadPartial(targets + at, rest);
                V present = V.LessThanInt(V.IndicesInt, V.CreateInt(rest));
                sum += V.Select(present, f.Loss(y, t), V.Create(0f));
                if (gradient is not null)
                    V.StorePartial(f.Derivative(y, t) * scales, gradient + at, rest);
            }

            rowLosses[row] = V.SumHalves(sum);
        }
    }
}
