using Backprop.Simd.Internal.IO;

namespace Backprop.Simd;

/// <summary>Writes a network as C# source: one class that computes its outputs and refers to nothing but .NET.</summary>
public static class CSharpExport
{
    /// <summary>
    /// Writes one static class with <c>Predict(ReadOnlySpan&lt;float&gt; inputs, Span&lt;float&gt; outputs)</c> for any number of examples and <c>Classify(ReadOnlySpan&lt;float&gt; input)</c>,
    /// the weights as static data in the assembly. It allocates nothing (beyond a width of 8192: two buffers per thread, and <c>Classify</c> its outputs), may be called from any number of threads, needs .NET 9 or later and C# 12,
    /// and compiles without unsafe code and under NativeAOT.
    /// </summary>
    /// <remarks>
    /// The outputs are the bits of <see cref="Predictor.Predict(ReadOnlySpan{float})"/> wherever the same-bits promise holds: the sums have the same order, and the activations are the same source. The promise needs FMA;
    /// under NativeAOT that means to set IlcInstructionSet. The compiler takes minutes for tens of millions of weights.
    /// </remarks>
    /// <param name="network">Its current parameters and running statistics are written, every float exactly (a NaN as one NaN).</param>
    /// <param name="writer">Gets the text.</param>
    /// <param name="namespace">As in <c>Company.Product</c>.</param>
    /// <param name="className">Name of the class.</param>
    /// <exception cref="ArgumentException"><paramref name="namespace"/> or <paramref name="className"/> is no name in C#, or the class needs the name for a member.</exception>
    public static void Write(Network network, TextWriter writer, string @namespace, string className)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(writer);
        ArgumentNullException.ThrowIfNull(@namespace);
        ArgumentNullException.ThrowIfNull(className);
        new CSharpWriter(network, writer).Write(CSharpName.Namespace(@namespace, nameof(@namespace)), CSharpName.Class(className, nameof(className)));
    }
}
