using System.Globalization;
using Backprop.Simd.Internal.Activations;
using Backprop.Simd.Internal.Memory;

namespace Backprop.Simd;

/// <summary>What a layer applies to its weighted sums. A description without state: share it freely. <c>default</c> is <see cref="Identity"/>.</summary>
public readonly record struct Activation
{
    internal Activation(ActivationKind kind) => Kind = kind;

    private Activation(ActivationId id, double parameter = 0) => Kind = new(id, (float)parameter);

    /// <summary>y = x.</summary>
    public static Activation Identity => new(ActivationId.Identity);

    /// <summary>y = 0 where x &lt;= 0, else x; its derivative at 0 is 0.</summary>
    public static Activation ReLU => new(ActivationId.ReLU);

    /// <summary>y = ln(1 + e^x).</summary>
    public static Activation Softplus => new(ActivationId.Softplus);

    /// <summary>y = 1 / (1 + e^-x).</summary>
    public static Activation Sigmoid => new(ActivationId.Sigmoid);

    /// <summary>y = tanh(x).</summary>
    public static Activation Tanh => new(ActivationId.Tanh);

    /// <summary>y = x Phi(x) = x (1 + erf(x / sqrt 2)) / 2 (D. Hendrycks, K. Gimpel 2016); NaN at -infinity.</summary>
    public static Activation GELU => new(ActivationId.GELU);

    /// <summary>y = x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2; NaN at -infinity.</summary>
    public static Activation GELUTanh => new(ActivationId.GELUTanh);

    /// <summary>y = x / (1 + e^-x) (S. Elfwing et al. 2018); NaN at -infinity.</summary>
    public static Activation SiLU => new(ActivationId.SiLU);

    /// <summary>y = x min(max(x + 3, 0), 6) / 6 (A. Howard et al. 2019); NaN at -infinity.</summary>
    public static Activation HardSwish => new(ActivationId.HardSwish);

    /// <summary>y_j = e^(x_j) / sum e^(x_i) over the layer's outputs; only in the last layer, and not with SoftmaxCrossEntropy, which takes logits.</summary>
    public static Activation Softmax => new(ActivationId.Softmax);

    internal ActivationKind Kind { get; }

    /// <summary>y = slope x where x &lt;= 0, else x (A. Maas et al. 2013); its derivative at 0 is slope.</summary>
    /// <param name="slope">Finite.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="slope"/> is NaN or infinite, also when rounded to float.</exception>
    public static Activation LeakyReLU(double slope = 0.01) => new(ActivationId.LeakyReLU, HyperParameter.Finite(slope));

    /// <summary>y = alpha (e^x - 1) where x &lt;= 0, else x (D. Clevert et al. 2016); its derivative at 0 is alpha.</summary>
    /// <param name="alpha">Finite.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="alpha"/> is NaN or infinite, also when rounded to float.</exception>
    public static Activation ELU(double alpha = 1) => new(ActivationId.ELU, HyperParameter.Finite(alpha));

    /// <summary>Name and parameter, as in <c>LeakyReLU(0.01)</c>.</summary>
    public override string ToString() => ActivationTable.HasParameter(Kind.Id)
        ? string.Create(CultureInfo.InvariantCulture, $"{Kind.Id}({Kind.Parameter})")
        : ActivationTable.Name(Kind);
}
