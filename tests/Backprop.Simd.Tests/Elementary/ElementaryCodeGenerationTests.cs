using System.Runtime.Intrinsics.X86;
using Backprop.Simd.Kernels;
using Xunit;

namespace Backprop.Simd.Tests;

/// <summary>What the JIT makes of long formulas, which are close to what it still inlines.</summary>
public sealed class ElementaryCodeGenerationTests
{
    [Fact]
    public void Formulas_with_tables_are_inlined_and_look_up_bytes_for_pairs_of_vectors()
    {
        Assert.SkipUnless(Avx2.IsSupported && Fma.IsSupported, "The test reads x64 code with AVX2 and FMA.");
        string path = Path.Combine(Path.GetTempPath(), $"backprop-pairs-{Guid.NewGuid():N}.txt");
        try
        {
            ChildProcess.Result child = ChildProcess.Run(Apply, ("DOTNET_EnableAVX512", "0"), ("DOTNET_JitDisasm", "InPairsAlone"), ("DOTNET_JitStdOutFile", path));
            Assert.True(child.ExitCode == 0, child.Output);
            string[] methods = JitListing.Methods(File.ReadAllText(path));

            // Four planes for each row that is looked up.
            foreach ((string formula, int rows) in ((string, int)[])[("Forward`1[Backprop.Simd.Internal.Activations.Tanh]", 8), ("Forward`1[Backprop.Simd.Internal.Activations.GELU]", 7), ("Forward`1[Backprop.Simd.Internal.Activations.Sigmoid]", 2), ("Backward`1[Backprop.Simd.Internal.Activations.SiLU]", 2)])
            {
                string[] loop = JitListing.LoopWithMostMultiplyAdds(Assert.Single(methods, text => text.Contains(formula, StringComparison.Ordinal)));
                string code = string.Join('\n', loop);
                Assert.True(loop.Count(line => line.Contains("vpshufb", StringComparison.Ordinal)) == 4 * rows, code);
                Assert.DoesNotMatch(JitListing.Call(), code);
                Assert.DoesNotMatch(JitListing.VectorOnStack(), code);
            }
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static void Apply()
    {
        float[] x = new float[100], y = new float[100];
        VectorMath.Tanh(x, y);
        VectorMath.Sigmoid(x, y);
        Activations.Forward(Activation.GELU, x, y);
        Activations.Backward(Activation.SiLU, x, x, x, y);
    }
}
