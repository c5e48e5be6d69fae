using System.Globalization;
using System.IO.Compression;

namespace Backprop.Simd.Cli;

/// <summary>The embedded data set: 1,797 handwritten digits, 8 x 8 pixels of 0 (paper) to 16 (ink).</summary>
internal static class DigitsData
{
    public const int Side = 8;
    public const int Pixels = Side * Side;
    public const int Classes = 10;
    public const ulong SplitSeed = 42;

    public static readonly IReadOnlyList<string> ClassNames = [.. Enumerable.Range(0, Classes).Select(c => c.ToString(CultureInfo.InvariantCulture))];

    public const string Attribution =
        "Optical Recognition of Handwritten Digits (test part), E. Alpaydin and C. Kaynak, UCI Machine Learning Repository, CC BY 4.0";

    private const float TestFraction = 0.2f;
    private const float Ink = 16;

    /// <summary>The training part and the held-out fifth, stratified by class; the same two for every seed of the network.</summary>
    public static (Dataset Train, Dataset Test) LoadSplit()
    {
        (Dataset test, Dataset train) = Load().Split(TestFraction, SplitSeed);
        return (train, test);
    }

    /// <summary>Holds a fifth of the training part out: for choosing settings without a look at the test part.</summary>
    public static (Dataset Train, Dataset Validation) HoldOut(Dataset train, ulong seed)
    {
        (Dataset validation, Dataset rest) = train.Split(TestFraction, seed);
        return (rest, validation);
    }

    /// <summary>All examples in the order of the file, pixels scaled to 0 .. 1.</summary>
    private static Dataset Load()
    {
        var inputs = new List<float>();
        var labels = new List<int>();
        using Stream resource = typeof(DigitsData).Assembly.GetManifestResourceStream("digits.csv.gz")!;
        using var reader = new StreamReader(new GZipStream(resource, CompressionMode.Decompress));
        while (reader.ReadLine() is { } line)
        {
            string[] fields = line.Split(',');
            for (int i = 0; i < Pixels; i++)
                inputs.Add(int.Parse(fields[i], CultureInfo.InvariantCulture) / Ink);
            labels.Add(int.Parse(fields[Pixels], CultureInfo.InvariantCulture));
        }

        return new Dataset([.. inputs], Pixels, [.. labels], Classes);
    }
}
