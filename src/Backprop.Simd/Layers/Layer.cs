namespace Backprop.Simd.Internal.Layers;

/// <summary>One layer: its shape and formulas. It holds no numbers: they lie in the arenas that each pass hands it.</summary>
internal abstract class Layer(int inputSize, int outputSize)
{
    public int InputSize { get; } = inputSize;

    public int OutputSize { get; } = outputSize;

    /// <summary>Weights (or scales), first in the layer's slice.</summary>
    public virtual int WeightCount => 0;

    /// <summary>Biases (or shifts), after the weights.</summary>
    public virtual int BiasCount => 0;

    public int ParameterCount => checked(WeightCount + BiasCount);

    /// <summary>Running statistics: state of the network that no gradient reaches.</summary>
    public virtual int StatisticsCount => 0;

    /// <summary>Integers of state of the network.</summary>
    public virtual int CounterCount => 0;

    /// <summary>Fewest examples that a training pass makes sense with.</summary>
    public virtual int MinimumTrainingRows => 1;

    /// <summary>Floats per example that the forward pass keeps for the backward pass beside input and output.</summary>
    public virtual int SavedPerRow => 0;

    /// <summary>Whether <see cref="Forward"/> outside training gives its input, so that the pass can be left out.</summary>
    public virtual bool IsIdentityInInference => false;

    /// <summary>The layer as text with its input size and every setting, floats as bits: a part of the fingerprint, and of files.</summary>
    public abstract string Description { get; }

    /// <summary>What files keep of the layer's state.</summary>
    public virtual LayerTensor[] Tensors => [];

    /// <summary>Modules that the layer is in a torch.nn.Sequential, whose number names the tensors.</summary>
    public virtual int ModuleCount => 1;

    /// <summary>Floats of packing buffer that a thread needs for batches of at most <paramref name="maxRows"/>.</summary>
    public virtual int ScratchFloats(int maxRows, bool training) => 0;

    /// <summary>Fills the layer's slice of the parameters.</summary>
    public virtual void Initialize(Span<float> parameters, ulong key)
    {
    }

    /// <summary>Fills the layer's slice of the running statistics.</summary>
    public virtual void InitializeStatistics(Span<float> statistics)
    {
    }

    /// <summary>Prepares the passes over <see cref="LayerPass.Rows"/> examples: again whenever something of the pass changes, but for the input, which <see cref="LayerPass.SetInput"/> changes.</summary>
    public virtual void Prepare(ref LayerPass pass)
    {
    }

    /// <summary>Output from input.</summary>
    public abstract void Forward(in LayerPass pass);

    /// <summary>Adds to the gradients, or overwrites them, and writes the input gradient, if any.</summary>
    public abstract void Backward(in LayerPass pass);

    /// <summary>The training pass in double precision, written plainly and apart from <see cref="Forward"/>.</summary>
    public abstract void Reference(ReferencePass pass);

    /// <summary>At least the largest second derivative of the function whose slopes <see cref="Reference"/> notes, where it is smooth.</summary>
    public virtual double ReferenceCurvature => 1;

    /// <summary>After <see cref="Reference"/>: the outputs' errors from the inputs'.</summary>
    public abstract void ReferenceErrors(ReferencePass pass, ReferenceBounds bounds);

    /// <summary>After <see cref="ReferenceErrors"/>: gradients and their errors from those of the outputs.</summary>
    public abstract void ReferenceGradients(ReferencePass pass, ReferenceBounds bounds);
}
