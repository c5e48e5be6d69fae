using Backprop.Simd.Internal.MatrixProduct;

namespace Backprop.Simd.Internal.Layers;

/// <summary>The products of a <see cref="Dense"/> layer for one number of rows, made before the pass. (4-16-3, one example: a step 205 to 195 ns, inference 52 to 41.)</summary>
internal sealed class DenseProducts
{
    /// <summary>y = x W.</summary>
    public GemmArguments Output;

    /// <summary>dW = x^T dz.</summary>
    public GemmArguments WeightGradient;

    /// <summary>dx = dz W^T.</summary>
    public GemmArguments InputGradient;

    /// <summary>Whether plain SGD updates a weight as soon as its gradient is summed up.</summary>
    public bool UpdatesInTiles;
}
