using System.Runtime.CompilerServices;

namespace Backprop.Simd.Internal.Simd;

/// <summary>Elementary functions, written once for every width. All polynomials are minimax fits of our own (Remez, coefficients rounded to float), evaluated by multiply-add.</summary>
/// <remarks>Gradual underflow is kept. The limits in ULP hold over all floats (docs/accuracy.md).</remarks>
internal static class Elementary
{
    /// <summary>1.5 2^23: added to a float below 2^22, it leaves the nearest integer in the low bits.</summary>
    private const float RoundingShift = 12582912f;

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

    /// <summary>e^x: x = n ln 2 + r, |r| &lt;= ln 2 / 2, e^x = 2^n e^r.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Exp<V>(V x)
        where V : struct, IVectorF32<V>
    {
        // Beyond these the result is 0 or infinity anyway; a NaN passes both.
        x = V.Lesser(V.Create(89f), V.Greater(V.Create(-104f), x));
        V p = ExpFraction(x, V.Create(0f), RoundingShift, out _, out V n);
        return V.TimesPowerOfTwo(p, n);
    }

    /// <summary>e^x for x &lt;= 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V ExpOfNegative<V>(V x)
        where V : struct, IVectorF32<V>
    {
        V p = ExpFraction(V.Greater(V.Create(-104f), x), V.Create(0f), RoundingShift, out _, out V n);
        return V.TimesPowerOfTwo(p, n);
    }

    /// <summary>e^x for |x| &lt;= 87, where neither it nor 2^n is denormal or infinite.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V ExpOfModerate<V>(V x)
        where V : struct, IVectorF32<V>
    {
        V p = ExpFraction(x, V.Create(0f), RoundingShift + Bias, out V shifted, out _);
        return p * V.ShiftLeftInt(shifted, 23);
    }

    /// <summary>e^r; n, and in the low bits of shifted those of n + shift - 1.5 2^23.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V ExpFraction<V>(V x, V low, float shift, out V shifted, out V n)
        where V : struct, IVectorF32<V>
    {
        shifted = V.MultiplyAdd(x, V.Create(Log2E), V.Create(shift));
        n = shifted - V.Create(shift);
        V r = V.MultiplyAdd(n, V.Create(-Ln2High), x);
        low = V.MultiplyAdd(n, V.Create(-Ln2Low), low);
        V s = r + low;

        V q = V.MultiplyAdd(V.Create(1.381458249e-03f), s, V.Create(8.368716575e-03f));
        q = V.MultiplyAdd(q, s, V.Create(4.166838899e-02f));
        q = V.MultiplyAdd(q, s, V.Create(1.666652113e-01f));
        q = V.MultiplyAdd(q, s, V.Create(4.999999404e-01f));

        // 1 + (r + (s^2 q + low)): r is exact, so the terms meet by size and lose little.
        return V.Create(1f) + (r + V.MultiplyAdd(q, s * s, low));
    }

