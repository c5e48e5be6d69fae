using System.Runtime.CompilerServices;

namespace Backprop.Simd.Internal.Simd;

/// <summary>Elementary functions, written once for every width. All polynomials are fits of our own (Remez, or least squares at Chebyshev points; coefficients rounded to float one after the other), evaluated by multiply-add.</summary>
/// <remarks>Gradual underflow is kept. The limits in ULP hold over all floats (docs/accuracy.md).</remarks>
internal static class Elementary
{
    /// <summary>1.5 2^23: added to a float below 2^22, it leaves the nearest integer in the low bits.</summary>
    private const float RoundingShift = 12582912f;

    private const int ExponentBits = 0x7F80_0000;

    /// <summary>The exponent bias of a float.</summary>
    private const int Bias = 127;
    private const float Log2E = 1.44269502f;

    /// <summary>ln 2 in two parts; the upper one has 9 trailing zero bits, so that its product with an exponent is exact.</summary>
    private const float Ln2High = 0.693145752f;
    private const float Ln2Low = 1.42860677e-06f;

    /// <summary>phi(0), the normal density at 0.</summary>
    private const float NormalSlope = 3.989422917e-01f;

    /// <summary>Here x Q(x) is below half of the smallest float.</summary>
    private const float NormalLimit = 14.5f;
    private const float TwoToMinus64 = 5.42101086e-20f;

    /// <summary>8 significant bits, so that its multiples are exact; tanh of it is a float but for 0.0001 ULP.</summary>
    private const float TanhWidth = 0.59765625f;

    /// <summary>16 / ln 2, and ln 2 / 16.</summary>
    private const float SixteenthsPerUnit = 23.0831203f;
    private const float Sixteenth = 0.0433216989f;

    /// <summary>ln 2 / 16 in two parts; the upper one has 12 bits, so that its product with 16 times an exponent is exact.</summary>
    private const float SixteenthHigh = 0.0433197021f;
    private const float SixteenthLow = 1.99663646e-06f;

    /// <summary>Rounds 16 times an exponent, and adds the bias and 40 to the exponent.</summary>
    private const float SixteenthsShift = RoundingShift + (16 * (Bias + 40));

    /// <summary>The fraction bits of 1.575, the sigmoid's scale: of some forty that were tried the one that leaves least error.</summary>
    private const int SigmoidScaleBits = 0x0049_999A;

    /// <summary>e^x: x = n ln 2 + r, |r| &lt;= ln 2 / 2, e^x = 2^n e^r.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Exp<V>(V x)
        where V : struct, IVectorF32<V>
    {
        // Beyond these the result is 0 or infinity anyway; a NaN passes both.
        x = V.Lesser(V.Create(89f), V.Greater(V.Create(-104f), x));
        V p = ExpFraction(x, RoundingShift, out _, out V n);
        return V.TimesPowerOfTwo(p, n);
    }

    /// <summary>e^x for x &lt;= 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V ExpOfNegative<V>(V x)
        where V : struct, IVectorF32<V>
    {
        V p = ExpFraction(V.Greater(V.Create(-104f), x), RoundingShift, out _, out V n);
        return V.TimesPowerOfTwo(p, n);
    }

    /// <summary>e^x for |x| &lt;= 87, where neither it nor 2^n is denormal or infinite.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V ExpOfModerate<V>(V x)
        where V : struct, IVectorF32<V>
    {
        V p = ExpFraction(x, RoundingShift + Bias, out V shifted, out _);
        return p * V.ShiftLeftInt(shifted, 23);
    }

    /// <summary>e^r; n, and in the low bits of shifted those of n + shift - 1.5 2^23.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V ExpFraction<V>(V x, float shift, out V shifted, out V n)
        where V : struct, IVectorF32<V>
    {
        // The first product is exact, so r is rounded once.
        shifted = V.MultiplyAdd(x, V.Create(Log2E), V.Create(shift));
        n = shifted - V.Create(shift);
        V r = V.MultiplyAdd(n, V.Create(-Ln2Low), V.MultiplyAdd(n, V.Create(-Ln2High), x));
        V q = V.MultiplyAdd(V.Create(1.353003667e-03f), r, V.Create(8.369509131e-03f));
        q = V.MultiplyAdd(q, r, V.Create(4.167367890e-02f));
        q = V.MultiplyAdd(q, r, V.Create(1.666651219e-01f));
        q = V.MultiplyAdd(q, r, V.Create(4.999997020e-01f));

        // The terms meet by size: what q loses does not make e^x fall where x grows.
        return V.Create(1f) + V.MultiplyAdd(q, r * r, r);
    }

