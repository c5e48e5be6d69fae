namespace Backprop.Simd.Cli;

/// <summary>Where a training leaves its files.</summary>
internal sealed class OutputFolder
{
    private readonly string _path;

    /// <summary>Makes the folder and tries whether it can be written to, before hours of work depend on it.</summary>
    /// <exception cref="UserErrorException">It cannot.</exception>
    public OutputFolder(string option, string path)
    {
        _path = path;
        try
        {
            Directory.CreateDirectory(path);
            string probe = Path.Combine(path, $".backprop-{Environment.ProcessId}");
            using FileStream file = new(probe, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0, FileOptions.DeleteOnClose);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new UserErrorException($"{option}: the folder '{path}' cannot be written to ({e.Message.ReplaceLineEndings(" ")})");
        }
    }

    public string Model => Path.Combine(_path, "model.safetensors");

    public string Checkpoint => Path.Combine(_path, "checkpoint.safetensors");

    public string Curves => Path.Combine(_path, "curves.png");

    /// <summary>The picture of test images.</summary>
    public string Images(string dataName) => Path.Combine(_path, $"{dataName}.png");
}
