using System.Runtime.CompilerServices;

namespace Backprop.Simd.Accuracy;

/// <summary>What one function did over the floats.</summary>
internal sealed class Survey
{
    private const int Chunk = 1 << 16;
    private readonly Lock _gate = new();

    /// <summary>Worst error in units of the last place of the exact result (at least 2^-149), and where.</summary>
    public (double Ulp, float At) Worst { get; private set; }

    /// <summary>The same for x of at least -1.</summary>
    public (double Ulp, float At) WorstFromMinusOne { get; private set; }

    /// <summary>Worst error divided by |x|, for x below -1, times 2^24.</summary>
    public (double Scaled, float At) WorstScaled { get; private set; }

    /// <summary>Worst absolute error, times 2^24.</summary>
    public (double Absolute, float At) WorstAbsolute { get; private set; }

    public long Tested { get; private set; }

    /// <summary>Results that are NaN or infinite where the reference is not, or the other way round.</summary>
    public long WrongSpecials { get; private set; }

    public float FirstWrongSpecial { get; private set; }

    public long OddBroken { get; private set; }

    public long MonotoneBroken { get; private set; }

    /// <summary>Tests every <paramref name="stride"/>-th float; bit patterns in ascending order, both signs.</summary>
    public static Survey Of(Subject subject, int stride)
    {
        var survey = new Survey();
        long chunks = ((0x7F80_0000L / stride) / Chunk) + 1;
        Parallel.For(0, chunks, chunk => survey.Run(subject, chunk * Chunk * stride, stride));
        return survey;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Run(Subject subject, long start, int stride)
    {
        int count = (int)Math.Min(Chunk, ((0x7F80_0000L - start) / stride) + 1);
        float[] positive = new float[count], negative = new float[count], up = new float[count], down = new float[count];
        for (int i = 0; i < count; i++)
        {
            positive[i] = BitConverter.Int32BitsToSingle((int)(start + ((long)i * stride)));
            negative[i] = -positive[i];
        }

        subject.Compute(positive, up);
        subject.Compute(negative, down);
        var local = new Survey();
        for (int i = 0; i < count; i++)
        {
            local.Compare(positive[i], up[i], subject.Reference(positive[i]));
            local.Compare(negative[i], down[i], subject.Reference(negative[i]));
            if (BitConverter.SingleToInt32Bits(down[i]) != BitConverter.SingleToInt32Bits(-up[i]))
                local.OddBroken++;
            if (i > 0 && (up[i] < up[i - 1] || down[i] > down[i - 1]))
                local.MonotoneBroken++;
        }

        lock (_gate)
            Merge(local);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Compare(float x, float y, double exact)
    {
        Tested++;
        float nearest = (float)exact;
        if (!float.IsFinite(y) || !float.IsFinite(nearest))
        {
            // One of the two largest floats and infinity are neighbours: half an ULP decides, and either is right within the limit.
            bool neighbours = Math.Abs(exact) >= float.MaxValue && Math.Abs(y) >= float.MaxValue && Math.Sign(exact) == Math.Sign(y);
            if (!neighbours && float.IsNaN(y) != float.IsNaN(nearest) | (!float.IsNaN(y) && y != nearest))
            {
                if (WrongSpecials++ == 0)
                    FirstWrongSpecial = x;
            }

            return;
        }

        double error = Math.Abs(y - exact), inUlps = error == 0 ? 0 : error / UlpOf(exact);
        if (inUlps > Worst.Ulp)
            Worst = (inUlps, x);
        if (x >= -1 && inUlps > WorstFromMinusOne.Ulp)
            WorstFromMinusOne = (inUlps, x);
        if (x < -1 && error * (1 << 24) > WorstScaled.Scaled * -x)
            WorstScaled = (error / -x * (1 << 24), x);
        if (error * (1 << 24) > WorstAbsolute.Absolute)
            WorstAbsolute = (error * (1 << 24), x);
    }

    /// <summary>The distance of neighbouring floats at a value that is not 0: 2^-23 of its power of two, and at least 2^-149.</summary>
    private static double UlpOf(double value)
    {
        long exponent = (BitConverter.DoubleToInt64Bits(value) >> 52) & 0x7FF;
        return BitConverter.Int64BitsToDouble(Math.Max(exponent - 23, 1023 - 149) << 52);
    }

    private void Merge(Survey other)
    {
        if (other.Worst.Ulp > Worst.Ulp)
            Worst = other.Worst;
        if (other.WorstFromMinusOne.Ulp > WorstFromMinusOne.Ulp)
            WorstFromMinusOne = other.WorstFromMinusOne;
        if (other.WorstScaled.Scaled > WorstScaled.Scaled)
            WorstScaled = other.WorstScaled;
        if (other.WorstAbsolute.Absolute > WorstAbsolute.Absolute)
            WorstAbsolute = other.WorstAbsolute;
        Tested += other.Tested;
        if (WrongSpecials == 0 && other.WrongSpecials > 0)
            FirstWrongSpecial = other.FirstWrongSpecial;
        WrongSpecials += other.WrongSpecials;
        OddBroken += other.OddBroken;
        MonotoneBroken += other.MonotoneBroken;
    }
}
