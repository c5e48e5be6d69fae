using System.Globalization;
using System.Runtime.Intrinsics.X86;
using System.Text.RegularExpressions;
using Backprop.Simd.Internal.MatrixProduct;
using Backprop.Simd.Internal.Simd;
using Xunit;

namespace Backprop.Simd.Tests;

/// <summary>What the JIT makes of inner loops: a timing test without a clock.</summary>
public sealed partial class GemmCodeGenerationTests
{
    [Theory]
    [InlineData("DOTNET_TieredCompilation", "1")]
    [InlineData("DOTNET_EnableAVX512", "0")]
    [InlineData("DOTNET_PreferredVectorBitWidth", "128")]
    public void The_loop_of_a_tile_is_loads_broadcasts_and_multiply_adds(string knob, string value)
    {
        Assert.SkipUnless(Fma.IsSupported, "The test reads x64 code with FMA.");
        string path = Path.Combine(Path.GetTempPath(), $"backprop-tile-{Guid.NewGuid():N}.txt");
        try
        {
            ChildProcess.Result child = ChildProcess.Run(MultiplyLargestTiles, (knob, value), ("DOTNET_JitDisasm", "Tile"), ("DOTNET_JitStdOutFile", path));
            Assert.True(child.ExitCode == 0, child.Output);
            string[] expected = child.Report.Trim().Split(' ');
            string register = expected[0];
            string[] methods = JitListing.Methods(File.ReadAllText(path));
            foreach (string tile in expected[1..])
            {
                int[] numbers = Array.ConvertAll(tile.Split('x'), text => int.Parse(text, CultureInfo.InvariantCulture));
                (int steps, int rows, int vectors, bool inPanels) = (numbers[0], numbers[1], numbers[2], numbers[3] != 0);
                // 4 packs besides, 5 and 6 are for panels.
                string method = Assert.Single(methods, text => Numbers(Sizes().Match(text)) is [int i, int kind, int j] && i == rows && j == vectors && (inPanels ? kind > 4 : kind < 4));
                string[] loop = JitListing.LoopWithMostMultiplyAdds(method);
                string code = string.Join('\n', loop);
                Assert.True(steps * rows * vectors == loop.Count(line => line.Contains($"vfmadd231ps {register}", StringComparison.Ordinal)), code);
                // With sixteen registers a step moves two pointers besides, in panels a turn does, and counts.
                int most = (steps * ((rows * vectors) + rows + vectors + (inPanels ? 0 : 2))) + (inPanels ? 4 : 2);
                Assert.True(steps == 1 || loop.Count(line => Instruction().IsMatch(line)) <= most, code);
                Assert.DoesNotContain("call", code, StringComparison.Ordinal);
                Assert.DoesNotMatch(StackReference(), code);
                Assert.DoesNotMatch(RegisterCopy(), code);
            }
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Theory]
    [InlineData("DOTNET_TieredCompilation", "1")]
    [InlineData("DOTNET_EnableAVX512", "0")]
    public void The_loops_of_dots_are_loads_and_multiply_adds(string knob, string value)
    {
        Assert.SkipUnless(Avx2.IsSupported && Fma.IsSupported, "The test reads x64 code with AVX2 and FMA.");
        string path = Path.Combine(Path.GetTempPath(), $"backprop-dots-{Guid.NewGuid():N}.txt");
        try
        {
            ChildProcess.Result child = ChildProcess.Run(MultiplyFewRows, (knob, value), ("DOTNET_JitDisasm", "Dots"), ("DOTNET_JitStdOutFile", path));
            Assert.True(child.ExitCode == 0, child.Output);
            var rows = new HashSet<int>();
            foreach (string method in JitListing.Methods(File.ReadAllText(path)))
            {
                int[] sizes = Numbers(Sizes().Match(method));
                string[] loop = JitListing.LoopWithMostMultiplyAdds(method);
                string code = string.Join('\n', loop);
                Assert.True(sizes[0] * sizes[1] * sizes[2] == loop.Count(line => line.Contains("vfmadd231ps", StringComparison.Ordinal)), code);
                Assert.DoesNotMatch(JitListing.VectorOnStack(), code);
                Assert.DoesNotMatch(RegisterCopy(), code);
                rows.Add(sizes[1]);
            }

            Assert.Superset(new HashSet<int> { 2, 3, 4 }, rows);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Theory]
    [InlineData("DOTNET_TieredCompilation", "1")]
    [InlineData("DOTNET_EnableAVX512", "0")]
    [InlineData("DOTNET_PreferredVectorBitWidth", "256")]
    [InlineData("DOTNET_PreferredVectorBitWidth", "128")]
    public void Epilogues_in_registers_are_inlined(string knob, string value)
    {
        Assert.SkipUnless(Fma.IsSupported, "The test reads x64 code with FMA.");
        string path = Path.Combine(Path.GetTempPath(), $"backprop-tile-{Guid.NewGuid():N}.txt");
        try
        {
            ChildProcess.Result child = ChildProcess.Run(TrainOnManyTiles, (knob, value), ("DOTNET_JitDisasm", "Tile"), ("DOTNET_JitStdOutFile", path));
            Assert.True(child.ExitCode == 0, child.Output);
            string listing = File.ReadAllText(path);
            // Low tiles are those of 16 registers, and of 512 bits where such a store takes two cycles.
            bool low = knob == "DOTNET_EnableAVX512" || (knob == "DOTNET_TieredCompilation" && GemmBlocking.HasLowTiles<F32x16>(64, 16, 1, 64));
            foreach (string activation in low ? (string[])["Identity", "ReLU", "LeakyReLU", "HardSwish"] : ["Identity", "ReLU"])
                Assert.Contains($"BiasActivation`1[Backprop.Simd.Internal.Activations.{activation}]", listing, StringComparison.Ordinal);
            Assert.Contains("DerivativeBelow`1[Backprop.Simd.Internal.Activations.ReLU]", listing, StringComparison.Ordinal);
            if (low)
                Assert.Contains("UpdateEpilogue`1[Backprop.Simd.Internal.Optimizers.Sgd]", listing, StringComparison.Ordinal);
            Assert.DoesNotMatch(JitListing.Call(), listing);
        }
        finally
        {
            File.Delete(path);
        }
    }

    // Heights of 1 to 14 rows, widths of 1 to 4 vectors, few steps and many.
    private static void TrainOnManyTiles()
    {
        foreach (int batch in (int[])[28, 39, 52, 96, 200])
        {
            using var trainer = new Trainer(
                new NetworkBuilder(100).Dense(112, Activation.Identity).Dense(80, Activation.ReLU).Dense(96, Activation.LeakyReLU(0.01)).Dense(64, Activation.HardSwish)
                    .Dense(128, Activation.LeakyReLU(0.01)).Dense(100, Activation.ReLU).Dense(64, Activation.ReLU).Dense(48, Activation.LeakyReLU(0.01)).Dense(64, Activation.HardSwish)
                    .Dense(32, Activation.LeakyReLU(0.01)).Dense(20, Activation.ReLU).Build(1),
                Loss.MeanSquaredError, Optimizer.Sgd(0.01), new TrainerOptions { MaxBatchSize = batch });
            trainer.Step(new float[100 * batch], new float[20 * batch]);
        }

        // Panels on both sides, with sixteen registers.
        using var wide = new Trainer(
            new NetworkBuilder(100).Dense(320, Activation.Identity).Dense(336, Activation.ReLU).Dense(304, Activation.LeakyReLU(0.01)).Dense(320, Activation.HardSwish).Dense(320, Activation.ReLU).Build(1),
            Loss.MeanSquaredError, Optimizer.Sgd(0.01), new TrainerOptions { MaxBatchSize = 200 });
        wide.Step(new float[100 * 200], new float[320 * 200]);
    }

    private static void MultiplyLargestTiles()
    {
        int high = GemmBlocking.TilesOfRows(14 * 6, 2, low: false).Largest, middle = GemmBlocking.TilesOfRows(48, 3, low: false).Largest;
        int lanes = SimdInfo.Tier switch
        {
            SimdTier.Vector512 => 16,
            SimdTier.Vector256 => 8,
            _ => 4,
        };
        int wide = GemmBlocking.TilesOfRows(48, 4, lanes == 16 && GemmBlocking.HasLowTiles<F32x16>(64, 16, 1, 64)).Largest;
        foreach ((int m, int n, int k) in ((int, int, int)[])[(4 * high, 64, 65), (48, 7 * lanes, 65), (48, 64, 16), .. Tiers.HasThirtyTwoRegisters ? [] : ((int, int, int)[])[(80, 320, 68)]])
        {
            var product = new GemmCase(false, false, m, n, k);
            product.AssertEqual(product.Expected(), product.Multiply());
        }

        string register = SimdInfo.Tier switch
        {
            SimdTier.Vector512 => "zmm",
            SimdTier.Vector256 => "ymm",
            _ => "xmm",
        };
        ChildProcess.Report(Tiers.HasThirtyTwoRegisters ? $"{register} 1x{high}x2x0 1x{middle}x3x0 1x{wide}x4x0" : $"{register} 2x{high}x2x0 2x{middle}x3x0 4x{high}x2x1");
    }

    // One row has another kernel on vectors of 16 lanes.
    private static void MultiplyFewRows()
    {
        for (int m = 1; m <= 4; m++)
        {
            var product = new GemmCase(false, true, m, 64, 160);
            product.AssertEqual(product.Expected(), product.Multiply());
        }
    }

    private static int[] Numbers(Match match) => [.. match.Groups.Values.Skip(1).Where(group => group.Success).Select(group => int.Parse(group.Value, CultureInfo.InvariantCulture))];

    // Of a tile rows, what is done besides, and vectors; of dots vectors, rows and columns.
    [GeneratedRegex(@"MatrixProduct\.N(\d+),Backprop\.Simd\.Internal\.MatrixProduct\.N(\d+),Backprop\.Simd\.Internal\.MatrixProduct\.N(\d+)\]\(")]
    private static partial Regex Sizes();

    [GeneratedRegex(@"^\s+(?!align)[a-z]")]
    private static partial Regex Instruction();

    [GeneratedRegex(@"\[r[sb]p")]
    private static partial Regex StackReference();

    [GeneratedRegex(@"vmov[a-z]+\s+[xyz]mm\d+, [xyz]mm\d+")]
    private static partial Regex RegisterCopy();
}