    /// <summary>ln x: x = 2^n m, 2/3 &lt;= m &lt; 4/3, ln x = n ln 2 + ln(1 + (m - 1)).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Log<V>(V x)
        where V : struct, IVectorF32<V>
    {
        V f = LogFraction(x, out V n);
        return LogOfFraction(x, f, n);
    }

    /// <summary>m - 1, and n.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V LogFraction<V>(V x, out V n)
        where V : struct, IVectorF32<V>
    {
        V normal = V.Create(1.17549435e-38f);
        V bits = V.SelectLess(x, normal, x * V.Create(8388608f), x);
        V bias = V.SelectLess(x, normal, V.Create(-23f), V.Create(0f));
        V twoThirds = V.CreateInt(0x3F2A_AAAB);
        V exponent = V.ShiftRightArithmeticInt(V.SubtractInt(bits, twoThirds), 23);
        n = V.IntToFloat(exponent) + bias;
        return V.SubtractInt(bits, V.ShiftLeftInt(exponent, 23)) - V.Create(1f);
    }

    /// <summary>ln x from m - 1 and n.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V LogOfFraction<V>(V x, V f, V n)
        where V : struct, IVectorF32<V>
    {
        V zero = V.Create(0f);
        V q = V.MultiplyAdd(V.Create(1.200722009e-01f), f, V.Create(-1.284495294e-01f));
        q = V.MultiplyAdd(q, f, V.Create(1.075421348e-01f));
        q = V.MultiplyAdd(q, f, V.Create(-1.219580323e-01f));
        q = V.MultiplyAdd(q, f, V.Create(1.430445910e-01f));
        q = V.MultiplyAdd(q, f, V.Create(-1.667957604e-01f));
        q = V.MultiplyAdd(q, f, V.Create(1.999959797e-01f));
        q = V.MultiplyAdd(q, f, V.Create(-2.499981970e-01f));
        q = V.MultiplyAdd(q, f, V.Create(3.333333433e-01f));
        V square = f * f;

        // f - f^2 / 2 + f^3 q + n ln 2, the small terms first.
        V tail = V.MultiplyAdd(q * f, square, V.MultiplyAdd(V.Create(-0.5f), square, n * V.Create(Ln2Low)));
        V result = V.MultiplyAdd(n, V.Create(Ln2High), tail + f);

        V infinity = V.Create(float.PositiveInfinity);
        result = V.SelectLess(x, infinity, result, x);
        result = V.SelectEqual(x, zero, -infinity, result);
        return V.SelectLess(x, zero, V.Create(float.NaN), result);
    }

    /// <summary>e^x - 1 for x &lt;= 0; for x &gt; 0 some finite value or infinity that nobody uses.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V ExpMinusOneOfNegative<V>(V x)
        where V : struct, IVectorF32<V>
    {
        V q = V.MultiplyAdd(V.Create(1.121356501e-03f), x, V.Create(8.188128471e-03f));
        q = V.MultiplyAdd(q, x, V.Create(4.163005576e-02f));
        q = V.MultiplyAdd(q, x, V.Create(1.666625887e-01f));
        q = V.MultiplyAdd(q, x, V.Create(4.999998510e-01f));
        V near = V.MultiplyAdd(q * x, x, x);
        return V.SelectLess(x, V.Create(-0.5f), ExpOfNegative(x) - V.Create(1f), near);
    }

