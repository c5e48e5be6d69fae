namespace Backprop.Simd.Internal.Activations;

/// <summary>The activations; the order is part of no format.</summary>
internal enum ActivationId : byte
{
    Identity,
    ReLU,
    LeakyReLU,
    ELU,
    Softplus,
    Sigmoid,
    Tanh,
    GELU,
    GELUTanh,
    SiLU,
    HardSwish,
    Softmax,
}

/// <summary>An activation and its parameter (slope or alpha; 0 where it has none).</summary>
internal readonly record struct ActivationKind(ActivationId Id, float Parameter);
