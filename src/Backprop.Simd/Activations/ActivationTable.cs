namespace Backprop.Simd.Internal.Activations;

/// <summary>Work that is written once for every elementwise activation.</summary>
internal interface IActivationAction
{
    void Invoke<TActivation>(TActivation activation)
        where TActivation : struct, IActivation;
}

/// <summary>The elementwise activations, one line each.</summary>
internal static class ActivationTable
{
}
