using Backprop.Simd.Data;

namespace Backprop.Simd.Cli;

/// <summary>Fashion-MNIST (H. Xiao, K. Rasul, R. Vollgraf 2017): 70,000 pictures of clothes, 28 x 28 pixels of 0 to 255.</summary>
internal static class FashionMnistData
{
    public const int Side = 28;
    public const float Ink = 255;

    /// <summary>Where Debian's package puts it.</summary>
    private const string DebianFolder = "/usr/share/datasets/fashion-mnist";

    private static readonly string[] s_names = ["T-shirt/top", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot"];

    public static IReadOnlyList<string> ClassNames => s_names;

    public static Dataset Train(string? folder) => Load(folder, "train");

    public static Dataset Test(string? folder) => Load(folder, "t10k");

    private static Dataset Load(string? folder, string part) =>
        IdxReader.Read(Find(folder, $"{part}-images-idx3-ubyte")).WithLabels(IdxReader.Read(Find(folder, $"{part}-labels-idx1-ubyte")), s_names.Length);

    private static string Find(string? folder, string name)
    {
        foreach (string path in (string[])[Path.Combine(folder ?? DebianFolder, $"{name}.gz"), Path.Combine(folder ?? DebianFolder, name)])
        {
            if (File.Exists(path))
                return path;
        }

        throw new UserErrorException(
            $"--data fashion-mnist: {folder ?? DebianFolder} holds no {name}.gz: install Debian's package (apt-get install dataset-fashion-mnist), or name the folder of the four files by --data-dir.");
    }
}
