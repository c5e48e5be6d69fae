namespace Backprop.Simd.Cli;

/// <summary>Opens files that the user names.</summary>
internal static class ModelFiles
{
    /// <summary>A missing or unfit file is the user's to mend.</summary>
    public static T Open<T>(string path, Func<string, T> read)
    {
        try
        {
            return read(path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new UserErrorException($"{path}: there is no such file.");
        }
        catch (Exception e) when (e is InvalidDataException or ArgumentException)
        {
            throw new UserErrorException(e.Message.ReplaceLineEndings(" "));
        }
    }
}
