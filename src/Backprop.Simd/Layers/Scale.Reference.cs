namespace Backprop.Simd.Internal.Layers;

internal sealed unsafe partial class Scale
{
    public override void Reference(ReferencePass pass)
    {
        for (int i = 0; i < pass.Output.Length; i++)
            pass.Output[i] = (Difference(pass, i) * Factor(pass, i)) + Offset(pass, i);
    }

    public override void ReferenceErrors(ReferencePass pass, ReferenceBounds bounds)
    {
        for (int i = 0; i < pass.Output.Length; i++)
        {
            double product = Math.Abs(Difference(pass, i) * Factor(pass, i));
            bounds.OutputError[i] = (bounds.InputError[i] * Math.Abs(Factor(pass, i))) + (ReferenceBounds.U * ((2 * product) + Math.Abs(pass.Output[i])));
        }
    }

    public override void ReferenceGradients(ReferencePass pass, ReferenceBounds bounds)
    {
        for (int i = 0; i < pass.Output.Length; i++)
        {
            double factor = Factor(pass, i);
            bounds.InputGradient[i] = bounds.OutputGradient[i] * factor;
            bounds.InputGradientError[i] = (bounds.OutputGradientError[i] * Math.Abs(factor)) + (ReferenceBounds.U * Math.Abs(bounds.InputGradient[i]));
        }
    }

    private double Difference(ReferencePass pass, int index) => pass.Input[index] - pass.Statistics[index % InputSize];

    private double Factor(ReferencePass pass, int index) => pass.Statistics[InputSize + (index % InputSize)];

    private double Offset(ReferencePass pass, int index) => pass.Statistics[(2 * InputSize) + (index % InputSize)];
}
