namespace Backprop.Simd.Cli.SelfTests;

/// <summary>The formulas, plainly, in double precision.</summary>
internal static class DoubleReference
{
    public static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));

    /// <summary>2 / sqrt(pi) e^(-x^2) sum of 2^n x^(2n+1) / (1 3 5 ... (2n+1)): all terms have one sign, so nothing cancels.</summary>
    public static double Erf(double x)
    {
        double term = x, sum = x;
        for (int n = 1; Math.Abs(term) > 1e-17 * Math.Abs(sum); n++)
        {
            term *= 2 * x * x / ((2 * n) + 1);
            sum += term;
        }

        return 2 / Math.Sqrt(Math.PI) * Math.Exp(-x * x) * sum;
    }

    /// <summary>Activations by the name that the command line has for them.</summary>
    public static double Activate(string name, double x) => name switch
    {
        "identity" => x,
        "relu" => Math.Max(x, 0),
        "leakyrelu" => x > 0 ? x : 0.01f * x,
        "elu" => x > 0 ? x : Math.Exp(x) - 1,
        "softplus" => Math.Max(x, 0) + Math.Log(1 + Math.Exp(-Math.Abs(x))),
        "sigmoid" => Sigmoid(x),
        "tanh" => Math.Tanh(x),
        "gelu" => 0.5 * x * (1 + Erf(x / Math.Sqrt(2))),
        "gelutanh" => 0.5 * x * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (x + (0.044715 * x * x * x)))),
        "silu" => x * Sigmoid(x),
        "hardswish" => x * Math.Clamp(x + 3, 0, 6) / 6,
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, "No reference for this activation."),
    };

    /// <summary>Central difference; its own error, about 1e-10, is far below what a float can show.</summary>
    public static double Derivative(Func<double, double> function, double x)
    {
        const double H = 1e-5;
        return (function(x + H) - function(x - H)) / (2 * H);
    }
}
