using System.Globalization;
using Backprop.Simd.Accuracy;
using Backprop.Simd.Internal.Elementwise;
using Xunit;

namespace Backprop.Simd.Tests;

/// <summary>The exhaustive survey of perf/Backprop.Simd.Accuracy, sampled.</summary>
public sealed class AccuracyTests
{
    // A prime, so that samples fall on all mantissas; every binade is met some 8,000 times.
    private const int Stride = 1021;

    public static TheoryData<string> Functions => ["exp", "log", "tanh", "sigmoid", "erf"];

    public static TheoryData<string> Names => new(Subject.All.Select(subject => subject.Name));

    [Theory]
    [MemberData(nameof(Functions))]
    public void Elementary_functions_stay_within_2_ULP(string name)
    {
        Subject subject = Find(name);
        Survey survey = Survey.Of(subject, Stride);
        Report(name, survey);
        Assert.True(survey.Worst.Ulp <= Tolerance.ElementaryUlp, Describe(name, survey));
        Assert.Equal(0, survey.WrongSpecials);
        if (subject.Odd)
            Assert.Equal(0, survey.OddBroken);
        if (subject.Monotone && SimdInfo.FusedMultiplyAdd)
            Assert.Equal(0, survey.MonotoneBroken);
    }

    /// <summary>Denormal results included: SiLU and GELU multiply by x before they scale down.</summary>
    [Theory]
    [InlineData("LeakyReLU(0.01)")]
    [InlineData("ELU(1)")]
    [InlineData("ELU(1)'")]
    [InlineData("Softplus")]
    [InlineData("Softplus'")]
    [InlineData("Sigmoid")]
    [InlineData("Tanh")]
    [InlineData("GELUTanh")]
    [InlineData("SiLU")]
    [InlineData("HardSwish")]
    public void Activations_stay_within_2_ULP(string name)
    {
        Assert.SkipUnless(SimdInfo.FusedMultiplyAdd, "Arguments in two floats need fused multiply-add.");
        Survey survey = Survey.Of(Find(name), Stride);
        Report(name, survey);
        Assert.True(survey.Worst.Ulp <= 2, Describe(name, survey));
    }

    [Fact]
    public void Gelu_is_exact_to_2_ULP_from_minus_one_on_and_absolutely_below()
    {
        Survey survey = Survey.Of(Find("GELU"), Stride);
        Report("GELU", survey);
        Assert.True(survey.WorstFromMinusOne.Ulp <= Tolerance.ElementaryUlp, Describe("GELU", survey));
        Assert.True(survey.WorstScaled.Scaled <= (SimdInfo.FusedMultiplyAdd ? 1 : 4), Describe("GELU", survey));
    }

    /// <summary>Two polynomials of positive terms (4 and 5 steps), their quotient, an exponential within an ULP, two products: at most 13 roundings, and an ULP is at least 2^-24 of its float.</summary>
    [Fact]
    public void The_tail_of_gelu_keeps_its_digits()
    {
        Assert.SkipUnless(SimdInfo.FusedMultiplyAdd, "Arguments in two floats need fused multiply-add.");
        Survey survey = Survey.Of(Find("GELU"), Stride);
        Assert.True(survey.Worst.Ulp <= 13, Describe("GELU", survey));
    }

    /// <summary>Activations and derivatives are sums and products of at most a dozen correctly rounded or 2-ULP terms, each of which is at most |x| + 1.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public void Activations_and_derivatives_stay_close_to_double_precision(string name)
    {
        Survey survey = Survey.Of(Find(name), Stride);
        Report(name, survey);
        Assert.Equal(0, survey.WrongSpecials);
        bool derivative = name.EndsWith('\'');
        if (derivative)
            Assert.True(survey.WorstAbsolute.Absolute <= 12 * Tolerance.ElementaryUlp, Describe(name, survey));
        else
            Assert.True(survey.WorstScaled.Scaled <= 2 * Tolerance.ElementaryUlp, Describe(name, survey));
    }

    [Theory]
    [InlineData(0.5, 0.52049987781304653768)]
    [InlineData(1, 0.84270079294971486934)]
    [InlineData(2, 0.99532226501895273416)]
    [InlineData(3, 0.99997790950300141456)]
    public void The_reference_erf_agrees_with_the_tables(double x, double expected)
    {
        Assert.Equal(expected, DoubleMath.Erf(x), 2e-16 * 8);
        Assert.Equal(-expected, DoubleMath.Erf(-x), 2e-16 * 8);
        Assert.Equal(1 - expected, DoubleMath.ComplementaryErf(x), 1e-15);
    }

    [Fact]
    public void The_reference_erfc_is_smooth_where_its_formulas_meet()
    {
        // erfc(5) and erfc(10), NIST DLMF tables
        Assert.Equal(1, DoubleMath.ComplementaryErf(5) / 1.5374597944280348502e-12, 1e-13);
        Assert.Equal(1, DoubleMath.ComplementaryErf(10) / 2.0884875837625447570e-45, 1e-13);
        Assert.Equal(1, DoubleMath.ComplementaryErf(2) / DoubleMath.ComplementaryErf(Math.BitDecrement(2.0)), 1e-12);
    }

    private static Subject Find(string name) => Subject.All.Single(subject => subject.Name == name);

    private static void Report(string name, Survey survey) => TestContext.Current.TestOutputHelper?.WriteLine(Describe(name, survey));

    private static string Describe(string name, Survey s) => string.Create(CultureInfo.InvariantCulture,
        $"{name}: {s.Worst.Ulp:f3} ULP at {s.Worst.At:g9}; from -1 on {s.WorstFromMinusOne.Ulp:f3} at {s.WorstFromMinusOne.At:g9}; below -1 {s.WorstScaled.Scaled:f3} 2^-24 |x| at {s.WorstScaled.At:g9}; absolute {s.WorstAbsolute.Absolute:g4} 2^-24 at {s.WorstAbsolute.At:g9}; specials wrong {s.WrongSpecials} ({s.FirstWrongSpecial:g9})");
}
