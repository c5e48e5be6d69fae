using Backprop.Simd.Internal.Layers;

namespace Backprop.Simd;

/// <summary>A layer that has parameters: views of its slices of <see cref="Network.Parameters"/>.</summary>
public sealed class NetworkLayer
{
    private readonly Network _network;
    private readonly Layer _layer;
    private readonly int _offset;

    internal NetworkLayer(Network network, Layer layer, int offset)
    {
        _network = network;
        _layer = layer;
        _offset = offset;
    }

    /// <summary>Inputs of the layer (fanIn).</summary>
    public int InputSize => _layer.InputSize;

    /// <summary>Outputs of the layer (fanOut).</summary>
    public int OutputSize => _layer.OutputSize;

    /// <summary>Dense: [fanIn, fanOut] row-major, read in place by the next pass. LayerNorm and BatchNorm: the scale, [size].</summary>
    public Span<float> Weights => _network.Parameters.Slice(_offset, _layer.WeightCount);

    /// <summary>Dense: [fanOut]. LayerNorm and BatchNorm: the shift, [size].</summary>
    public Span<float> Bias => _network.Parameters.Slice(_offset + _layer.WeightCount, _layer.BiasCount);

    internal Layer Layer => _layer;

    internal int Offset => _offset;
}
