using System.Runtime.CompilerServices;
using Backprop.Simd.Internal.Elementwise;
using Backprop.Simd.Internal.Simd;

namespace Backprop.Simd.Internal.Losses;

/// <summary>With p = softmax(z) over a row: f = -sum_j t_j log p_j, and df/dz_j = p_j sum(t) - t_j. A label is the one-hot target.</summary>
internal static class SoftmaxCrossEntropy
{
    /// <summary>f of one row in double precision.</summary>
    public static double Reference(ReadOnlySpan<double> logits, ReadOnlySpan<double> targets)
    {
        double logSum = LogSumExp(logits), loss = 0;
        for (int j = 0; j < logits.Length; j++)
            loss += targets[j] * (logSum - logits[j]);
        return loss;
    }

    /// <summary>df/dz of one row in double precision.</summary>
    public static void ReferenceDerivative(ReadOnlySpan<double> logits, ReadOnlySpan<double> targets, Span<double> derivative)
    {
        double logSum = LogSumExp(logits), total = 0;
        foreach (double t in targets)
            total += t;
        for (int j = 0; j < logits.Length; j++)
            derivative[j] = (Math.Exp(logits[j] - logSum) * total) - targets[j];
    }

    private static double LogSumExp(ReadOnlySpan<double> logits)
    {
        double max = double.NegativeInfinity, sum = 0;
        foreach (double z in logits)
            max = Math.Max(max, z);
        foreach (double z in logits)
            sum += Math.Exp(z - max);
        return max + Math.Log(sum);
    }
}

/// <summary>Loss and dLogits of every row in one visit; runs on 16 lanes.</summary>
internal readonly unsafe struct SoftmaxCrossEntropyRows(float* logits, float* targets, int* labels, float* gradient, float* rowLosses, float* scratch, int rows, int classes, float scale)
    : IVectorAction
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public void Invoke<V>()
        where V : struct, IVectorF32<V>
    {
        for (int row = 0; row < rows; row++)
        {
            nint start = (nint)row * classes;
            float* z = logits + start;
            float* exps = gradient is null ? scratch : gradient + start;
            // Once, for labels and targets alike: the exponentials are inlined, and compiling them is most of the first step.
            RowSoftmax.Row<V>(z, classes, exps, out float max, out float sum);
            float logSum = Log(sum);
            if (labels is not null)
            {
                rowLosses[row] = logSum + (max - z[labels[row]]);
                if (gradient is null)
                    continue;
                Scale<V>(exps, classes, scale / sum);
                exps[labels[row]] -= scale;
            }
            else
            {
                float* t = targets + start;
                rowLosses[row] = CrossEntropy<V>(z, t, classes, max + logSum, out float total);
                if (gradient is not null)
                    Difference<V>(exps, t, classes, total / sum * scale);
            }
        }
    }

    private static float Log(float value) => F32x1.SumHalves(Elementary.Log(F32x1.Create(value)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Scale<V>(float* values, int count, float factor)
        where V : struct, IVectorF32<V>
    {
        V factors = V.Create(factor);
        int i = 0;
        for (; i <= count - V.Count; i += V.Count)
            V.Store(V.Load(values + i) * factors, values + i);
        if (i < count)
            V.StorePartial(V.LoadPartial(values + i, count - i) * factors, values + i, count - i);
    }

    // sum_j t_j (logSum - z_j): a target of 0 contributes +0 even where z is -infinity.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float CrossEntropy<V>(float* z, float* t, int count, float logSum, out float total)
        where V : struct, IVectorF32<V>
    {
        V sum = V.Create(0f), targetSum = V.Create(0f), zero = V.Create(0f), logSums = V.Create(logSum);
        for (int i = 0; i < count; i += V.Count)
        {
            int valid = Math.Min(count - i, V.Count);
            V target = V.LoadPartial(t + i, valid);
            V term = target * (logSums - V.LoadPartial(z + i, valid));
            sum += V.Select(V.Equals(target, zero), zero, term);
            targetSum += target;
        }

        total = V.SumHalves(targetSum);
        return V.SumHalves(sum);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Difference<V>(float* exps, float* t, int count, float factor)
        where V : struct, IVectorF32<V>
    {
        V factors = V.Create(factor), scales = V.Create(scale);
        for (int i = 0; i < count; i += V.Count)
        {
            int valid = Math.Min(count - i, V.Count);
            V difference = (V.LoadPartial(exps + i, valid) * factors) - (V.LoadPartial(t + i, valid) * scales);
            V.StorePartial(difference, exps + i, valid);
        }
    }
}
