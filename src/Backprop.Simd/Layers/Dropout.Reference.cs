using Backprop.Simd.Internal.Simd;

namespace Backprop.Simd.Internal.Layers;

internal sealed unsafe partial class Dropout
{
    public override void Reference(ReferencePass pass)
    {
        for (int i = 0; i < pass.Output.Length; i++)
            pass.Output[i] = pass.Input[i] * ReferenceFactor(pass, i);
    }

    public override void ReferenceErrors(ReferencePass pass, ReferenceBounds bounds)
    {
        for (int i = 0; i < pass.Output.Length; i++)
            bounds.OutputError[i] = (bounds.InputError[i] * ReferenceFactor(pass, i)) + (2 * ReferenceBounds.U * Math.Abs(pass.Output[i]));
    }

    public override void ReferenceGradients(ReferencePass pass, ReferenceBounds bounds)
    {
        for (int i = 0; i < pass.Output.Length; i++)
        {
            double factor = ReferenceFactor(pass, i);
            bounds.InputGradient[i] = bounds.OutputGradient[i] * factor;
            bounds.InputGradientError[i] = (bounds.OutputGradientError[i] * factor) + (2 * ReferenceBounds.U * Math.Abs(bounds.InputGradient[i]));
        }
    }

    private double ReferenceFactor(ReferencePass pass, int index) =>
        new CounterRandom(pass.Key).Uniform((uint)index) < _threshold / (double)(1 << 24) ? 0 : 1 / (1 - Rate);
}
