namespace Backprop.Simd.Internal.Layers;

/// <summary>What a layer is handed for a training pass in double precision: the yardstick of its float kernels. All matrices are row-major.</summary>
internal sealed class ReferencePass(Layer layer, int rows, ulong key, double[] parameters, double[] statistics)
{
    public int Rows { get; } = rows;

    /// <summary>Key of this layer's random numbers in this pass.</summary>
    public ulong Key { get; } = key;

    /// <summary>The layer's own.</summary>
    public double[] Parameters { get; } = parameters;

    /// <summary>The layer's own, as they were before the pass.</summary>
    public double[] Statistics { get; } = statistics;

    /// <summary>rows x InputSize.</summary>
    public double[] Input { get; set; } = [];

    /// <summary>rows x OutputSize; overwritten.</summary>
    public double[] Output { get; } = new double[rows * layer.OutputSize];

    /// <summary>rows x OutputSize: where the layer evaluates a function of one variable, and its slope there; untouched where it has none.</summary>
    public double[] Sums { get; } = new double[rows * layer.OutputSize];

    public double[] Slopes { get; } = new double[rows * layer.OutputSize];
}

/// <summary>
/// What goes with a <see cref="ReferencePass"/> to say how far off the float kernels may be: the gradients, and beside each value a bound of its error in floats.
/// The bounds are first-order running error bounds (N. Higham, Accuracy and Stability, 3.3): what goes in with its error, and each operation's own rounding.
/// </summary>
internal sealed class ReferenceBounds(Layer layer, int rows)
{
    /// <summary>Unit roundoff of floats.</summary>
    public const double U = 1.0 / (1 << 24);

    public double[] InputError { get; set; } = [];

    public double[] OutputError { get; } = new double[rows * layer.OutputSize];

    public double[] SlopeError { get; } = new double[rows * layer.OutputSize];

    /// <summary>Whether a float's sum may lie on the other side of a kink.</summary>
    public bool[] AtKink { get; } = new bool[rows * layer.OutputSize];

    public double[] OutputGradient { get; set; } = [];

    public double[] OutputGradientError { get; set; } = [];

    public double[] InputGradient { get; } = new double[rows * layer.InputSize];

    public double[] InputGradientError { get; } = new double[rows * layer.InputSize];

    public double[] ParameterGradients { get; } = new double[layer.ParameterCount];

    public double[] ParameterGradientErrors { get; } = new double[layer.ParameterCount];
}
