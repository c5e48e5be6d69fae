using Backprop.Simd.Internal.Activations;
using Backprop.Simd.Internal.Layers;
using Backprop.Simd.Internal.Memory;

namespace Backprop.Simd;

/// <summary>Describes a network layer by layer. <see cref="Build"/> may be called again and again: networks share nothing.</summary>
public sealed class NetworkBuilder
{
    private readonly List<Layer> _blocks = [];
    private readonly int _inputs;
    private int _width;

    /// <summary>Starts a description.</summary>
    /// <param name="inputs">Values of one example; at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="inputs"/> is below 1.</exception>
    public NetworkBuilder(int inputs)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(inputs, 1);
        _inputs = _width = inputs;
    }

    /// <summary>Adds y = activation(x W + b), W [fanIn, units] and b [units], drawn from U(-1/sqrt(fanIn), 1/sqrt(fanIn)).</summary>
    /// <param name="units">Outputs (fanOut); at least 1.</param>
    /// <param name="activation">Default: Identity. Softmax only in the last layer.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="units"/> is below 1 or the weights could not be addressed.</exception>
    /// <exception cref="InvalidOperationException">A layer follows Softmax.</exception>
    public NetworkBuilder Dense(int units, Activation activation = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(units, 1);
        long weights = (long)_width * units;
        if (weights + units > AlignedBuffer.MaximumLength)
            throw new ArgumentOutOfRangeException(nameof(units), units, $"{_width} x {units} weights are more than the {AlignedBuffer.MaximumLength} floats that can be addressed.");
        return Add(new Dense(_width, units, activation.Kind));
    }

    /// <summary>Adds dropout: in training an element becomes 0 with probability <paramref name="rate"/>, and the others are divided by 1 - rate.</summary>
    /// <param name="rate">0 to below 1.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="rate"/> is outside 0 to below 1.</exception>
    /// <exception cref="InvalidOperationException">A layer follows Softmax.</exception>
    public NetworkBuilder Dropout(double rate) => Add(new Dropout(_width, HyperParameter.BelowOne(rate)));

    /// <summary>Adds y = (x - mean) / sqrt(variance + 1e-5) scale + shift, mean and variance over each example's values (J. Ba, J. Kiros, G. Hinton 2016).</summary>
    /// <exception cref="InvalidOperationException">A layer follows Softmax.</exception>
    public NetworkBuilder LayerNorm() => Add(new LayerNorm(_width));

    /// <summary>
    /// Adds y = (x - mean) / sqrt(variance + 1e-5) scale + shift, mean and variance over the batch in training and running ones otherwise (S. Ioffe, C. Szegedy 2015).
    /// A training batch needs at least 2 examples.
    /// </summary>
    /// <param name="momentum">Weight of a batch in the running statistics; 0 to 1.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="momentum"/> is outside 0 to 1.</exception>
    /// <exception cref="InvalidOperationException">A layer follows Softmax.</exception>
    public NetworkBuilder BatchNorm(double momentum = 0.1)
    {
        if (!(momentum is >= 0 and <= 1))
            throw new ArgumentOutOfRangeException(nameof(momentum), momentum, FormattableString.Invariant($"momentum must be 0 to 1; it is {momentum}."));
        return Add(new BatchNorm(_width, momentum));
    }

    /// <summary>Adds y = (x - shift) factor + offset, the scaling of the inputs: the network, its files and what is exported of it then take numbers as they are, in training too.</summary>
    /// <param name="scaler">Its values are copied; nothing trains them.</param>
    /// <exception cref="ArgumentException"><paramref name="scaler"/> has another number of inputs.</exception>
    /// <exception cref="InvalidOperationException">It is not the first layer.</exception>
    public NetworkBuilder Scale(InputScaler scaler)
    {
        ArgumentNullException.ThrowIfNull(scaler);
        if (scaler.InputSize != _inputs)
            throw new ArgumentException($"scaler has {scaler.InputSize} inputs; this network has {_inputs}.", nameof(scaler));
        return AddScale(scaler.ToLayer());
    }

    /// <summary>Makes the network; the same seed gives the same bits on every machine.</summary>
    /// <param name="seed">Of the random weights and biases.</param>
    /// <exception cref="InvalidOperationException">No layer was added, or the parameters could not be addressed.</exception>
    public Network Build(ulong seed)
    {
        Network network = BuildUninitialized();
        network.Initialize(seed);
        return network;
    }

    internal IReadOnlyList<Layer> Blocks => _blocks;

    /// <summary>All parameters +0: for a reader that fills them.</summary>
    internal Network BuildUninitialized()
    {
        if (_blocks.Count == 0)
            throw new InvalidOperationException($"The network of {_inputs} inputs has no layer: call Dense first.");
        return new Network([.. _blocks]);
    }

    /// <summary>Values that a reader fills.</summary>
    internal NetworkBuilder AddScale(Scale layer) =>
        _blocks.Count == 0 ? Add(layer) : throw new InvalidOperationException("Scale scales the network's inputs: it must be the first layer.");

    private NetworkBuilder Add(Layer layer)
    {
        if (_blocks.Count > 0 && _blocks[^1] is Dense { Activation.Id: ActivationId.Softmax })
            throw new InvalidOperationException("Softmax is possible in the last layer only; no layer can follow it.");
        _blocks.Add(layer);
        _width = layer.OutputSize;
        return this;
    }
}
