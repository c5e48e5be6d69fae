namespace Backprop.Simd.Cli;

/// <summary>Augmentation: where exactly a digit stands in its frame says nothing about which digit it is.</summary>
/// <remarks>
/// Eight copies of each training image, moved by half a pixel in the eight directions of the compass: a half, because a whole pixel is an
/// eighth of the image. Between pixels the ink is interpolated; beyond the frame is paper.
/// </remarks>
internal static class Shifts
{
    public const int CopiesPerImage = 9;

    public static Dataset Augment(Dataset images)
    {
        float[] inputs = new float[images.Count * CopiesPerImage * DigitsData.Pixels];
        int[] labels = new int[images.Count * CopiesPerImage];
        int copy = 0;
        for (int i = 0; i < images.Count; i++)
        {
            ReadOnlySpan<float> image = images.Inputs.Slice(i * DigitsData.Pixels, DigitsData.Pixels);
            for (int down = -1; down <= 1; down++)
            {
                for (int right = -1; right <= 1; right++)
                {
                    Shift(image, down, right, inputs.AsSpan(copy * DigitsData.Pixels, DigitsData.Pixels));
                    labels[copy++] = images.Labels[i];
                }
            }
        }

        return new Dataset(inputs, DigitsData.Pixels, labels, DigitsData.Classes);
    }

    /// <summary>Half a pixel is the mean of two neighbours, and half a pixel in both directions that of four.</summary>
    private static void Shift(ReadOnlySpan<float> image, int down, int right, Span<float> shifted)
    {
        for (int row = 0; row < DigitsData.Side; row++)
        {
            for (int column = 0; column < DigitsData.Side; column++)
            {
                float here = At(image, row, column) + At(image, row, column - right);
                float behind = At(image, row - down, column) + At(image, row - down, column - right);
                shifted[(row * DigitsData.Side) + column] = (here + behind) * 0.25f;
            }
        }
    }

    private static float At(ReadOnlySpan<float> image, int row, int column) =>
        (uint)row < DigitsData.Side && (uint)column < DigitsData.Side ? image[(row * DigitsData.Side) + column] : 0;
}