    /// <summary>ln(1 + e) for 0 &lt;= e &lt;= 1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V LogOnePlus<V>(V e)
        where V : struct, IVectorF32<V>
    {
        V q = V.MultiplyAdd(V.Create(2.084544394e-03f), e, V.Create(-1.369167119e-02f));
        q = V.MultiplyAdd(q, e, V.Create(4.211482406e-02f));
        q = V.MultiplyAdd(q, e, V.Create(-8.323895186e-02f));
        q = V.MultiplyAdd(q, e, V.Create(1.247952953e-01f));
        q = V.MultiplyAdd(q, e, V.Create(-1.613517106e-01f));
        q = V.MultiplyAdd(q, e, V.Create(1.989962310e-01f));
        q = V.MultiplyAdd(q, e, V.Create(-2.498886436e-01f));
        q = V.MultiplyAdd(q, e, V.Create(3.333271444e-01f));
        q = V.MultiplyAdd(q, e, V.Create(-4.999998808e-01f));
        return V.MultiplyAdd(q * e, e, e);
    }

    /// <summary>Sixteen polynomials, about the multiples of <see cref="TanhWidth"/>; the sign of x.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Tanh<V>(V x)
        where V : struct, IVectorF32<V> => TanhAbout(x, TanhPlace(x, out V nearest), nearest);

    /// <summary>|x| less its nearest multiple, whose number is in the low bits of nearest.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V TanhPlace<V>(V x, out V nearest)
        where V : struct, IVectorF32<V>
    {
        // tanh(9.02) is 1 in float.
        V size = V.Lesser(V.Create(9.02f), V.Abs(x));
        nearest = V.MultiplyAdd(size, V.Create(1f / TanhWidth), V.Create(RoundingShift));
        return V.MultiplySubtractFrom(nearest - V.Create(RoundingShift), V.Create(TanhWidth), size);
    }

    /// <summary>tanh of an x of which <see cref="TanhPlace"/> gave these.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V TanhAbout<V>(V x, V d, V nearest)
        where V : struct, IVectorF32<V>
    {
        V at = V.LookupIndex(nearest);
        V y = V.MultiplyAdd(V.Lookup(TanhTable, 7, at), d, V.Lookup(TanhTable, 6, at));
        y = V.MultiplyAdd(y, d, V.Lookup(TanhTable, 5, at));
        y = V.MultiplyAdd(y, d, V.Lookup(TanhTable, 4, at));
        y = V.MultiplyAdd(y, d, V.Lookup(TanhTable, 3, at));
        y = V.MultiplyAdd(y, d, V.Lookup(TanhTable, 2, at));
        y = V.MultiplyAdd(y, d, V.Lookup(TanhTable, 1, at));

        // About 0 the leading term is d itself, and exact.
        y = V.MultiplyAdd(y, d, V.SelectLess(V.Create(RoundingShift), nearest, V.Lookup(TanhTable, 0, at), d));
        return V.CopySign(y, x);
    }

    /// <summary>1 / (1 + e^-x).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Sigmoid<V>(V x)
        where V : struct, IVectorF32<V> => SigmoidOfSixteenths(SigmoidSixteenths(x, out V r), r);

    /// <summary>sigmoid of what <see cref="SigmoidSixteenths{V}(V, out V)"/> gave.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V SigmoidOfSixteenths<V>(V shifted, V r)
        where V : struct, IVectorF32<V>
    {
        // Both times 1.575: where the denominator is little above a power of two, and so rounded most, the quotient is not little below one.
        V power = PowerOf(shifted) | V.CreateInt(SigmoidScaleBits);
        V rest = ExpRest(2, shifted, r, out V high);
        return power / (V.Greater(power, high) + (V.Lesser(power, high) + rest));
    }

    /// <summary>The same within 3 ULP, and 1 - sigmoid(x) without cancellation, but not below e^-40.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Sigmoid<V>(V x, out V complement)
        where V : struct, IVectorF32<V>
    {
        V shifted = SigmoidSixteenths(x, out V r), power = PowerOf(shifted);
        V rest = ExpRest(0, shifted, r, out V high);
        V reciprocal = V.Create(1f) / (V.Greater(power, high) + (V.Lesser(power, high) + rest));
        complement = (high + rest) * reciprocal;
        return power * reciprocal;
    }

    /// <summary>u ln 2 / 16 instead of x: u = held (slope + slopeLow), which grows with x from 0, is 16 * -167 up to 15 more for the least x that is told apart, and 16 * 25 to 16 * 80 from limit on.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V SigmoidSixteenths<V>(V held, V slope, V slopeLow, out V r)
        where V : struct, IVectorF32<V>
    {
        V shift = V.Create(SixteenthsShift), shifted = V.MultiplyAdd(held, slope, shift);
        r = V.MultiplySubtractFrom(held, slopeLow, V.MultiplySubtractFrom(held, slope, shifted - shift)) * V.Create(-Sixteenth);
        return shifted;
    }

