using System.Runtime.CompilerServices;
using Backprop.Simd.Internal.Elementwise;
using Backprop.Simd.Internal.Simd;

namespace Backprop.Simd.Internal.Losses;

/// <summary>With p = softmax(z) over a row: f = -sum_j t_j log p_j, and df/dz_j = p_j sum(t) - t_j. A label is the one-hot target. A derivative below 2^-126 is +0.</summary>
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

    /// <summary>The losses of rows with labels, from what <see cref="SoftmaxCrossEntropyRows"/> left: losses[row] = ln losses[row] + losses[rows + row].</summary>
    public static unsafe void FinishLosses(float* losses, int rows)
    {
        var loop = new LogPlus(losses, rows);
        Tiers.Dispatch(ref loop);
    }

    /// <summary>The same of a single row, which is not stored.</summary>
    public static unsafe float FinishedLoss(float* losses) => (Elementary.Log(F32x4.Create(losses[0])) + F32x4.Create(losses[1])).First;

    // So few values that compiling the logarithm once is worth partial loads of all.
    private readonly unsafe struct LogPlus(float* losses, int rows) : IVectorAction
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
        public void Invoke<V>()
            where V : struct, IVectorF32<V>
        {
            for (int i = 0; i < rows; i += V.Count)
            {
                int count = Math.Min(rows - i, V.Count);
                V.StorePartial(Elementary.Log(V.LoadPartial(losses + i, count)) + V.LoadPartial(losses + rows + i, count), losses + i, count);
            }
        }
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
/// <remarks>Of a row with a label, rowLosses gets the sum of e^(z - max), and shifts max - z[label]: the logarithms can wait, the derivative can not.</remarks>
internal readonly unsafe struct SoftmaxCrossEntropyRows(float* logits, float* targets, int* labels, float* gradient, float* rowLosses, float* shifts, float* scratch, int rows, int classes, float scale)
    : IVectorAction
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public void Invoke<V>()
        where V : struct, IVectorF32<V>
    {
        if (labels is null)
            ByTargets<V>();
        else if (classes <= SoftmaxLanes.MaxClasses)
            ShortRowsByLabels<V>();
        else
            LongRowsByLabels<V>(0);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private void ShortRowsByLabels<V>()
        where V : struct, IVectorF32<V>
    {
        int row = 0;
        if (rows >= F32x4.Count)
        {
            var lanes = new SoftmaxCrossEntropyLanes(logits, labels, gradient, rowLosses, shifts, rows, classes, scale);
            Tiers.Dispatch(ref lanes);
            row = lanes.RowsDone;
        }

        if (typeof(V) != typeof(F32x16))
        {
            if (row < rows)
                LongRowsByLabels<V>(row);
            return;
        }

        int several = (rows - row) & ~3;
        if (several > 0)
            SeveralRows<V>(row, several);
        for (row += several; row < rows; row++)
        {
            // What lanes beyond the classes would hold changes neither the largest nor the sum: the fewer of them, the shorter the tree.
            if (classes <= F32x4.Count)
                OneRow<F32x4>(row);
            else if (classes <= F32x8.Count)
                OneRow<F32x8>(row);
            else
                OneRow<V>(row);
        }
    }

    /// <summary>4, 8 or 12 rows, each in a vector.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private void SeveralRows<V>(int first, int count)
        where V : struct, IVectorF32<V>
    {
        float* exps = stackalloc float[V.Count * V.Count], maxima = stackalloc float[V.Count], sums = stackalloc float[V.Count];
        nint start = (nint)first * classes;
        RowSoftmax.ShortRows<V>(logits + start, count, classes, exps, maxima, sums);
        for (int i = 0; i < count; i++, start += classes)
        {
            int label = labels[first + i];
            if (gradient is not null)
                V.StorePartial(Derivative(V.Load(exps + (i * V.Count)), sums[i], label), gradient + start, classes);
            rowLosses[first + i] = sums[i];
            shifts[first + i] = maxima[i] - logits[start + label];
        }
    }

    /// <summary>A row in one vector: nothing waits for what was just stored.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private void OneRow<V>(int row)
        where V : struct, IVectorF32<V>
    {
        int label = labels[row];
        nint start = (nint)row * classes;
        float* z = logits + start;
        V exps = RowSoftmax.OneVector<V>(z, classes, out float max, out float sum);
        if (gradient is not null)
            V.StorePartial(Derivative(exps, sum, label), gradient + start, classes);
        rowLosses[row] = sum;
        shifts[row] = max - z[label];
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private V Derivative<V>(V exps, float sum, int label)
        where V : struct, IVectorF32<V>
    {
        V index = V.CreateInt(label), zero = V.Create(0f);
        V hot = V.Select(V.LessThanInt(V.IndicesInt, index), zero, V.Select(V.LessThanInt(index, V.IndicesInt), zero, V.Create(scale)));
        return Denormals.ToZero((exps * V.Create(scale / sum)) - hot);
    }

    // Apart: the exponentials are inlined, and compiling what is not needed would delay the first step.
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private void LongRowsByLabels<V>(int first)
        where V : struct, IVectorF32<V>
    {
        for (int row = first; row < rows; row++)
        {
            int label = labels[row];
            nint start = (nint)row * classes;
            float* z = logits + start, exps = gradient is null ? scratch : gradient + start;
            RowSoftmax.Row<V>(z, classes, exps, out float max, out float sum);
            rowLosses[row] = sum;
            shifts[row] = max - z[label];
            if (gradient is null)
                continue;
            Scale<V>(exps, classes, scale / sum);
            exps[label] -= scale;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private void ByTargets<V>()
        where V : struct, IVectorF32<V>
    {
        for (int row = 0; row < rows; row++)
        {
            nint start = (nint)row * classes;
            float* z = logits + start, t = targets + start;
            float* exps = gradient is null ? scratch : gradient + start;
            RowSoftmax.Row<V>(z, classes, exps, out float max, out float sum);
            rowLosses[row] = CrossEntropy<V>(z, t, classes, max + Log(sum), out float total);
            if (gradient is not null)
                Difference<V>(exps, t, classes, total / sum * scale);
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
            V.Store(Denormals.ToZero(V.Load(values + i) * factors), values + i);
        if (i < count)
            V.StorePartial(Denormals.ToZero(V.LoadPartial(values + i, count - i) * factors), values + i, count - i);
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
            sum += V.SelectEqual(target, zero, zero, term);
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
            V.StorePartial(Denormals.ToZero(difference), exps + i, valid);
        }
    }
}
