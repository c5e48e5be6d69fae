using System.Text.RegularExpressions;
using Xunit;

namespace Backprop.Simd.Tests;

/// <summary>Rule 3 of the same-bits rules: what differs between machines, or sums in an order of its own, may not compute results.</summary>
public sealed partial class ForbiddenCallTests
{
    private const string Transcendental =
        "Exp|ExpM1|Exp2|Exp2M1|Exp10|Exp10M1|Log|LogP1|Log2|Log2P1|Log10|Log10P1|Pow|Cbrt|RootN|Hypot|Sin|Cos|Tan|SinCos|SinPi|CosPi|TanPi|SinCosPi"
        + "|Asin|Acos|Atan|Atan2|AsinPi|AcosPi|AtanPi|Atan2Pi|Sinh|Cosh|Tanh|Asinh|Acosh|Atanh";

    private static readonly (string Pattern, string Why)[] s_rules =
    [
        (@"\bMathF?\.(?!(?:PI|Sqrt|Abs|Floor|FusedMultiplyAdd|Min|Max|Clamp|Sign|CopySign|BigMul|DivRem|BitIncrement|BitDecrement)\b)\w+", "the C library's functions differ between systems"),
        ($@"\b(?:float|double|Single|Double|Half)\.(?:{Transcendental})\b", "the C library's functions differ between systems"),
        ($@"\bVector(?:64|128|256|512)?(?:<\w+>)?\.(?:{Transcendental})\b", "the framework's polynomials change between versions and widths"),
        (@"\bVector(?:64|128|256|512)?(?:<\w+>)?\.(?:Sum|Dot)\b", "the order of summation depends on the width"),
        (@"\bTensorPrimitives\.(?!(?:Add|Subtract|Multiply|Negate|Abs)\b)\w+", "only exact elementwise work: the rest sums or approximates in its own way"),
        (@"(?<!\bReduce)\.(?:Sum|Average|Aggregate)\(", "LINQ sums"),
        (@"\b(?!MultiplyAddEstimate\b)\w*Estimate\b", "estimates differ between CPUs"),
        (@"\bReciprocal(?:Sqrt)?(?:Scalar|14|28)?\(", "estimates differ between CPUs"),
        (@"\b(?:Min|Max|ConvertTo\w+|Clamp|Shuffle)Native\b", "corners differ between CPUs"),
        (@"\bnew Random\b|\bRandom\.Shared\b", "random numbers come from the documented generator"),
        (@"\bParallel\.|\.AsParallel\(", "work is split by the pool"),
    ];

    // Where a rule may be broken, and why. An entry that nothing needs any more fails the test.
    private static readonly (string Path, string Pattern, string Reason)[] s_allowed =
    [
        ("Simd/F32x4.cs", "ConvertToInt32Native", "FloatToIntTruncated: its callers clamp, and below 2^31 all conversions agree"),
        ("Simd/F32x8.cs", "ConvertToInt32Native", "the same"),
        ("Simd/F32x16.cs", "ConvertToInt32Native", "the same"),
        ("Simd/F32xN.cs", "ConvertToInt32Native", "the same"),
        ("Losses/SoftmaxCrossEntropy.cs", "Math.Exp", "LogSumExp of the double-precision reference"),
        ("Losses/SoftmaxCrossEntropy.cs", "Math.Log", "the same"),
    ];

    [Fact]
    public void Results_are_computed_without_forbidden_calls()
    {
        var unused = new HashSet<(string, string, string)>(s_allowed);
        var violations = new List<string>();
        foreach ((string path, string code) in SourceTree.LibraryFiles)
        {
            foreach ((int position, string call, string why) in Find(path, code))
            {
                var permission = s_allowed.FirstOrDefault(entry => entry.Path == path && call.Contains(entry.Pattern, StringComparison.Ordinal));
                if (permission.Path is null)
                    violations.Add($"{path}({LineOf(code, position)}): {call}: {why}");
                else
                    unused.Remove(permission);
            }
        }

        Assert.True(violations.Count == 0, string.Join("\n", violations));
        Assert.Empty(unused);
    }

    [Fact]
    public void Hardware_vectors_are_named_in_the_Simd_folder_alone()
    {
        IEnumerable<string> strays =
            from file in SourceTree.LibraryFiles
            where SourceTree.FolderOf(file.Path) != "Simd"
            from Match use in HardwareVector().Matches(file.Code)
            select $"{file.Path}({LineOf(file.Code, use.Index)}): {use.Value}";
        Assert.Empty(strays);
    }

