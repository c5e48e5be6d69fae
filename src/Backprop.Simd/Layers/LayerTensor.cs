namespace Backprop.Simd.Internal.Layers;

/// <summary>Which of the network's arenas holds a tensor.</summary>
internal enum TensorPlace
{
    Parameters,
    Statistics,
    Counters,
}

/// <summary>A tensor of a layer, as files know it.</summary>
/// <param name="Name">PyTorch's name of it within its module.</param>
/// <param name="Place">Where its elements lie.</param>
/// <param name="Offset">First element, counted from the start of the layer's slice.</param>
/// <param name="Shape">Dimensions in the file; with two of them the elements lie transposed in memory. A counter has none.</param>
internal readonly record struct LayerTensor(string Name, TensorPlace Place, int Offset, long[] Shape);
