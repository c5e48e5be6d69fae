namespace Backprop.Simd.Data;

/// <summary>Takes numbers of which nobody knows yet how many they are.</summary>
internal interface IFloatSink
{
    long Count { get; }

    void Add(float value);
}