    /// <summary>ln x: x = 2^n m, 2/3 &lt;= m &lt; 4/3, ln x = n ln 2 + ln(1 + (m - 1)).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Log<V>(V x)
        where V : struct, IVectorF32<V>
    {
        V zero = V.Create(0f);
        V normal = V.Create(1.17549435e-38f);
        V bits = V.SelectLess(x, normal, x * V.Create(8388608f), x);
        V bias = V.SelectLess(x, normal, V.Create(-23f), zero);
        V twoThirds = V.CreateInt(0x3F2A_AAAB);
        V n = V.ShiftRightArithmeticInt(V.SubtractInt(bits, twoThirds), 23);
        V f = V.SubtractInt(bits, V.ShiftLeftInt(n, 23)) - V.Create(1f);
        V e = V.IntToFloat(n) + bias;

        V q = V.MultiplyAdd(V.Create(1.200722009e-01f), f, V.Create(-1.284495294e-01f));
        q = V.MultiplyAdd(q, f, V.Create(1.075421348e-01f));
        q = V.MultiplyAdd(q, f, V.Create(-1.219580323e-01f));
        q = V.MultiplyAdd(q, f, V.Create(1.430445910e-01f));
        q = V.MultiplyAdd(q, f, V.Create(-1.667957604e-01f));
        q = V.MultiplyAdd(q, f, V.Create(1.999959797e-01f));
        q = V.MultiplyAdd(q, f, V.Create(-2.499981970e-01f));
        q = V.MultiplyAdd(q, f, V.Create(3.333333433e-01f));
        V square = f * f;

        // f - f^2 / 2 + f^3 q + e ln 2, the small terms first.
        V tail = V.MultiplyAdd(q * f, square, V.MultiplyAdd(V.Create(-0.5f), square, e * V.Create(Ln2Low)));
        V result = V.MultiplyAdd(e, V.Create(Ln2High), tail + f);

        V infinity = V.Create(float.PositiveInfinity);
        result = V.SelectLess(x, infinity, result, x);
        result = V.Select(V.Equals(x, zero), -infinity, result);
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

    /// <summary>An odd polynomial where |x| &lt; 0.625, elsewhere 1 - 2 / (e^2|x| + 1) with the sign of x.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Tanh<V>(V x)
        where V : struct, IVectorF32<V>
    {
        V size = V.Abs(x), one = V.Create(1f);
        V most = V.Lesser(V.Create(10f), size);
        V far = one - (V.Create(2f) / (ExpOfModerate(most + most) + one));

        V z = x * x;
        V q = V.MultiplyAdd(V.Create(-5.637270864e-03f), z, V.Create(2.057975717e-02f));
        q = V.MultiplyAdd(q, z, V.Create(-5.372202024e-02f));
        q = V.MultiplyAdd(q, z, V.Create(1.333123744e-01f));
        q = V.MultiplyAdd(q, z, V.Create(-3.333327472e-01f));
        V near = V.MultiplyAdd(q * z, x, x);
        return V.SelectLess(size, V.Create(0.625f), near, far) | (x & V.Create(-0f));
    }

    /// <summary>1 / (1 + e^-x), with e^-|x| so that nothing overflows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Sigmoid<V>(V x)
        where V : struct, IVectorF32<V> => Sigmoid(x, out _);

    /// <summary>The same, and 1 - sigmoid(x) without cancellation.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Sigmoid<V>(V x, out V complement)
        where V : struct, IVectorF32<V>
    {
        V one = V.Create(1f), zero = V.Create(0f);
        V e = ExpOfNegative(-V.Abs(x));
        V quotient = Divide(V.SelectLess(x, zero, e, one), e, out V reciprocal, out V correction);
        complement = V.SelectLess(x, zero, reciprocal, e * reciprocal);
        return V.MultiplyAdd(correction, reciprocal, quotient);
    }

    /// <summary>x sigmoid(u + low), where u grows with x from 0, u is at least 109 below 0 at -limit and at least 18 at limit. At most 2 ULP, denormal results included.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V TimesSigmoid<V>(V x, V u, V low, float limit)
        where V : struct, IVectorF32<V>
    {
        V one = V.Create(1f), zero = V.Create(0f);
        V sign = x & V.Create(-0f);
        V p = ExpFraction(-V.Abs(u), -(low ^ sign), RoundingShift, out _, out V n);

        // Left of 0 the power of two waits until x is multiplied, so that only the result may be denormal.
        V quotient = Divide(V.SelectLess(x, zero, p, one), V.TimesPowerOfTwo(p, n), out V reciprocal, out V correction);
        V product = V.MultiplyAdd(x, quotient, x * (correction * reciprocal));
        return Saturate(x, limit, V.TimesPowerOfTwo(product, V.SelectLess(x, zero, n, zero)));
    }

    /// <summary>Beyond the limit, where x times a distribution function is x or -0 in float: those, and NaN at -infinity. Elsewhere the product.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V Saturate<V>(V x, float limit, V product)
        where V : struct, IVectorF32<V> =>
        V.SelectLess(V.Create(limit), V.Abs(x), x * V.SelectLess(x, V.Create(0f), V.Create(0f), V.Create(1f)), product);

    /// <summary>numerator / (1 + e), 0 &lt;= e &lt;= 1, and what has to be added to it times the reciprocal of 1 + e: it repairs the quotient and what 1 + e lost.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V Divide<V>(V numerator, V e, out V reciprocal, out V correction)
        where V : struct, IVectorF32<V>
    {
        V one = V.Create(1f);
        V denominator = one + e;
        V lost = e - (denominator - one);
        reciprocal = one / denominator;
        V quotient = numerator * reciprocal;
        correction = V.MultiplyAdd(-quotient, lost, V.MultiplyAdd(-quotient, denominator, numerator));
        return quotient;
    }

    /// <summary>An odd polynomial where |x| &lt; 0.84, elsewhere 1 - e^p(|x|) with the sign of x; the fit of p weighs errors by e^p.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Erf<V>(V x)
        where V : struct, IVectorF32<V>
    {
        // erf(3.95) is 1 in float.
        V size = V.Abs(x), t = V.Lesser(V.Create(3.95f), size);
        V p = V.MultiplyAdd(V.Create(2.045539004e-04f), t, V.Create(-3.126412164e-03f));
        p = V.MultiplyAdd(p, t, V.Create(2.255292609e-02f));
        p = V.MultiplyAdd(p, t, V.Create(-1.045955420e-01f));
        p = V.MultiplyAdd(p, t, V.Create(-6.364405751e-01f));
        p = V.MultiplyAdd(p, t, V.Create(-1.128106833e+00f));
        p = V.MultiplyAdd(p, t, V.Create(-9.364074504e-05f));
        V far = V.Create(1f) - ExpOfModerate(p);

        V z = x * x;
        V q = V.MultiplyAdd(V.Create(-6.353689241e-04f), z, V.Create(5.058436189e-03f));
        q = V.MultiplyAdd(q, z, V.Create(-2.680761367e-02f));
        q = V.MultiplyAdd(q, z, V.Create(1.128286943e-01f));
        q = V.MultiplyAdd(q, z, V.Create(-3.761259019e-01f));
        q = V.MultiplyAdd(q, z, V.Create(1.283791661e-01f));
        V near = V.MultiplyAdd(q, x, x);
        return V.SelectLess(size, V.Create(0.84f), near, far) | (x & V.Create(-0f));
    }

    /// <summary>x Phi(x), Phi the distribution function of the normal distribution.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V TimesNormalDistribution<V>(V x)
        where V : struct, IVectorF32<V>
    {
        // x Q(|x|) and x - x Q(|x|). t^2 / 2 is carried in two floats: e^u multiplies an error of u by |u|. The power of two waits until x is multiplied, so that only the result may be denormal.
        V t = V.Abs(x), half = t * V.Create(0.5f), u = half * t;
        V p = ExpFraction(-u, -V.MultiplyAdd(half, t, -u), RoundingShift, out _, out V n);
        V tail = V.TimesPowerOfTwo(x * (p * NormalTailRatio(t)), n);
        V far = V.SelectLess(x, V.Create(0f), tail, x - tail);

        // x / 2 is exact, and the rest is smaller; but near -1 the two nearly cancel, and there the large terms meet first.
        V z = x * x, slope = V.Create(NormalSlope), q = NormalSeries(z);
        V near = V.MultiplyAdd(x, V.MultiplyAdd(q, z, slope) * x, V.Create(0.5f) * x);
        V cancelling = V.MultiplyAdd(q * z * x, x, V.MultiplyAdd(slope, x, V.Create(0.5f)) * x);
        near = V.SelectLess(x, V.Create(-0.5f), cancelling, near);
        return Saturate(x, NormalLimit, V.SelectLess(t, V.Create(1f), near, far));
    }

    /// <summary>The derivative of <see cref="TimesNormalDistribution"/>: with t = |x|, Q(t) - t phi(t) left of 0, and 1 less that right of it.</summary>
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

    /// <summary>S(z) with Phi(x) = 1/2 + x (slope + z S(z)), z = x^2 &lt;= 1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V NormalSeries<V>(V z)
        where V : struct, IVectorF32<V>
    {
        V q = V.MultiplyAdd(V.Create(-8.145926586e-06f), z, V.Create(1.149698146e-04f));
        q = V.MultiplyAdd(q, z, V.Create(-1.187987858e-03f));
        q = V.MultiplyAdd(q, z, V.Create(9.974156506e-03f));
        return V.MultiplyAdd(q, z, V.Create(-6.649053842e-02f));
    }
}
