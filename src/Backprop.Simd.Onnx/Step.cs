using Backprop.Simd.Internal.Activations;

namespace Backprop.Simd.Internal.Onnx;

/// <summary>One step of a model that is read, in the words of this library.</summary>
/// <param name="Where">The node that it comes from, for messages.</param>
internal abstract record Step(string Where)
{
    /// <summary>Values of an example that the step takes, or 0 where any number will do.</summary>
    public virtual int InputSize => 0;

    /// <summary>y = x W + b, W [InputSize, OutputSize].</summary>
    public sealed record Linear(string Where, float[] Weights, float[] Bias) : Step(Where)
    {
        public override int InputSize => Weights.Length / Bias.Length;

        public ActivationKind Activation { get; set; }
    }

    /// <summary>y = x Scale + Offset, one value for all or one for each.</summary>
    public sealed record Affine(string Where, float[] Scale, float[] Offset) : Step(Where)
    {
        public override int InputSize => Math.Max(Scale.Length, Offset.Length) is var size && size > 1 ? size : 0;

        public float ScaleOf(int i) => Scale.Length == 1 ? Scale[0] : Scale[i];

        public float OffsetOf(int i) => Offset.Length == 1 ? Offset[0] : Offset[i];
    }

    public sealed record Elementwise(string Where, ActivationKind Activation) : Step(Where);

    /// <summary>Layer normalization.</summary>
    public sealed record RowNorm(string Where, float[] Scale, float[] Shift) : Step(Where)
    {
        public override int InputSize => Scale.Length;
    }

    /// <summary>Batch normalization.</summary>
    public sealed record ColumnNorm(string Where, float[] Scale, float[] Shift, float[] Mean, float[] Variance, double Momentum) : Step(Where)
    {
        public override int InputSize => Scale.Length;
    }

    public sealed record Drop(string Where, double Rate) : Step(Where);
}
