namespace Backprop.Simd.Internal.Layers;

internal sealed unsafe partial class BatchNorm
{
    public override void Reference(ReferencePass pass)
    {
        for (int column = 0; column < InputSize; column++)
            NormReference.OfColumn(pass, column, InputSize).Forward();
    }

    public override void ReferenceErrors(ReferencePass pass, ReferenceBounds bounds)
    {
        for (int column = 0; column < InputSize; column++)
            NormReference.OfColumn(pass, column, InputSize).Errors(bounds);
    }

    public override void ReferenceGradients(ReferencePass pass, ReferenceBounds bounds)
    {
        for (int column = 0; column < InputSize; column++)
            NormReference.OfColumn(pass, column, InputSize).Gradients(bounds);
    }
}
