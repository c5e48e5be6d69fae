using SkiaSharp;

namespace Backprop.Simd.Cli.Pictures;

/// <summary>A drawing as a PNG file.</summary>
internal static class PngFile
{
    /// <summary>White and opaque, in pixels.</summary>
    public static SKSurface CreateSurface(int width, int height)
    {
        SKSurface surface = SKSurface.Create(new SKImageInfo(width, height, SKColorType.Rgb888x, SKAlphaType.Opaque));
        surface.Canvas.Clear(SKColor.Parse(Palette.Paper));
        return surface;
    }

    public static void Write(string path, SKSurface surface)
    {
        using SKImage image = surface.Snapshot();
        using SKData png = image.Encode(SKEncodedImageFormat.Png, quality: 100);
        using FileStream file = File.Create(path);
        png.SaveTo(file);
    }
}
