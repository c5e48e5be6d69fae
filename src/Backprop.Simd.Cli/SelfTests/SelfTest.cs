using Backprop.Simd.Cli.Commands;
using Backprop.Simd.Kernels;

namespace Backprop.Simd.Cli.SelfTests;

/// <summary>Runs every kernel on this machine, in this process, and compares it with <see cref="DoubleReference"/>.</summary>
internal static class SelfTest
{
    private const double HalfUlpOfOne = 1.0 / (1 << 24);

    // Without fused multiply-add the polynomials round more often.
    private static double UlpLimit => SimdInfo.FusedMultiplyAdd ? 2 : 4;

    public static IEnumerable<SelfTestResult> RunAll()
    {
        foreach (Transpose transA in (Transpose[])[Transpose.No, Transpose.Yes])
        {
            foreach (Transpose transB in (Transpose[])[Transpose.No, Transpose.Yes])
                yield return Product(transA, transB);
        }

        yield return Function("exp", VectorMath.Exp, Math.Exp, -87, 88);
        yield return Function("log", VectorMath.Log, Math.Log, 1e-30f, 100);
        yield return Function("tanh", VectorMath.Tanh, Math.Tanh, -10, 10);
        yield return Function("sigmoid", VectorMath.Sigmoid, DoubleReference.Sigmoid, -80, 80);
        yield return Function("erf", VectorMath.Erf, DoubleReference.Erf, -5, 5);
        foreach ((string name, Activation activation) in Choices.Activations)
            yield return OfActivation(name, activation);
        yield return OfSoftmax();
        yield return Threads();
    }

    /// <summary>Sizes around those of tiles; the error of an element in units of its bound, (k + 2) 2^-24 (|alpha| |A| |B| + |beta c|).</summary>
    private static SelfTestResult Product(Transpose transA, Transpose transB)
    {
        const float Alpha = 0.75f, Beta = -0.5f;
        double worst = 0;
        var random = new SampleStream(1);
        foreach ((int m, int n, int k) in ((int, int, int)[])[(1, 10, 64), (32, 256, 64), (13, 33, 301), (65, 47, 129)])
        {
            int lda = transA == Transpose.No ? k : m, ldb = transB == Transpose.No ? n : k;
            float[] a = random.Take(m * k), b = random.Take(k * n), c = random.Take(m * n);
            float[] result = [.. c];
            Gemm.Multiply(transA, transB, m, n, k, Alpha, a, lda, b, ldb, Beta, result, n);
            for (int row = 0; row < m; row++)
            {
                for (int column = 0; column < n; column++)
                {
                    double sum = (double)Beta * c[(row * n) + column], size = Math.Abs(sum);
                    for (int i = 0; i < k; i++)
                    {
                        double product = (double)Alpha
                            * a[transA == Transpose.No ? (row * lda) + i : (i * lda) + row]
                            * b[transB == Transpose.No ? (i * ldb) + column : (column * ldb) + i];
                        sum += product;
                        size += Math.Abs(product);
                    }

                    worst = Worse(worst, Math.Abs(result[(row * n) + column] - sum) / ((k + 2) * HalfUlpOfOne * size));
                }
            }
        }

        string form = (transA == Transpose.No ? "A" : "A^T") + " " + (transB == Transpose.No ? "B" : "B^T");
        return new SelfTestResult($"matrix product {form}", worst, 1, "of the bound");
    }

    private static SelfTestResult Function(string name, Kernel kernel, Func<double, double> reference, float low, float high)
    {
        float[] x = Grid(low, high), y = new float[x.Length];
        kernel(x, y);
        double worst = 0;
        for (int i = 0; i < x.Length; i++)
        {
            double exact = reference(x[i]);
            double ulp = MathF.BitIncrement(MathF.Abs((float)exact)) - (double)MathF.Abs((float)exact);
            worst = Worse(worst, Math.Abs(y[i] - exact) / ulp);
        }

        return new SelfTestResult(name, worst, UlpLimit, "ULP");
    }

