using Backprop.Simd.Internal.Activations;
using Backprop.Simd.Internal.Elementwise;
using Backprop.Simd.Internal.MatrixProduct;

namespace Backprop.Simd.Internal.Layers;

/// <summary>y = f(z) for the weighted sums that a thread has just computed; both may be the same.</summary>
internal readonly unsafe struct ActivationAfterShare<TActivation>(TActivation activation, float* sums, float* outputs, nint stride) : IAfterShare
    where TActivation : struct, IActivation
{
    public void Invoke(Block share)
    {
        for (nint piece = 0; piece < share.Pieces(stride); piece++)
        {
            nint at = share.PieceStart(piece, stride);
            Map.Unary(new ActivationForward<TActivation>(activation), sums + at, outputs + at, share.PieceLength(stride));
        }
    }
}

/// <summary>dz of the layer below: f'(z) times its output gradient, which a thread has just computed.</summary>
internal readonly unsafe struct DerivativeAfterShare<TActivation>(TActivation activation, float* saved, float* gradient, nint stride) : IAfterShare
    where TActivation : struct, IActivation
{
    public void Invoke(Block share)
    {
        for (nint piece = 0; piece < share.Pieces(stride); piece++)
        {
            nint at = share.PieceStart(piece, stride);
            Map.Binary(new ActivationBackward<TActivation>(activation), saved + at, gradient + at, gradient + at, share.PieceLength(stride));
        }
    }
}
