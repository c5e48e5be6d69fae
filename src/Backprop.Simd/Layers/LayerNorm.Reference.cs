namespace Backprop.Simd.Internal.Layers;

internal sealed unsafe partial class LayerNorm
{
    public override void Reference(ReferencePass pass)
    {
        for (int row = 0; row < pass.Rows; row++)
            NormReference.OfRow(pass, row, InputSize).Forward();
    }

    public override void ReferenceErrors(ReferencePass pass, ReferenceBounds bounds)
    {
        for (int row = 0; row < pass.Rows; row++)
            NormReference.OfRow(pass, row, InputSize).Errors(bounds);
    }

    public override void ReferenceGradients(ReferencePass pass, ReferenceBounds bounds)
    {
        for (int row = 0; row < pass.Rows; row++)
            NormReference.OfRow(pass, row, InputSize).Gradients(bounds);
    }
}