    /// <summary>x sigmoid of what either gave; x itself beyond the limit.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V TimesSigmoid<V>(V x, V shifted, V r, float limit)
        where V : struct, IVectorF32<V>
    {
        V power = PowerOf(shifted), rest = ExpRest(0, shifted, r, out V high);

        // For the least x the power is 0: -0, and NaN for -infinity. For the largest the product might overflow.
        V larger = V.Greater(power, high), sum = power + high;
        V product = x * power / (sum + (rest + (V.Lesser(power, high) - (sum - larger))));
        return V.SelectLess(V.Create(limit), x, x, product);
    }

    /// <summary>e^x = 2^a 2^(j/16) e^r, j = 0 to 15, |r| &lt;= ln 2 / 32: gives j in the lowest bits, above them a + 40 and the bias. x is held to -115.5, where 0 stands for 2^-127, and 40: there sigmoid is 0 and 1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V SigmoidSixteenths<V>(V x, out V r)
        where V : struct, IVectorF32<V>
    {
        x = V.Lesser(V.Create(40f), V.Greater(V.Create(-115.5f), x));
        V shift = V.Create(SixteenthsShift), shifted = V.MultiplyAdd(x, V.Create(SixteenthsPerUnit), shift), n = shifted - shift;
        r = V.MultiplySubtractFrom(n, V.Create(SixteenthLow), V.MultiplySubtractFrom(n, V.Create(SixteenthHigh), x));
        return shifted;
    }

    /// <summary>2^(a + 40).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V PowerOf<V>(V shifted)
        where V : struct, IVectorF32<V> => V.ShiftLeftInt(shifted, 19) & V.CreateInt(ExponentBits);

    /// <summary>2^(40 - j/16) e^-r = high + what is returned, as much more exact than a float as that is smaller; with row 2, times the sigmoid's scale.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V ExpRest<V>(int row, V shifted, V r, out V high)
        where V : struct, IVectorF32<V>
    {
        V p = V.MultiplyAdd(r, V.Create(1.666684896e-01f), V.Create(-5.000163317e-01f));
        V at = V.LookupIndex(shifted);
        high = V.Lookup(PowerTable, row, at);
        return V.MultiplySubtractFrom(high, V.MultiplyAdd(p, r * r, r), V.Lookup(PowerTable, row + 1, at));
    }

    /// <summary>An odd polynomial where |x| &lt; 0.84, elsewhere 1 - e^p(|x|) with the sign of x; the fit of p weighs errors by e^p.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Erf<V>(V x)
        where V : struct, IVectorF32<V> => ErfOfExponent(x, ErfExponent(x));

    /// <summary>p(|x|).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V ErfExponent<V>(V x)
        where V : struct, IVectorF32<V>
    {
        // erf(3.95) is 1 in float.
        V t = V.Lesser(V.Create(3.95f), V.Abs(x));
        V p = V.MultiplyAdd(V.Create(2.045539004e-04f), t, V.Create(-3.126412164e-03f));
        p = V.MultiplyAdd(p, t, V.Create(2.255292609e-02f));
        p = V.MultiplyAdd(p, t, V.Create(-1.045955420e-01f));
        p = V.MultiplyAdd(p, t, V.Create(-6.364405751e-01f));
        p = V.MultiplyAdd(p, t, V.Create(-1.128106833e+00f));
        return V.MultiplyAdd(p, t, V.Create(-9.364074504e-05f));
    }

    /// <summary>erf x from p(|x|).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V ErfOfExponent<V>(V x, V p)
        where V : struct, IVectorF32<V>
    {
        V far = V.Create(1f) - ExpOfModerate(p);
        V z = x * x;
        V q = V.MultiplyAdd(V.Create(-6.353689241e-04f), z, V.Create(5.058436189e-03f));
        q = V.MultiplyAdd(q, z, V.Create(-2.680761367e-02f));
        q = V.MultiplyAdd(q, z, V.Create(1.128286943e-01f));
        q = V.MultiplyAdd(q, z, V.Create(-3.761259019e-01f));
        q = V.MultiplyAdd(q, z, V.Create(1.283791661e-01f));
        V near = V.MultiplyAdd(q, x, x);
        return V.CopySign(V.SelectLess(V.Abs(x), V.Create(0.84f), near, far), x);
    }

