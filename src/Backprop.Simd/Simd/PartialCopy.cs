using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

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

    /// <summary>The first <paramref name="count"/> lanes, none to all, in halves, quarters and eighths: at most three stores. The branches are the same for all rows of a matrix.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StorePieces(Vector256<float> value, float* destination, int count)
    {
        if (count >= Vector256<float>.Count)
        {
            *(Vector256<float>*)destination = value;
            return;
        }

        Vector128<float> left = value.GetLower();
        if (count >= Vector128<float>.Count)
        {
            *(Vector128<float>*)destination = left;
            left = value.GetUpper();
            destination += Vector128<float>.Count;
            count -= Vector128<float>.Count;
        }

        StorePairAndOne(left, destination, count);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StorePieces(Vector128<float> value, float* destination, int count)
    {
        if (count >= Vector128<float>.Count)
            *(Vector128<float>*)destination = value;
        else
            StorePairAndOne(value, destination, count);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StorePairAndOne(Vector128<float> value, float* destination, int count)
    {
        if ((count & 2) != 0)
        {
            Sse.StoreLow(destination, value);
            value = Sse.MoveHighToLow(value, value);
            destination += 2;
        }

        if ((count & 1) != 0)
            *destination = value.ToScalar();
    }
}
