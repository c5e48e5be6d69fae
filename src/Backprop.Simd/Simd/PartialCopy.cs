namespace Backprop.Simd.Internal.Simd;

/// <summary>Partial loads and stores through the stack, for vectors whose CPU has no masked ones.</summary>
internal static unsafe class PartialCopy
{
    public static void Load(float* source, int count, float* lanes, int laneCount)
    {
        for (int i = 0; i < laneCount; i++)
            lanes[i] = i < count ? source[i] : 0f;
    }

    public static void Store(float* lanes, float* destination, int count)
    {
        for (int i = 0; i < count; i++)
            destination[i] = lanes[i];
    }
}