    /// <summary>x Phi(x) = max(x, 0) - |x| Q(|x|), Phi the distribution function of the normal distribution, Q = 1 - Phi, log2 Q by sixteen polynomials, about the integers. The first stage:
    /// |x| Q(|x|) = scaled 2^(f - 64), |f| at most 1/2.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V NormalTailExponent<V>(V x, out V scaled)
        where V : struct, IVectorF32<V>
    {
        V shift = V.Create(RoundingShift), t = V.Lesser(V.Create(NormalLimit), V.Abs(x));
        V nearest = t + shift, d = t - (nearest - shift), at = V.LookupIndex(nearest);
        V e = V.MultiplyAdd(V.Lookup(NormalTailTable, 5, at), d, V.Lookup(NormalTailTable, 4, at));
        e = V.MultiplyAdd(e, d, V.Lookup(NormalTailTable, 3, at));
        e = V.MultiplyAdd(e, d, V.Lookup(NormalTailTable, 2, at));
        e = V.MultiplyAdd(e, d, V.Lookup(NormalTailTable, 1, at));
        e = V.MultiplyAdd(e, d, V.Lookup(NormalTailTable, 0, at));
        V shifted = e + shift;
        scaled = t * V.ShiftLeftInt(V.AddInt(shifted, V.Lookup(NormalTailTable, 6, at)), 23);
        return e - (shifted - shift);
    }

    /// <summary>max(x, 0) - scaled 2^(f - 64).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V WithoutNormalTail<V>(V x, V f, V scaled)
        where V : struct, IVectorF32<V>
    {
        // 2^(f - 64): with the power 2^64 times too large, only the result may be denormal.
        V p = V.MultiplyAdd(V.Create(1.581850811e-04f * TwoToMinus64), f, V.Create(1.341824885e-03f * TwoToMinus64));
        p = V.MultiplyAdd(p, f, V.Create(9.617064148e-03f * TwoToMinus64));
        p = V.MultiplyAdd(p, f, V.Create(5.550272390e-02f * TwoToMinus64));
        p = V.MultiplyAdd(p, f, V.Create(2.402265519e-01f * TwoToMinus64));
        p = V.MultiplyAdd(p, f, V.Create(6.931472421e-01f * TwoToMinus64));
        p = V.MultiplyAdd(p, f, V.Create(TwoToMinus64));

        // max(x, 0) so that -infinity gives NaN. Without fused multiply-add the tail may vanish, and must not take the sign with it.
        V y = V.MultiplySubtractFrom(scaled, p, x - V.Lesser(x, V.Create(0f)));
        return V.FusesMultiplyAdd ? y : V.Select(V.Create(-0f), x, y);
    }

    /// <summary>The derivative of x Phi(x): with t = |x|, Q(t) - t phi(t) left of 0, and 1 less that right of it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V TimesNormalDistributionSlope<V>(V x)
        where V : struct, IVectorF32<V>
    {
        V t = V.Lesser(V.Create(NormalLimit), V.Abs(x));
        V e = ExpOfNegative(t * V.Create(-0.5f) * t);
        V left = e * V.MultiplyAdd(t, V.Create(-NormalSlope), NormalTailRatio(t));
        return V.SelectLess(x, V.Create(0f), left, V.Create(1f) - left);
    }

    /// <summary>Q(t) e^(t^2 / 2), Q = 1 - Phi, by a quotient of two polynomials without a negative term; 0 &lt;= t &lt;= 14.5.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V NormalTailRatio<V>(V t)
        where V : struct, IVectorF32<V>
    {
        V n = V.MultiplyAdd(V.Create(3.989469111e-01f), t, V.Create(3.938074589e+00f));
        n = V.MultiplyAdd(n, t, V.Create(1.775858879e+01f));
        n = V.MultiplyAdd(n, t, V.Create(4.247797394e+01f));
        n = V.MultiplyAdd(n, t, V.Create(4.845789719e+01f));
        V d = t + V.Create(9.871913910e+00f);
        d = V.MultiplyAdd(d, t, V.Create(4.549967575e+01f));
        d = V.MultiplyAdd(d, t, V.Create(1.165423965e+02f));
        d = V.MultiplyAdd(d, t, V.Create(1.622835999e+02f));
        d = V.MultiplyAdd(d, t, V.Create(9.691579437e+01f));
        return n / d;
    }

