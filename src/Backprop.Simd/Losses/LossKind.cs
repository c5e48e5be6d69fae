namespace Backprop.Simd.Internal.Losses;

/// <summary>The losses; the order is part of no format.</summary>
internal enum LossId : byte
{
    MeanSquaredError,
    MeanAbsoluteError,
    Huber,
    BinaryCrossEntropyWithLogits,
    SoftmaxCrossEntropy,
}

/// <summary>A loss and its parameter (Huber's delta; 0 where it has none).</summary>
internal readonly record struct LossKind(LossId Id, float Parameter);