    /// <summary>
    /// Value and derivative, which pass through 0, so errors are measured in 2^-24 max(1, |x|), the rounding of the terms that they are made of.
    /// A dozen operations make either; twice that many roundings are the limit.
    /// </summary>
    private static SelfTestResult OfActivation(string name, Activation activation)
    {
        float[] x = [.. Grid(-8, 8).Where(value => !IsKink(value))];
        float[] y = new float[x.Length], ones = new float[x.Length], dx = new float[x.Length];
        Array.Fill(ones, 1f);
        Activations.Forward(activation, x, y);
        Activations.Backward(activation, x, y, ones, dx);
        double worst = 0;
        for (int i = 0; i < x.Length; i++)
        {
            double unit = HalfUlpOfOne * Math.Max(1, Math.Abs(x[i]));
            double derivative = DoubleReference.Derivative(value => DoubleReference.Activate(name, value), x[i]);
            worst = Worse(worst, Math.Abs(y[i] - DoubleReference.Activate(name, x[i])) / unit);
            worst = Worse(worst, Math.Abs(dx[i] - derivative) / unit);
        }

        return new SelfTestResult($"{activation}, value and derivative", worst, 24, "2^-24");

        // A central difference across ReLU's corner, or HardSwish's at -3 and 3, is neither slope.
        static bool IsKink(float value) => Math.Abs(value) < 1e-3 || Math.Abs(Math.Abs(value) - 3) < 1e-3;
    }

    /// <summary>Rounding x - max moves e^(x - max) by |x - max| 2^-24 of itself; exp, sum and division round a dozen times more.</summary>
    private static SelfTestResult OfSoftmax()
    {
        double worst = 0;
        foreach (int classes in (int[])[1, 3, 10, 100])
        {
            const int Rows = 20;
            float[] x = [.. new SampleStream(2).Take(Rows * classes).Select(value => 10 * value)], y = new float[x.Length];
            Softmax.Forward(x, classes, y);
            for (int row = 0; row < Rows; row++)
            {
                double[] logits = [.. x.Skip(row * classes).Take(classes).Select(value => (double)value)];
                double max = logits.Max(), sum = logits.Sum(logit => Math.Exp(logit - max));
                for (int i = 0; i < classes; i++)
                {
                    double exact = Math.Exp(logits[i] - max) / sum;
                    worst = Worse(worst, Math.Abs(y[(row * classes) + i] - exact) / (HalfUlpOfOne * exact * (max - logits[i] + 12)));
                }
            }
        }

        return new SelfTestResult("softmax", worst, 1, "of the bound");
    }

    /// <summary>A short training with one thread and with two: the number of parameters whose bits differ.</summary>
    private static SelfTestResult Threads()
    {
        float[] one = Train(threads: 1), two = Train(threads: 2);
        int different = one.Zip(two).Count(pair => BitConverter.SingleToUInt32Bits(pair.First) != BitConverter.SingleToUInt32Bits(pair.Second));
        return new SelfTestResult("same bits with 1 and 2 threads", different, 0, "parameters");

        static float[] Train(int threads)
        {
            const int Rows = 128, Inputs = 64, Classes = 10;
            Network network = new NetworkBuilder(Inputs).Dense(256, Activation.GELU).Dropout(0.2).Dense(Classes).Build(seed: 1);
            using var workers = new WorkerPool(threads);
            using var trainer = new Trainer(network, Loss.SoftmaxCrossEntropy, Optimizer.Adam(), new TrainerOptions { MaxBatchSize = Rows, Workers = workers, Seed = 1 });
            float[] inputs = new SampleStream(3).Take(Rows * Inputs);
            int[] labels = [.. Enumerable.Range(0, Rows).Select(row => row % Classes)];
            for (int step = 0; step < 20; step++)
                trainer.Step(inputs, labels);
            return network.Parameters.ToArray();
        }
    }

    private static float[] Grid(float low, float high)
    {
        const int Points = 20_001;
        return [.. Enumerable.Range(0, Points).Select(i => (float)(low + ((double)(high - low) * i / (Points - 1))))];
    }

    /// <summary>The larger one; NaN wins, because a kernel that makes one is wrong here.</summary>
    private static double Worse(double worst, double error) => double.IsNaN(error) ? error : Math.Max(worst, error);

    private delegate void Kernel(ReadOnlySpan<float> x, Span<float> y);

    /// <summary>Numbers between -1 and 1 without a pattern that a kernel could be lucky with (D. Knuth's MMIX generator).</summary>
    private sealed class SampleStream(ulong state)
    {
        private ulong _state = state;

        public float[] Take(int count)
        {
            float[] values = new float[count];
            for (int i = 0; i < count; i++)
            {
                _state = unchecked((_state * 6364136223846793005UL) + 1442695040888963407UL);
                values[i] = (int)(_state >> 32) * (1f / int.MaxValue);
            }

            return values;
        }
    }
}