    /// <summary>
    /// A loop that is optimised at once, but may be inlined, is inlined by tier 1 into its caller, where the JIT's budget runs out in the middle of the formula:
    /// what is left over becomes calls, and exp takes 100 times as long.
    /// </summary>
    [Fact]
    public void A_loop_that_is_optimised_at_once_is_not_inlined()
    {
        IEnumerable<string> strays =
            from file in SourceTree.LibraryFiles
            from Match attribute in ImmediateOptimization().Matches(file.Code)
            where !attribute.Value.Contains("NoInlining", StringComparison.Ordinal)
            select $"{file.Path}({LineOf(file.Code, attribute.Index)})";
        Assert.Empty(strays);
        Assert.Contains(SourceTree.LibraryFiles, file => ImmediateOptimization().IsMatch(file.Code));
    }

    [Theory]
    [InlineData("float y = MathF.Exp(x);")]
    [InlineData("double y = Math.Pow(x, 2);")]
    [InlineData("var y = float.Tanh(x);")]
    [InlineData("var y = Vector256.Exp(x);")]
    [InlineData("var y = Vector512.Sum(x);")]
    [InlineData("var y = Vector.Dot(x, x);")]
    [InlineData("var y = TensorPrimitives.SoftMax(x, y);")]
    [InlineData("var y = values.Sum();")]
    [InlineData("var y = Vector128.ReciprocalEstimate(x);")]
    [InlineData("var y = Avx.Reciprocal(x);")]
    [InlineData("var y = Vector128.MinNative(x, x);")]
    [InlineData("var y = new Random(1);")]
    [InlineData("Parallel.For(0, 1, f);")]
    public void The_scan_finds(string statement) =>
        Assert.NotEmpty(Find("Losses/Example.cs", $"    private static float Example(float x)\n    {{\n        {statement}\n    }}\n"));

    [Theory]
    [InlineData("float y = MathF.Sqrt(x);")]
    [InlineData("var y = Vector512.MultiplyAddEstimate(x, x, x);")]
    [InlineData("var y = Reduce.Sum(x, 3);")]
    [InlineData("TensorPrimitives.Add(x, x, x);")]
    [InlineData("var y = Math.Max(1, 2);")]
    public void The_scan_leaves_alone(string statement) =>
        Assert.Empty(Find("Losses/Example.cs", $"    private static float Example(float x)\n    {{\n        {statement}\n    }}\n"));

    [Fact]
    public void A_reference_may_use_the_C_library_and_the_method_after_it_may_not()
    {
        const string Code = """
                public double ReferenceDerivative(double x)
                {
                    return Math.Exp(x);
                }

                public V Forward<V>(V x)
                {
                    return Math.Exp(x);
                }
            """;
        (int position, _, _) = Assert.Single(Find("Activations/Example.cs", Code));
        Assert.Equal(8, LineOf(Code, position));
    }

    private static IEnumerable<(int Position, string Call, string Why)> Find(string path, string code) =>
        from rule in s_rules
        from Match match in Regex.Matches(code, rule.Pattern, RegexOptions.CultureInvariant)
        where !IsReference(path, code, match.Index)
        select (match.Index, match.Value, rule.Why);

    // References in double precision serve verification: the gradient checker, its functions, and members named so in activations and losses.
    private static bool IsReference(string path, string code, int position)
    {
        if (SourceTree.FolderOf(path) == "Verification" || path == "Elementwise/DoubleMath.cs")
            return true;
        Match? member = Member().Matches(code[..position]).LastOrDefault();
        return member is not null && member.Groups[1].Value.Contains("Reference", StringComparison.Ordinal);
    }

    private static int LineOf(string code, int position) => code.AsSpan(0, position).Count('\n') + 1;

    [GeneratedRegex(@"^ +(?:(?:public|private|internal|protected|static|override|abstract|sealed|unsafe|readonly|partial) )+(?:[\w<>\[\]?*.,() ]+? )?(\w+)(?:<[\w, ]+>)?(?=\s*(?:\(|=>|\{|=|;|\r?\n))", RegexOptions.Multiline)]
    private static partial Regex Member();

    [GeneratedRegex(@"\[MethodImpl\([^\]]*AggressiveOptimization[^\]]*\]")]
    private static partial Regex ImmediateOptimization();

    [GeneratedRegex(@"\b(?:Vector(?:64|128|256|512)|Avx\w*|Fma|Sse\w*|AdvSimd)\b")]
    private static partial Regex HardwareVector();
}
