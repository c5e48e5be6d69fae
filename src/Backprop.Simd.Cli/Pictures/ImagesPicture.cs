using SkiaSharp;

namespace Backprop.Simd.Cli.Pictures;

/// <summary>Test images with what the network said: first its mistakes, marked, then images as they come.</summary>
internal static class ImagesPicture
{
    private const int Columns = 10;
    private const int Rows = 5;
    private const int MaximumMistakes = 20;

    // Sizes at scale 1.
    private const int Tile = 92;
    private const int TileHeight = 112;
    private const int Margin = 20;
    private const int Header = 62;
    private const int Inset = 10;
    private const int Scale = 2;

    /// <param name="path">A PNG file.</param>
    /// <param name="result">On images.</param>
    /// <param name="width">Pixels of a row.</param>
    /// <param name="ink">The darkest value of a pixel; 0 is paper.</param>
    public static void Write(string path, TestResult result, int width, float ink)
    {
        const int Width = (2 * Margin) + (Columns * Tile), Height = Header + (Rows * TileHeight) + Margin;
        using SKSurface surface = PngFile.CreateSurface(Width * Scale, Height * Scale);
        using SKTypeface regular = Fonts.Create(bold: false), bold = Fonts.Create(bold: true);
        SKCanvas canvas = surface.Canvas;
        canvas.Scale(Scale);

        int mistakes = result.Images.Count - result.Right;
        int[] shown = Choose(result);
        int mistakesShown = shown.Count(image => result.Answers[image] != result.Images.Labels[image]);
        string marked = mistakes switch
        {
            0 => "no mistake",
            1 => "its mistake is marked",
            _ when mistakesShown == mistakes => $"its {mistakes} mistakes are marked",
            _ => $"the first {mistakesShown} of {mistakes} mistakes are marked",
        };
        Text(canvas, "What the network said about images it had not seen", Margin + 4, 30, 17, bold, Palette.Ink);
        Text(canvas, FormattableString.Invariant($"{result.Right} of {result.Images.Count} test images right ({100 * result.Accuracy:F2} %); {marked}; percent: how sure it was"), Margin + 4, 50, 12, regular, Palette.Faint);
        for (int i = 0; i < shown.Length; i++)
        {
            canvas.Save();
            canvas.Translate(Margin + (i % Columns * Tile), Header + (i / Columns * TileHeight));
            DrawTile(canvas, result, shown[i], width, ink, regular, bold);
            canvas.Restore();
        }

        PngFile.Write(path, surface);
    }

    private static int[] Choose(TestResult result)
    {
        int[] all = [.. Enumerable.Range(0, result.Images.Count)];
        int[] mistakes = [.. all.Where(image => result.Answers[image] != result.Images.Labels[image]).Take(MaximumMistakes)];
        int[] others = [.. all.Where(image => result.Answers[image] == result.Images.Labels[image]).Take((Columns * Rows) - mistakes.Length)];
        return [.. mistakes, .. others];
    }

    private static void DrawTile(SKCanvas canvas, TestResult result, int image, int width, float ink, SKTypeface regular, SKTypeface bold)
    {
        int truth = result.Images.Labels[image], said = result.Answers[image];
        bool mistake = truth != said;
        const float Gap = 4, Size = Tile - (2 * Gap);
        var frame = new SKRoundRect(new SKRect(Gap, Gap, Gap + Size, TileHeight - Gap), 6);
        using (var paint = new SKPaint { IsAntialias = true, Color = SKColor.Parse(mistake ? "#FDECE4" : Palette.Tile) })
            canvas.DrawRoundRect(frame, paint);
        if (mistake)
        {
            using var border = new SKPaint { IsAntialias = true, Color = SKColor.Parse(Palette.Test), Style = SKPaintStyle.Stroke, StrokeWidth = 2.5f };
            canvas.DrawRoundRect(frame, border);
        }

        DrawImage(canvas, result.Images.Inputs.Slice(image * result.Images.InputSize, result.Images.InputSize), width, ink, Gap + Inset, Gap + Inset - 2, Size - (2 * Inset));
        const float TextInset = 7, Baseline = TileHeight - 13;
        Text(canvas, FormattableString.Invariant($"{said}"), Gap + TextInset, Baseline, 14, bold, mistake ? Palette.Test : Palette.Ink);
        string sure = FormattableString.Invariant($"{(mistake ? $"is {truth} · " : string.Empty)}{100 * result.Confidences[image]:F0} %");
        Text(canvas, sure, Gap + Size - TextInset, Baseline, 10, regular, mistake ? Palette.Test : Palette.Faint, SKTextAlign.Right);
    }

    /// <summary>Squares, as the network sees them: no smoothing that invents detail.</summary>
    private static void DrawImage(SKCanvas canvas, ReadOnlySpan<float> pixels, int width, float darkest, float left, float top, float size)
    {
        float pixel = size / Math.Max(width, pixels.Length / width);
        SKColor ink = SKColor.Parse(Palette.Ink);
        using var paint = new SKPaint { Color = SKColor.Parse(Palette.Paper) };
        canvas.DrawRect(left, top, size, size, paint);
        for (int i = 0; i < pixels.Length; i++)
        {
            paint.Color = ink.WithAlpha((byte)(255 * Math.Clamp(pixels[i] / darkest, 0, 1)));
            canvas.DrawRect(left + (i % width * pixel), top + (i / width * pixel), pixel, pixel, paint);
        }
    }

    private static void Text(SKCanvas canvas, string text, float x, float y, float size, SKTypeface typeface, string color, SKTextAlign align = SKTextAlign.Left)
    {
        using var font = new SKFont(typeface, size) { Subpixel = true };
        using var paint = new SKPaint { IsAntialias = true, Color = SKColor.Parse(color) };
        canvas.DrawText(text, x, y, align, font, paint);
    }
}