    /// <summary>Row j: c_j of tanh(i TanhWidth + d) = c_0 + c_1 d + ... + c_7 d^7, |d| &lt;= TanhWidth / 2, i = 0 to 15; for i = 0 without its d.</summary>
    internal static ReadOnlySpan<float> TanhTable =>
    [
        0f, 0.535379708f, 0.832219243f, 0.946072996f, 0.983368456f, 0.994937778f, 0.998465419f, 0.999535382f,
        0.999859393f, 0.999957442f, 0.999987125f, 0.999996126f, 0.999998808f, 0.999999642f, 0.999999881f, 1f,
        0f, 0.713368595f, 0.307411164f, 0.104945876f, 0.0329865068f, 0.0100988187f, 0.00306681474f, 0.000929040893f,
        0.000281227607f, 8.5110456e-5f, 2.57559859e-5f, 7.7940731e-6f, 2.35856578e-6f, 7.13724717e-7f, 2.15979838e-7f, 6.53575327e-8f,
        0f, -0.381923258f, -0.255835146f, -0.0992859453f, -0.0324390717f, -0.0100477105f, -0.00306243566f, -0.000929520582f,
        -0.000282650668f, -8.49649659e-5f, -2.60666784e-5f, -9.83103382e-6f, -1.21124322e-6f, -6.45164221e-7f, 7.88932766e-7f, -2.99237854e-6f,
        -0.33333078f, -0.0333189964f, 0.110438958f, 0.0589504242f, 0.0209027566f, 0.00663058972f, 0.00203513494f, 0.000618495978f,
        0.000187405036f, 5.67328898e-5f, 1.71699539e-5f, 5.19594687e-6f, 1.57237753e-6f, 4.75816279e-7f, 1.43987052e-7f, 4.35714362e-8f,
        0f, 0.145158872f, -0.00658284966f, -0.0226920452f, -0.00971658621f, -0.00324738026f, -0.00100393663f, -0.000288249779f,
        -6.08936571e-5f, -3.15367906e-5f, -1.61948867e-6f, 4.30152795e-5f, -2.64773553e-5f, -1.77312086e-6f, -2.25743697e-5f, 6.5521177e-5f,
        0.133154795f, -0.0506203771f, -0.024471866f, 0.00413346337f, 0.00334923947f, 0.00124499353f, 0.000399585202f, 0.000123039674f,
        3.74373158e-5f, 1.13435472e-5f, 3.43416264e-6f, 1.04000105e-6f, 3.14326826e-7f, 9.5153041e-8f, 2.87844628e-8f, 8.72001937e-9f,
        0f, -0.0300148241f, 0.0163516477f, 0.00163480081f, -0.00092114968f, -0.000383809791f, -0.000177953305f, -0.000171684005f,
        -0.000222115908f, 1.65049914e-5f, -4.5714889e-5f, -0.000292174576f, 0.000164261874f, 9.79003926e-6f, 0.000143956524f, -0.000419335149f,
        -0.0504212454f, 0.0286423676f, -0.00378257036f, -0.00166825869f, 4.24247673e-6f, 9.18807928e-5f, 3.50434566e-5f, 1.13283149e-5f,
        3.43938609e-6f, 1.06969253e-6f, 3.24736845e-7f, 9.42287031e-8f, 3.10610808e-8f, 9.18270171e-9f, 2.84172019e-9f, 7.97267863e-10f,
    ];

