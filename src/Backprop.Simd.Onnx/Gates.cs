using Backprop.Simd.Internal.Activations;

namespace Backprop.Simd.Internal.Onnx;

/// <summary>Activations that a model spells out: x times a gate of x.</summary>
internal sealed class Gates(GraphValues values)
{
    // Constants come as floats, some multiplied with each other.
    private const double Closeness = 1e-6;
    private const int MaximumSteps = 64;
    private const int Degree = 3;

    /// <summary>The activation that ends in this product or quotient, and what it is applied to; or null.</summary>
    public (ActivationId Activation, string From)? Match(NodeProto node)
    {
        if (node.OpType is not ("Mul" or "Div"))
            return null;

        // As it stands first: a factor may be a product of its own.
        if (node.OpType == "Mul" && Match(values.Source(node.Input[0]), values.Source(node.Input[1]), 1) is { } direct)
            return direct;
        var factors = new List<string>();
        double constant = 1;
        int steps = MaximumSteps;
        return Factors(node, factors, ref constant, ref steps) && factors.Count == 2 ? Match(factors[0], factors[1], constant) : null;
    }

    private (ActivationId Activation, string From)? Match(string first, string second, double constant)
    {
        if (Gate(second, first, constant) is { } gate)
            return (gate, first);
        return Gate(first, second, constant) is { } swapped ? (swapped, second) : null;
    }

    /// <summary>The activation that x gate(x) constant is.</summary>
    private ActivationId? Gate(string gate, string x, double constant)
    {
        switch (values.Producer(gate))
        {
            case { OpType: "Sigmoid", Input: [string from] } when values.Source(from) == x && IsClose(constant, 1):
                return ActivationId.SiLU;
            case { OpType: "HardSigmoid", Input: [string from] } node
                when values.Source(from) == x && IsClose(constant, 1) && IsClose(values.Float(node, "alpha", 0.2f), 1 / 6.0) && IsClose(values.Float(node, "beta", 0.5f), 0.5):
                return ActivationId.HardSwish;
            case { OpType: "Clip" } node when IsClose(constant, 1 / 6.0) && IsClip(node, 0, 6) && IsPolynomial(node.Input[0], x, [3, 1, 0, 0]):
                return ActivationId.HardSwish;
            case { OpType: "Add", Input: [string left, string right] } when IsClose(constant, 0.5):
                string? inner = values.Scalar(left) is { } one && IsClose(one, 1) ? right : values.Scalar(right) is { } other && IsClose(other, 1) ? left : null;
                return inner is null ? null : Bell(values.Producer(values.Source(inner)), x);
            default:
                return null;
        }
    }

    private ActivationId? Bell(NodeProto? node, string x)
    {
        const double Linear = 0.79788456080286536, Cubic = 0.044715 * Linear;
        return node switch
        {
            { OpType: "Erf", Input: [string argument] } when IsPolynomial(argument, x, [0, 0.70710678118654752, 0, 0]) => ActivationId.GELU,
            { OpType: "Tanh", Input: [string argument] } when IsPolynomial(argument, x, [0, Linear, 0, Cubic]) => ActivationId.GELUTanh,
            _ => null,
        };
    }

    private bool IsClip(NodeProto node, double low, double high)
    {
        double? Limit(int input, string attribute, float standard) => GraphValues.HasInput(node, input) ? values.Scalar(node.Input[input]) : values.Float(node, attribute, standard);

        return node.Input.Count > 0 && Limit(1, "min", float.MinValue) is { } least && Limit(2, "max", float.MaxValue) is { } most && least == low && most == high;
    }

    private static bool IsClose(double value, double wanted) => Math.Abs(value - wanted) <= Closeness * Math.Abs(wanted);

    private bool Factors(NodeProto node, List<string> factors, ref double constant, ref int steps)
    {
        for (int i = 0; i < node.Input.Count; i++)
        {
            string name = values.Source(node.Input[i]);
            if (--steps < 0)
                return false;
            if (values.IsConstant(name))
            {
                if (values.Scalar(name) is not { } value)
                    return false;
                constant = node.OpType == "Div" && i == 1 ? constant / value : constant * value;
            }
            else if (node.OpType == "Div" && i == 1)
            {
                return false;
            }
            else if (values.Producer(name) is { OpType: "Mul" or "Div", Input.Count: 2 } product)
            {
                if (!Factors(product, factors, ref constant, ref steps))
                    return false;
            }
            else
            {
                factors.Add(name);
            }
        }

        return true;
    }

    private bool IsPolynomial(string value, string x, ReadOnlySpan<double> wanted)
    {
        int steps = MaximumSteps;
        if (Polynomial(value, x, ref steps) is not { } coefficients)
            return false;
        for (int i = 0; i <= Degree; i++)
        {
            if (!IsClose(coefficients[i], wanted[i]))
                return false;
        }

        return true;
    }

    /// <summary>The coefficients of a value that is a polynomial in x, or null.</summary>
    private double[]? Polynomial(string value, string x, ref int steps)
    {
        value = values.Source(value);
        if (--steps < 0)
            return null;
        if (value == x)
            return [0, 1, 0, 0];
        if (values.Scalar(value) is { } constant)
            return [constant, 0, 0, 0];
        if (values.Producer(value) is not { Input: [string first, string second] } node || Polynomial(first, x, ref steps) is not { } left || Polynomial(second, x, ref steps) is not { } right)
            return null;
        return node.OpType switch
        {
            "Add" => Sum(left, right, 1),
            "Sub" => Sum(left, right, -1),
            "Mul" => Product(left, right),
            "Div" when right is [var divisor, 0, 0, 0] => Product(left, [1 / divisor, 0, 0, 0]),
            "Pow" when right is [2, 0, 0, 0] => Product(left, left),
            "Pow" when right is [3, 0, 0, 0] && Product(left, left) is { } square => Product(left, square),
            _ => null,
        };
    }

    private static double[] Sum(double[] left, double[] right, double sign)
    {
        double[] sum = new double[Degree + 1];
        for (int i = 0; i <= Degree; i++)
            sum[i] = left[i] + (sign * right[i]);
        return sum;
    }

    private static double[]? Product(double[] left, double[] right)
    {
        double[] product = new double[Degree + 1];
        for (int i = 0; i <= Degree; i++)
        {
            for (int j = 0; j <= Degree; j++)
            {
                double term = left[i] * right[j];
                if (i + j <= Degree)
                    product[i + j] += term;
                else if (term != 0)
                    return null;
            }
        }

        return product;
    }
}
