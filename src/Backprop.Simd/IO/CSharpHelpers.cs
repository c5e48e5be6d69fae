namespace Backprop.Simd.Internal.IO;

/// <summary>The loops of exported classes. They follow Dense, RowSoftmax, LayerNorm, BatchNorm and Scale operation by operation; the tests compare the bits.</summary>
internal static class CSharpHelpers
{
    public const string LoadAndStore =
        """
            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            public static V Load(ReadOnlySpan<float> source, int at) => new(Vector.LoadUnsafe(ref MemoryMarshal.GetReference(source), (nuint)at));

            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            public static void Store(V value, Span<float> destination, int at) => value._raw.StoreUnsafe(ref MemoryMarshal.GetReference(destination), (nuint)at);
        """;

    /// <summary>Every array that these read is padded to a multiple of 16.</summary>
    public static (string Name, string Text)[] All { get; } =
    [
        ("Chain",
        """
            /// <summary>y = x W: for each output one chain of multiply-adds in ascending input.</summary>
            private static void Chain(ReadOnlySpan<float> x, ReadOnlySpan<float> weights, Span<float> y)
            {
                int column = 0, width = y.Length;
                for (; column <= width - (4 * Raw.Count); column += 4 * Raw.Count)
                {
                    V sum0 = V.Create(0f), sum1 = sum0, sum2 = sum0, sum3 = sum0;
                    for (int k = 0, at = column; k < x.Length; k++, at += width)
                    {
                        V value = V.Create(x[k]);
                        sum0 = V.MultiplyAdd(value, V.Load(weights, at), sum0);
                        sum1 = V.MultiplyAdd(value, V.Load(weights, at + Raw.Count), sum1);
                        sum2 = V.MultiplyAdd(value, V.Load(weights, at + (2 * Raw.Count)), sum2);
                        sum3 = V.MultiplyAdd(value, V.Load(weights, at + (3 * Raw.Count)), sum3);
                    }

                    V.Store(sum0, y, column);
                    V.Store(sum1, y, column + Raw.Count);
                    V.Store(sum2, y, column + (2 * Raw.Count));
                    V.Store(sum3, y, column + (3 * Raw.Count));
                }

                for (; column < width; column += Raw.Count)
                {
                    V sum = V.Create(0f);
                    for (int k = 0, at = column; k < x.Length; k++, at += width)
                        sum = V.MultiplyAdd(V.Create(x[k]), V.Load(weights, at), sum);
                    V.Store(sum, y, column);
                }
            }
        """),
        ("FourChains",
        """
            /// <summary>y = x W with at most 16 outputs: for each output four chains of multiply-adds by input mod 4, added as (0 + 2) + (1 + 3).</summary>
            private static void FourChains(ReadOnlySpan<float> x, ReadOnlySpan<float> weights, Span<float> y)
            {
                for (int column = 0; column < Lanes; column += Raw.Count)
                {
                    V sum0 = V.Create(0f), sum1 = sum0, sum2 = sum0, sum3 = sum0;
                    for (int k = 0, at = column; k < x.Length; k += 4, at += 4 * Lanes)
                    {
                        sum0 = V.MultiplyAdd(V.Create(x[k]), V.Load(weights, at), sum0);
                        if (k + 1 < x.Length)
                            sum1 = V.MultiplyAdd(V.Create(x[k + 1]), V.Load(weights, at + Lanes), sum1);
                        if (k + 2 < x.Length)
                            sum2 = V.MultiplyAdd(V.Create(x[k + 2]), V.Load(weights, at + (2 * Lanes)), sum2);
                        if (k + 3 < x.Length)
                            sum3 = V.MultiplyAdd(V.Create(x[k + 3]), V.Load(weights, at + (3 * Lanes)), sum3);
                    }

                    V.Store((sum0 + sum2) + (sum1 + sum3), y, column);
                }
            }
        """),
        ("RowSoftmax",
        """
            private static void RowSoftmax(Span<float> x, int count)
            {
                float largest = float.NegativeInfinity;
                for (int i = 0; i < count; i++)
                    largest = x[i] > largest ? x[i] : largest;
                for (int i = 0; i < x.Length; i += Raw.Count)
                    V.Store(Elementary.ExpOfNegative(V.Load(x, i) - V.Create(largest)), x, i);
                Span<float> lanes = stackalloc float[Lanes];
                lanes.Clear();
                for (int i = 0; i < count; i++)
                    lanes[i % Lanes] += x[i];
                V sum = V.Create(SumOfLanes(lanes));
                for (int i = 0; i < x.Length; i += Raw.Count)
                    V.Store(V.Load(x, i) / sum, x, i);
            }
        """),
        ("LayerNorm",
        """
            private static void LayerNorm(Span<float> x, int count, ReadOnlySpan<float> scale, ReadOnlySpan<float> shift)
            {
                Span<float> lanes = stackalloc float[Lanes];
                lanes.Clear();
                for (int i = 0; i < count; i++)
                    lanes[i % Lanes] += x[i];
                float mean = SumOfLanes(lanes) / count;
                lanes.Clear();
                x[count..].Fill(mean);
                for (int i = 0; i < x.Length; i += Raw.Count)
                {
                    V difference = V.Load(x, i) - V.Create(mean);
                    V.Store(V.MultiplyAdd(difference, difference, V.Load(lanes, i % Lanes)), lanes, i % Lanes);
                }

                V inverse = V.Create(1f / MathF.Sqrt((SumOfLanes(lanes) / count) + 1e-5f));
                for (int i = 0; i < x.Length; i += Raw.Count)
                    V.Store(V.MultiplyAdd((V.Load(x, i) - V.Create(mean)) * inverse, V.Load(scale, i), V.Load(shift, i)), x, i);
            }
        """),
        ("BatchNorm",
        """
            private static void BatchNorm(Span<float> x, ReadOnlySpan<float> mean, ReadOnlySpan<float> inverse, ReadOnlySpan<float> scale, ReadOnlySpan<float> shift)
            {
                for (int i = 0; i < x.Length; i += Raw.Count)
                    V.Store(V.MultiplyAdd((V.Load(x, i) - V.Load(mean, i)) * V.Load(inverse, i), V.Load(scale, i), V.Load(shift, i)), x, i);
            }
        """),
        ("Scale",
        """
            private static void Scale(Span<float> x, ReadOnlySpan<float> shift, ReadOnlySpan<float> factor, ReadOnlySpan<float> offset)
            {
                for (int i = 0; i < x.Length; i += Raw.Count)
                    V.Store(((V.Load(x, i) - V.Load(shift, i)) * V.Load(factor, i)) + V.Load(offset, i), x, i);
            }
        """),
        ("SumOfLanes",
        """
            /// <summary>The upper half is added to the lower half until one lane is left.</summary>
            private static float SumOfLanes(Span<float> lanes)
            {
                for (int half = Lanes / 2; half > 0; half /= 2)
                {
                    for (int i = 0; i < half; i++)
                        lanes[i] += lanes[i + half];
                }

                return lanes[0];
            }
        """),
    ];
}