    /// <summary>2^(40 - j/16) in two floats, j = 0 to 15; and the same times the sigmoid's scale.</summary>
    internal static ReadOnlySpan<float> PowerTable =>
    [
        1.09951163e+12f, 1.05289594e+12f, 1.00825661e+12f, 9.65509841e+11f, 9.245754e+11f, 8.85376418e+11f, 8.47839363e+11f, 8.11893785e+11f,
        7.77472115e+11f, 7.44509866e+11f, 7.12945107e+11f, 6.82718527e+11f, 6.53773505e+11f, 6.26055643e+11f, 5.99512973e+11f, 5.74095557e+11f,
        0f, 5412.52637f, -6178.8584f, -5077.41846f, -13609.3848f, 5407.51758f, 4437.02686f, -24743.9531f,
        13305.8691f, -5565.37012f, -22094.6836f, 24721.6289f, 20877.7207f, 29611.0703f, -7189.45361f, 26572.2832f,
        1.73173087e+12f, 1.65831115e+12f, 1.58800426e+12f, 1.52067808e+12f, 1.45620625e+12f, 1.39446793e+12f, 1.33534699e+12f, 1.27873266e+12f,
        1.22451866e+12f, 1.17260301e+12f, 1.12288858e+12f, 1.07528172e+12f, 1.02969331e+12f, 9.86037682e+11f, 9.44232923e+11f, 9.04200585e+11f,
        0f, 11217.1201f, -51766.2812f, -38962.6367f, 27567.6094f, -21354.7227f, 57246.8477f, 45617.5859f,
        -25528.8965f, 54588.3398f, -38486.4531f, 28892.7227f, 24735.1621f, 32253.2949f, 27094.0156f, -14332.043f,
    ];

    /// <summary>Rows 0 to 5: c_j of log2 Q(i + d) = e_i + c_0 + c_1 d + ... + c_5 d^5, |d| &lt;= 1/2, Q = 1 - Phi, i = 0 to 15; row 6: the integers e_i + 191, to which <see cref="RoundingShift"/> is added.</summary>
    internal static ReadOnlySpan<float> NormalTailTable =>
    [
        0f, 0.343967199f, -0.457981259f, 0.467066169f, 0.0535329655f, 0.265801519f, 0.0831662714f, 0.492795378f,
        0.486287832f, 0.0578856319f, 0.203488886f, -0.0799159035f, 0.205396026f, 0.0576673485f, 0.475513935f, 0.457827002f,
        -1.15110421f, -2.20030499f, -3.42382622f, -4.73651028f, -6.09626245f, -7.48254347f, -8.88481236f, -10.2973013f,
        -11.7166576f, -13.1408215f, -14.568469f, -15.9987164f, -17.4309502f, -18.8647366f, -20.2997551f, -21.7357693f,
        -0.45922032f, -0.577729285f, -0.638913989f, -0.670450747f, -0.687680483f, -0.697762012f, -0.704044163f, -0.708174467f,
        -0.711014092f, -0.713041365f, -0.714534044f, -0.715662777f, -0.716535568f, -0.717223704f, -0.717775464f, -0.718224168f,
        -0.0524595715f, -0.0281180125f, -0.0142727867f, -0.00756537355f, -0.00429372443f, -0.00260411086f, -0.00167142728f, -0.00113205961f,
        -0.000789764454f, -0.000570457429f, -0.000429327309f, -0.000326882116f, -0.000260895613f, -0.000197101748f, -0.000158168739f, -0.000128624699f,
        0.00706775254f, 0.00476473384f, 0.00238507125f, 0.00114654819f, 0.000574896636f, 0.000306872738f, 0.000175029418f, 0.000105751147f,
        6.58782083e-5f, 4.38998613e-5f, 2.97655042e-5f, 2.09576265e-5f, 1.51602508e-5f, 1.13690403e-5f, 9.04933131e-6f, 7.0985493e-6f,
        -0.000293359597f, -0.000576152175f, -0.000348489528f, -0.000168844403f, -7.49666433e-5f, -3.33593453e-5f, -2.01974344e-5f, 3.30581497e-6f,
        -1.08479535e-5f, -1.60469644e-5f, -2.79172264e-6f, -6.89964509e-6f, 1.03309758e-5f, -2.15279942e-5f, -2.04425687e-5f, -1.93616816e-5f,
        12583102f, 12583100f, 12583098f, 12583093f, 12583088f, 12583081f, 12583073f, 12583063f,
        12583052f, 12583040f, 12583026f, 12583011f, 12582994f, 12582976f, 12582956f, 12582935f,
    ];
}
