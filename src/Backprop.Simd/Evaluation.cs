namespace Backprop.Simd;

/// <summary>What <see cref="Trainer.Evaluate"/> found.</summary>
/// <param name="Loss">Mean loss over all examples.</param>
/// <param name="Accuracy">Share of examples classified right, 0 to 1; NaN without labels.</param>
public readonly record struct Evaluation(float Loss, float Accuracy);
